"""Values in a database that aren't what was written: one line that names it, and the other studies are shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest

import nas_gan
from nas_gan.search.definition import load_study
from nas_gan.search.storage.damage import damage_of
from nas_gan.search.storage.database import open_storage

OF_DIGITS = "where study_id = (select study_id from studies where study_name = 'digits')"
DAMAGES = {
    "attribute": "update study_user_attributes set value_json = 'RUNNING' " + OF_DIGITS,
    "definition": "update study_user_attributes set value_json = '5' " + OF_DIGITS,
    "protocol": "update study_user_attributes set value_json = replace(value_json, 'classifier-1k', '1') "
    + OF_DIGITS,
    "state": "update trials set state = 'inf' " + OF_DIGITS,
    "distribution": "update trial_params set distribution_json = '{}'",
    "record": "update trial_user_attributes set value_json = '[1]' where key = 'record'",
    "score": "update trial_intermediate_values set intermediate_value_type = 'x'",
}


def _damage(database: Path, folder: Path, statement: str) -> Path:
    path = folder / "studies.db"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute(statement)
        target.commit()
    return path


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_no_value_is_an_internal_error(
    statement: str, database: Path, tmp_path: Path, run_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = str(_damage(database, tmp_path, statement))
    for command in (
        ["best", "digits"],
        ["status", "digits"],
        ["status"],
        ["studies", "verify"],
        ["spaces", "digits:0"],
        ["studies", "delete", "digits"],
    ):
        ended = run_command(*command, "--storage", path)
        assert "error: internal" not in ended.err, command
        assert ended.code in (0, 1, 2)
        assert ended.err.count("\n") == (ended.code == 2)
    copied = run_command("studies", "copy", "digits", "--from", path, "--to", "copy.db")
    assert "error: internal" not in copied.err


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_no_value_is_an_error_of_others_in_python(statement: str, database: Path, tmp_path: Path) -> None:
    path = str(_damage(database, tmp_path, statement))
    refused = 0
    reads: tuple[Callable[[nas_gan.Study], object], ...] = (
        lambda study: study.definition,
        lambda study: study.trials.to_dicts(),
        lambda study: study.best,
        lambda study: study.plot("history"),
    )
    for read in reads:
        try:
            read(nas_gan.load_study("digits", storage=path))
        except nas_gan.InputError:
            refused += 1
    assert refused or "classifier-1k" in statement  # a protocol's name is text that nothing looks up here
    with pytest.raises(nas_gan.InputError):  # the damage, or that there are no weights
        nas_gan.load_run("digits:0", storage=path)


def test_the_line_names_the_database_and_other_studies_are_shown(
    database: Path, tmp_path: Path, run_command: Any
) -> None:
    path = str(_damage(database, tmp_path, DAMAGES["state"]))
    ended = run_command("best", "digits", "--storage", path)
    assert ended.code == 2
    assert ended.err.startswith(
        f"error: --storage {path}: holds a value that isn't what was written (LookupError"
    )
    listed = run_command("status", "--storage", path)
    assert listed.code == 0
    assert "\nyoung " in listed.out
    assert "not shown: " in listed.out
    verified = run_command("studies", "verify", "--storage", path)
    assert verified.code == 1
    assert verified.out.startswith("digits can't be read: holds a value")


def test_a_study_that_is_deleted_meanwhile_is_said_to_be(database: Path, tmp_path: Path) -> None:
    storage = open_storage(str(_damage(database, tmp_path, "select 1")), create=False)
    study = load_study(storage, "young")
    optuna.delete_study(study_name="young", storage=storage)
    with pytest.raises(KeyError) as caught:
        study.get_trials()
    assert str(damage_of(caught.value)).startswith("a study or trial was deleted while it was in use")
    assert damage_of(KeyError("Record does not exist.")) is None
