"""`import nas_gan` is quick, silent, typed, and whole."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import nas_gan

HEAVY = {"torch", "numpy", "optuna", "plotly", "pydantic", "PIL", "typer", "rich"}


def test_it_prints_nothing_and_imports_nothing_heavy() -> None:
    code = f"import sys, nas_gan; assert not {HEAVY!r} & set(sys.modules), sorted(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_is_marked_as_typed() -> None:
    assert Path(nas_gan.__file__).with_name("py.typed").is_file()


def test_all_that_it_offers_is_there_and_says_what_it_is() -> None:
    assert set(nas_gan.__all__) <= set(dir(nas_gan))
    for name in nas_gan.__all__:
        found = getattr(nas_gan, name)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert inspect.getdoc(found), name
