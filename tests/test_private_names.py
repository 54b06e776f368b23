"""What Optuna keeps to itself, one file reads: names that begin with an underscore, of its objects and modules."""

from __future__ import annotations

import ast
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.trial import FrozenTrial

PACKAGE = Path(__file__).parents[1] / "nas_gan"
SEAM = PACKAGE / "search" / "storage" / "private.py"
FILES = sorted(PACKAGE.rglob("*.py"))


def _private_names() -> set[str]:
    """Attributes of the objects that this project is given by Optuna."""
    study = optuna.create_study()
    trial = study.ask()
    storage = RDBStorage("sqlite:///:memory:")
    objects = (study, trial, study.get_trials()[0], storage, _CachedStorage(storage), FrozenTrial)
    return {
        name for each in objects for name in dir(each) if name.startswith("_") and not name.startswith("__")
    }


def _reads_of(tree: ast.AST, names: set[str]) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            found += [] if is_own else [node.attr]
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("optuna"):
            parts = [*(node.module or "").split("."), *(each.name for each in node.names)]
            found += [part for part in parts if part.startswith("_")]
    return found


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_one_file_reads_what_is_private() -> None:
    names = _private_names()
    assert {"_storage", "_study_id", "_trial_id", "_backend"} <= names
    found = {path: _reads_of(ast.parse(path.read_text(encoding="utf-8")), names) for path in FILES}
    assert {path for path, reads in found.items() if reads} == {SEAM}
