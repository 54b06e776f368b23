from __future__ import annotations

import csv
import io
import json
import re
from operator import le
from pathlib import Path
from typing import Any

import optuna
import pytest

import nas_gan
from nas_gan.api.study_page import build_study_page
from nas_gan.errors import InputError
from nas_gan.jobs.job import Ending, Job
from nas_gan.jobs.owner import new_token
from nas_gan.report.study.charts import study_charts
from nas_gan.search.repeats import repeats_queue
from nas_gan.search.result import TrialResult
from nas_gan.search.storage.database import storage_url
from nas_gan.search.views import read_view
from nas_gan.spec import Architecture, compute_cost


def _ranked_by_optuna(database: Path, name: str = "digits") -> list[optuna.trial.FrozenTrial]:
    study = optuna.load_study(study_name=name, storage=storage_url(str(database)))
    complete = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    return sorted(complete, key=lambda trial: trial.value or 0.0)


def test_the_ranking_is_optunas(database: Path, run_command: Any) -> None:
    facts = json.loads(run_command("best", "--study", "digits", "--storage", str(database), "--json").out)
    expected = _ranked_by_optuna(database)
    assert facts["metric"] == "fid"
    assert [(trial["trial"], trial["value"]) for trial in facts["best"]] == [
        (trial.number, trial.value) for trial in expected
    ]
    for trial in facts["best"]:
        cost = compute_cost(Architecture.from_tree(trial["architecture"], "stored"))
        assert trial["cost"]["generator_parameters"] == cost.generator_parameters
        assert trial["scores"]["frechet_distance"] == trial["value"]
        assert trial["images_seen"] == 9000


def test_a_larger_score_is_better_where_the_study_says_so(
    tmp_path: Path, make_study: Any, run_command: Any
) -> None:
    path = tmp_path / "studies.db"
    make_study(path, "upward", metric="is")
    facts = json.loads(run_command("best", "--study", "upward", "--storage", str(path), "--json").out)
    values = [trial["value"] for trial in facts["best"]]
    assert values == sorted(values, reverse=True)
    table = run_command("best", "--study", "upward", "--storage", str(path)).out
    assert "IS ▾" in table.splitlines()[0]


def test_the_table_shows_scores_cost_and_topology(database: Path, run_command: Any) -> None:
    ended = run_command("best", "--study", "digits", "--storage", str(database))
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].split() == [
        *["trial", "FID", "▾", "IS", "parameters", "G", "D", "multiply-adds", "images"]
    ]
    first, *others = _ranked_by_optuna(database)
    assert lines[1].split()[:2] == [str(first.number), f"{first.value:.2f}"]
    assert "±" in lines[1]
    assert max(map(len, lines)) <= 80
    # The best is drawn, the others are described in two lines.
    assert lines[lines.index(f"trial {first.number}") + 1].startswith("generator: latent")
    for trial in others:
        assert lines[lines.index(f"trial {trial.number}") + 1].startswith("G z")


def test_n_limits_the_ranking(database: Path, run_command: Any) -> None:
    arguments = ("best", "--study", "digits", "--storage", str(database), "-n", "1")
    assert len(json.loads(run_command(*arguments, "--json").out)["best"]) == 1
    assert "\nG z" not in run_command(*arguments).out


def test_a_study_without_results_is_no_error(database: Path, run_command: Any) -> None:
    ended = run_command("best", "--study", "young", "--storage", str(database))
    assert (ended.code, ended.out) == (0, "No trial of young has been trained to its end yet.\n")
    ended = run_command("best", "--study", "young", "--storage", str(database), "--json")
    assert json.loads(ended.out)["best"] == []


def test_scores_of_two_protocols_are_not_ranked_together(
    tmp_path: Path, make_study: Any, run_command: Any
) -> None:
    path = tmp_path / "studies.db"
    make_study(path, "mixed", trials=4)
    make_study(path, "mixed", trials=4, fingerprint="other")
    ended = run_command("best", "--study", "mixed", "--storage", str(path))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "2 protocols" in ended.err


