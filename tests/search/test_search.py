"""Where the runs of a study may go: not over those of another, and not apart from its own."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from nas_gan.errors import InputError
from nas_gan.maintenance.administration import delete_study
from nas_gan.search.definition import STORED_SETTINGS
from nas_gan.search.search import check_free, check_together
from nas_gan.search.storage.database import open_storage


def _leave_run(out: Path, study: str) -> None:
    (out / study / "0").mkdir(parents=True)
    (out / study / "0" / "record.json").write_text("{}")


@pytest.mark.parametrize("kind", ["path", "url"])
def test_runs_of_another_database_are_not_written_over(tmp_path: Path, kind: str) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    out = f"file://{tmp_path}/runs" if kind == "url" else str(tmp_path / "runs")
    check_free(storage, "digits", out)
    _leave_run(tmp_path / "runs", "digits")
    with pytest.raises(InputError, match="has runs of a study 'digits' that isn't in") as caught:
        check_free(storage, "digits", out)
    assert "\n" not in str(caught.value)
    check_free(storage, "other", out)


def test_a_file_is_no_folder_for_runs(tmp_path: Path) -> None:
    """Least of all the database's, which went with the study when that was deleted."""
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    with pytest.raises(InputError, match=r"study studies\.db: .*/studies\.db is a file; give another"):
        check_free(storage, "studies.db", str(tmp_path))
    optuna.create_study(study_name="studies.db", storage=storage)
    delete_study(storage, "studies.db", tmp_path)
    assert (tmp_path / "studies.db").is_file()


def test_runs_of_one_study_stay_together(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    before, after = tmp_path / "before", tmp_path / "after"
    study = optuna.create_study(study_name="digits", storage=storage)
    study.set_user_attr(STORED_SETTINGS, {"out": str(before)})
    check_together(study, str(after))
    _leave_run(before, "digits")
    check_together(study, f"{before}/../before")
    with pytest.raises(InputError, match=r"the runs of study 'digits' are in .*/before; give that, or move"):
        check_together(study, str(after))
    after.mkdir()
    (before / "digits").rename(after / "digits")
    check_together(study, str(after))
