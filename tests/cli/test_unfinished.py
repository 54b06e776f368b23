"""Trials on their way are shown wherever a study is: the best may be among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nas_gan.jobs.job import Job
from nas_gan.jobs.owner import new_token
from nas_gan.search.storage.database import open_storage
from nas_gan.search.trials import Trials, open_queue


@pytest.fixture
def running(tmp_path: Path, make_study: Any) -> str:
    """The database of a study with two trials that run: 4 has reached a rung, and is ahead there, 5 hasn't."""
    path = str(tmp_path / "studies.db")
    study = make_study(Path(path), "digits", trials=4)
    storage = open_storage(path, create=False)
    trials = Trials(storage, "digits", open_queue(storage, study))
    for score in (1.5, None):
        job = trials.take(new_token(), wanted=100)
        assert isinstance(job, Job)
        if score is not None:
            trials.open(job).report(score, 1000)
    return path


def test_a_running_trial_is_shown_with_what_is_known_of_it(running: str, run_command: Any) -> None:
    said = run_command("status", "--storage", running, "digits", columns=120).out
    assert "trial 4 is ahead: FID 1.50 after 1,000 images; running, 8,000 images to go" in said
    assert "trial 5: no score yet, started 0." in said
    facts = json.loads(run_command("status", "digits", "--storage", running, "--json").out)
    assert [one["number"] for one in facts["unfinished"]] == [4]
    assert [one["trial"] for one in facts["unscored"]] == [5]


def test_the_page_has_them(running: str, run_command: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run_command("report", "--storage", running, "-o", str(page)).code == 0
    text = page.read_text(encoding="utf-8")
    row = text.partition('<tr data-number="4"')[2].partition("</tr>")[0]
    cells = [cell.partition(">")[2].partition("<")[0] for cell in row.split("<td")[1:]]
    assert cells[1:4] == ["running", "–", "1.50"]
