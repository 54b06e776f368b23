"""`plot RUN...`: one page for one run, or several overlaid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.report.run_figures import ShownRun, plot_classes, plot_curves, plot_score
from nas_gan.report.run_page import load_runs
from nas_gan.runs.record import RunRecord, write_record
from nas_gan.search.catalogue import rank

ALWAYS = ["Overview", "Fréchet distance", "Inception Score", "Last samples"]
CURVES = ["Losses", "Discriminator outputs", "Gradient norms"]
FRECHET, OF_CLASSES = SCORE_KINDS["frechet_distance"], SCORE_KINDS["mean_class_frechet_distance"]
CURVE_KEYS = (
    *("discriminator_loss", "generator_loss", "real_output", "generated_output"),
    *("discriminator_gradient_norm", "generator_gradient_norm"),
)


@pytest.fixture
def record(tmp_path: Path, make_study: Any) -> RunRecord:
    """Of a trial that was scored three times; its curve has two points."""
    found = rank(make_study(tmp_path / "studies.db", "small", trials=1))[0].record
    assert found is not None
    curve = tuple(
        {"images_seen": 100 * n, "updates": n, "images_per_second": 9.0} | dict.fromkeys(CURVE_KEYS, 0.5 * n)
        for n in (1, 2)
    )
    return found.model_copy(update={"curve": curve})


def _keep(folder: Path, record: RunRecord, **changes: Any) -> Path:
    """The record in a folder, with `changes` to each of its rungs."""
    folder.mkdir(parents=True)
    rungs = tuple(
        rung.model_copy(update={"scores": replace(rung.scores, **changes)}) for rung in record.rungs
    )
    write_record(folder, record.model_copy(update={"rungs": rungs}))
    return folder


def _shown(*folders: Path) -> list[ShownRun]:
    return [run for run, _ in load_runs(folders)]


def _headings(page: str) -> list[str]:
    return [part.partition("</h2>")[0] for part in page.split("<h2>")[1:]]


def test_a_page_shows_what_there_is(tmp_path: Path, record: RunRecord, run_command: Any) -> None:
    plain = _keep(tmp_path / "plain", record.model_copy(update={"curve": ()}))
    page = tmp_path / "runs.html"
    ended = run_command("plot", str(plain), "-o", str(page))
    assert (ended.code, ended.out, ended.err) == (0, f"Wrote {page}\n", "")
    assert _headings(page.read_text(encoding="utf-8")) == ALWAYS
    classes = {"class_frechet_distances": tuple(range(10)), "mean_class_frechet_distance": 4.5}
    full = _keep(tmp_path / "full", record, class_similarity=0.25, **classes)
    Image.new("L", (5, 3), 200).save(full / "samples.png")
    run_command("plot", str(plain), str(full), "-o", str(page))
    text = page.read_text(encoding="utf-8")
    assert set(_headings(text)) == {
        *ALWAYS,
        *CURVES,
        "Fréchet distance within the classes",
        "Fréchet distance within the classes, each",
        "Similarity within a class (MS-SSIM)",
    }
    assert "2 runs: plain, full" in text
    assert text.count("<img ") == 1
    assert "plain: no samples.png" in text
    assert 'src="http' not in text


def test_scores_of_points_have_their_figures(tmp_path: Path, record: RunRecord, run_command: Any) -> None:
    nothing = dict.fromkeys(("inception_score", "inception_score_deviation", "frechet_distance"))
    scores = {"modes_covered": 7, "near_share": 0.5, "transport_distance": 0.25}
    run = _keep(tmp_path / "plane", record, **nothing, **scores)
    page = tmp_path / "runs.html"
    assert run_command("plot", str(run), "-o", str(page)).code == 0
    expected = [
        "Overview",
        "Transport distance",
        "Modes covered",
        "Points near a mode",
        *CURVES,
        "Last samples",
    ]
    assert _headings(page.read_text(encoding="utf-8")) == expected


def test_scores_of_two_protocols_are_in_figures_of_their_own(
    tmp_path: Path, record: RunRecord, run_command: Any
) -> None:
    runs = [_keep(tmp_path / name, record, protocol_fingerprint=name) for name in ("one", "two")]
    page = tmp_path / "runs.html"
    run_command("plot", *map(str, runs), "-o", str(page))
    text = page.read_text(encoding="utf-8")
    assert "A figure for each protocol" in text
    assert 'id="score-0-1"' in text
    assert 'id="curve-discriminator_loss-1"' not in text


def test_figures_hold_the_numbers_of_the_record(tmp_path: Path, record: RunRecord) -> None:
    distances = tuple(float(number) for number in range(10))
    runs = _shown(
        _keep(tmp_path / "a" / "run", record, class_frechet_distances=distances),
        _keep(tmp_path / "b" / "run", record, frechet_distance=3.0),
    )
    assert [run.name for run in runs] == [str(tmp_path / "a" / "run"), str(tmp_path / "b" / "run")]
    score = plot_score(runs, FRECHET)
    assert score is not None
    assert [list(line.y) for line in score.data] == [
        [r.scores.frechet_distance for r in record.rungs],
        [3.0] * 3,
    ]
    assert list(score.data[0].x) == [1000, 3000, 9000]
    assert score.data[0].line.color != score.data[1].line.color
    bars = plot_classes(runs, OF_CLASSES)
    assert bars is not None
    assert [(tuple(bar.x), tuple(bar.y)) for bar in bars.data] == [(tuple("0123456789"), distances)]
    keys = (("discriminator_gradient_norm", "D"), ("generator_gradient_norm", "G"))
    curves = plot_curves(runs, *keys, log=True)
    assert curves is not None
    assert curves.layout.yaxis.type == curves.layout.yaxis2.type == "log"
    assert [list(line.y) for line in curves.data] == [[0.5, 1.0]] * 4
    assert plot_score(runs, SCORE_KINDS["transport_distance"]) is None
    assert plot_classes(runs[1:], OF_CLASSES) is None


def test_one_scoring_is_no_curve(tmp_path: Path, record: RunRecord) -> None:
    once = record.model_copy(update={"rungs": record.rungs[:1]})
    assert plot_score(_shown(_keep(tmp_path / "once", once)), FRECHET) is None


def test_a_run_that_was_never_scored_still_makes_a_page(
    tmp_path: Path, record: RunRecord, run_command: Any
) -> None:
    run = _keep(tmp_path / "early", record.model_copy(update={"rungs": ()}))
    page = tmp_path / "runs.html"
    assert run_command("plot", str(run), "-o", str(page)).code == 0
    assert _headings(page.read_text(encoding="utf-8")) == ["Overview", *CURVES, "Last samples"]


def test_a_page_is_called_html(tmp_path: Path, record: RunRecord, run_command: Any) -> None:
    run = _keep(tmp_path / "run", record)
    ended = run_command("plot", str(run), "-o", str(tmp_path / "page.pdf"))
    assert (ended.code, ended.out) == (2, "")
    assert "page.pdf: a page is HTML; give a name that ends in .html" in ended.err
    assert not (tmp_path / "page.pdf").exists()


def test_either_runs_or_a_study(tmp_path: Path, record: RunRecord, run_command: Any) -> None:
    run = _keep(tmp_path / "run", record)
    for arguments in ([str(run), "--study", "small"], ["--study", "a", "--study", "b"], ["a", "b"]):
        ended = run_command("plot", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "a page is of one study, or of runs" in ended.err
    ended = run_command("plot", str(tmp_path))
    assert ended.code == 2
    assert "record.json" in ended.err
