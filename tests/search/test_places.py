"""Where the runs of a study are looked for, unless a user says it."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from nas_gan.search.definition import STORED_SETTINGS
from nas_gan.search.places import copy_place, find_runs, is_same_place, open_runs, stored_address


def _study(out: str | None) -> optuna.Study:
    study = optuna.create_study(study_name="digits")
    if out is not None:
        study.set_user_attr(STORED_SETTINGS, {"out": out})
    return study


def test_what_lies_beside_the_database_counts_first(tmp_path: Path) -> None:
    """Beside a copy of database and runs lie the copy's."""
    original, copy = tmp_path / "original", tmp_path / "copy"
    for folder in (original, copy):
        (folder / "digits").mkdir(parents=True)
    study = _study(str(original))
    for storage in (str(copy / "studies.db"), f"sqlite:///{copy}/studies.db"):
        assert find_runs(study, storage) == str(copy)
    assert find_runs(study, str(tmp_path / "studies.db")) == str(original)
    assert find_runs(_study("memory://own"), str(copy / "studies.db")) == "memory://own"


def test_a_server_has_no_folder_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "digits").mkdir(parents=True)
    (tmp_path / "own" / "digits").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert find_runs(_study(str(tmp_path / "own")), "postgresql://server/studies") == str(tmp_path / "own")
    assert find_runs(_study(str(tmp_path / "away")), "postgresql://server/studies") == "runs"


@pytest.mark.parametrize(
    ("runs", "target", "place"),
    [
        ("runs", "backup/studies.db", "backup"),
        ("runs", "sqlite:///backup/studies.db", "backup"),
        ("runs", "postgresql://server/studies", "runs"),
        ("s3://bucket/runs", "backup/studies.db", "s3://bucket/runs"),
    ],
)
def test_a_copy_for_a_file_takes_its_runs_along(runs: str, target: str, place: str) -> None:
    assert copy_place(runs, target) == place


def test_a_study_of_another_machine_is_looked_for_beside_its_database(tmp_path: Path) -> None:
    beside, emptied = tmp_path / "beside", tmp_path / "emptied"
    emptied.mkdir()
    for out in (str(tmp_path / "away"), str(emptied), None):
        assert find_runs(_study(out), str(beside / "studies.db")) == str(beside)


def test_a_place_is_one_by_whatever_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "link").symlink_to("runs")
    names: list[str | Path] = [
        "runs",
        tmp_path / "runs",
        f"file://{tmp_path}/runs/",
        f"file://{tmp_path}/link",
    ]
    for one in names:
        for other in names:
            assert is_same_place(open_runs(one), open_runs(other))
    assert not is_same_place(open_runs("runs"), open_runs("memory://runs"))
    assert not is_same_place(open_runs("memory://other"), open_runs("memory://runs"))
    assert is_same_place(open_runs("memory://runs/"), open_runs("memory://runs"))
    assert stored_address(open_runs("runs")) == str(tmp_path / "runs")
    assert stored_address(open_runs("memory://runs")) == "memory://runs"