def test_a_study_after_several_metrics_has_a_front(tmp_path: Path, make_study: Any, run_command: Any) -> None:
    path = tmp_path / "studies.db"
    study = make_study(path, "several", other_metrics=("macs", "is"))
    facts = json.loads(run_command("best", "several", "--storage", str(path), "--json").out)
    assert facts["metrics"] == ["fid", "macs", "is"]
    costs = {
        trial.number: (
            trial.value,
            record["cost"]["generator_macs"] + record["cost"]["discriminator_macs"],
            -record["rungs"][-1]["scores"]["inception_score"],
        )
        for trial in study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
        if (record := json.loads(trial.user_attrs["record"]))
    }
    expected = [
        one
        for one in sorted(costs, key=lambda number: costs[number][0])
        if not any(
            other != one and all(a <= b for a, b in zip(costs[other], costs[one], strict=True))
            for other in costs
        )
    ]
    assert [one["trial"] for one in facts["front"]] == expected
    assert facts["front"][0]["values"]["macs"] == costs[expected[0]][1]
    table = run_command("best", "several", "--storage", str(path)).out
    assert "The front of FID, multiply-adds and IS:" in table
    loaded = nas_gan.load_study("several", storage=str(path))
    assert [trial.number for trial in loaded.front] == expected
    figure = loaded.plot("front")
    assert sorted(figure.data[1].y) == sorted(costs[one][0] for one in expected)
    assert sorted(figure.data[3].x) == sorted(-costs[one][2] for one in expected)
    page = build_study_page(loaded)
    assert "Score against cost" in page
    assert "The front of FID, multiply-adds and IS</h2>" in page
    rows = page.partition('<h2 id="front">')[2].partition("</section>")[0]
    assert [int(number) for number in re.findall(r'<tr>\s*<td class="number">(\d+)</td>', rows)] == expected
    *_, chart, _ = study_charts(read_view(loaded.optuna, with_importance=False))
    assert [one.label for one in chart.drawings] == ["multiply-adds", "IS", "parameters", "training time, s"]
    for drawing, place in zip(chart.drawings, (1, 2), strict=False):
        both = {(costs[one][0], costs[one][place]) for one in costs}
        best = {one for one in both if not any(all(map(le, two, one)) for two in both - {one})}
        assert sorted(drawing.data[1]["y"]) == sorted(value for value, _ in best)


def test_a_front_takes_several_metrics(database: Path) -> None:
    with pytest.raises(InputError, match="front of study 'digits': it is after one metric"):
        nas_gan.load_study("digits", storage=str(database)).plot("front")


def _add_repeats(study: optuna.Study, values: dict[tuple[int, str], float | None]) -> None:
    """Write repeats as workers leave them: `(trial, key)` and the score; None for one that waits."""
    queue = repeats_queue(study)
    assert queue is not None
    known = len(queue.all())
    queue.add_missing([(number, known + place, key) for place, (number, key) in enumerate(values)])
    for value in values.values():
        job = queue.lease_queued(new_token())
        assert isinstance(job, Job)
        if value is None:
            queue.release(job, Ending("queued", "interrupted", "stopped"))
            return
        assert queue.end(job, TrialResult("complete", "", value).ending())


def test_trials_with_fresh_seeds_are_ranked_by_those(
    tmp_path: Path, make_study: Any, run_command: Any
) -> None:
    path = tmp_path / "studies.db"
    study = make_study(path, "again")
    arguments = ("best", "--study", "again", "--storage", str(path))
    before = json.loads(run_command(*arguments, "--json").out)
    low, high = before["interval_of_one_seed"]
    assert low < before["best"][0]["value"] < high
    assert "comes from one seed" in " ".join(run_command(*arguments).out.split())
    first, second, third = (trial["trial"] for trial in before["best"][:3])
    scores: dict[tuple[int, str], float | None] = {
        (first, "choice/1"): 60.0,
        (second, "choice/1"): 50.0,
        (third, "choice/1"): 52.0,
    }
    scores |= {(first, "choice/2"): 62.0, (second, "choice/2"): 51.0, (third, "choice/2"): 52.0}
    _add_repeats(study, scores | {(second, "figure/1"): 53.0, (second, "figure/2"): 55.0})
    after = json.loads(run_command(*arguments, "--json").out)
    assert [trial["trial"] for trial in after["best"][:3]] == [second, third, first]
    assert after["interval_of_one_seed"] is None
    best, tied, other = (trial["fresh"] for trial in after["best"][:3])
    assert (best["choice"]["mean"], best["figure"]["mean"]) == (50.5, 54.0)
    assert best["figure"]["deviation"] == pytest.approx(2**0.5)
    assert (tied["tied_with_best"], other["tied_with_best"]) == (True, False)
    said = " ".join(run_command(*arguments, columns=120).out.split())
    assert f"Trial {second}: FID 54.00 ± 1.41 with 2 fresh seeds, which took no part in choosing it." in said
    assert f"Tied with it, as far as these seeds tell: trial {third}." in said
    where = ("again", "--storage", str(path))
    rows = list(csv.DictReader(io.StringIO(run_command("trials", *where, "--csv").out)))
    (row,) = (each for each in rows if int(each["trial"]) == second)
    assert (row["fresh_mean"], row["fresh_seeds"]) == ("54.0", "2")
    assert float(row["fresh_deviation"]) == pytest.approx(2**0.5)
    page = build_study_page(nas_gan.load_study("again", storage=str(path)))
    assert "FID, fresh seeds</button>" in page
    assert '<td data-sort="54.0" class="number">54.00 ± 1.41 (2)</td>' in page
    assert '<td data-sort="52.0" class="number">52.00 ± 0.00 (2) ≈</td>' in page
    # A round that isn't over compares nobody.
    _add_repeats(study, {(first, "choice/3"): 1.0} | {(second, "choice/3"): None})
    again = json.loads(run_command(*arguments, "--json").out)
    assert [trial["trial"] for trial in again["best"][:3]] == [second, third, first]
    assert "still to be trained" in run_command(*arguments).out
