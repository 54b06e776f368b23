from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nas_gan.study.catalogue import rank
from nas_gan.study.definition import load_study
from nas_gan.study.figures import ENOUGH_TRIALS, PARAMETERS_SHOWN, SLICES_A_ROW, build_plots
from nas_gan.study.storage import open_storage

TITLES = [
    "History",
    "Scores on the way",
    "Which parameters matter",
    "Each parameter alone",
    "Parameters side by side",
    "The two most important together",
    "Timeline",
]


@pytest.fixture(scope="module")
def large_database(tmp_path_factory: pytest.TempPathFactory, make_study: Any) -> Path:
    path = tmp_path_factory.mktemp("large") / "studies.db"
    make_study(path, "large", trials=40)
    return path


def _plots(database: Path, name: str) -> dict[str, Any]:
    return {
        plot.title: plot for plot in build_plots(load_study(open_storage(str(database), create=False), name))
    }


def test_a_large_study_has_every_plot(large_database: Path) -> None:
    plots = _plots(large_database, "large")
    assert list(plots) == TITLES
    assert all(plot.figures and plot.explanation for plot in plots.values())
    assert len(plots["Each parameter alone"].figures) == PARAMETERS_SHOWN // SLICES_A_ROW
    assert len(plots["Which parameters matter"].figures[0].data[0].y) == PARAMETERS_SHOWN


def test_the_parameter_that_makes_the_score_is_found(large_database: Path) -> None:
    # The fixture's scores follow the generator's learning rate and little else.
    bars = _plots(large_database, "large")["Which parameters matter"].figures[0].data[0]
    assert bars.y[-1] == "optimisers.generator.learning_rate"
    assert bars.x[-1] == max(bars.x) > 0.3


def test_plots_of_parameters_use_the_highest_rung_that_enough_trials_reached(
    database: Path, large_database: Path
) -> None:
    assert "after 9,000 images, which" not in _plots(database, "digits")["Each parameter alone"].explanation
    text = _plots(database, "digits")["Each parameter alone"].explanation
    assert "after 1,000 images, which 10 trials reached" in text
    text = _plots(large_database, "large")["Each parameter alone"].explanation
    assert "after 9,000 images, which" in text


def test_trials_keep_their_numbers_in_plots_of_parameters(database: Path) -> None:
    figure = _plots(database, "digits")["The two most important together"].figures[0]
    study = load_study(open_storage(str(database), create=False), "digits")
    scored = {trial.number for trial in study.trials if 1000 in trial.intermediate_values}
    shown = {
        int(text.split("Trial #")[1].split("<")[0]) for trace in figure.data for text in trace.hovertext or ()
    }
    assert shown
    assert shown <= scored
    assert max(shown) > len(shown)  # some trial before it was turned down and has no score


def test_a_study_without_trials_says_why_there_are_no_plots(database: Path) -> None:
    for plot in _plots(database, "young").values():
        assert plot.figures == ()
        assert plot.explanation.endswith(".")


@pytest.mark.parametrize("trials", [1, 2, 5, ENOUGH_TRIALS + 2])
def test_small_studies_make_a_page(trials: int, tmp_path: Path, make_study: Any, run_command: Any) -> None:
    make_study(tmp_path / "studies.db", "small", trials=trials)
    page = tmp_path / "page.html"
    ended = run_command(
        "plot", "--study", "small", "--storage", str(tmp_path / "studies.db"), "-o", str(page)
    )
    assert (ended.code, ended.err) == (0, "")
    text = page.read_text(encoding="utf-8")
    assert all(f"<h2>{title}</h2>" in text for title in TITLES)
    assert ("It takes at least 8 trials" in text) == (trials < ENOUGH_TRIALS)


def test_the_page_holds_ranking_topology_and_the_best_samples(
    tmp_path: Path, database: Path, run_command: Any
) -> None:
    study = load_study(open_storage(str(database), create=False), "digits")
    best = rank(study)[0]
    samples = tmp_path / "digits" / str(best.number) / "samples.png"
    samples.parent.mkdir(parents=True)
    Image.new("L", (5, 3), 200).save(samples)
    page = tmp_path / "page.html"
    run_command(
        *["plot", "--study", "digits", "--storage", str(database), "-o", str(page), "--out", str(tmp_path)]
    )
    text = page.read_text(encoding="utf-8")
    assert f'<td class="number">{best.value:.2f}</td>' in text
    assert "generator: latent" in text
    inlined = text.partition('<img src="data:image/png;base64,')[2].partition('"')[0]
    assert Image.open(io.BytesIO(base64.b64decode(inlined))).size == (5, 3)


def test_samples_are_looked_for_beside_the_database(
    tmp_path: Path, make_study: Any, run_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = make_study(tmp_path / "studies.db", "here", trials=1)
    samples = tmp_path / "here" / str(rank(study)[0].number) / "samples.png"
    samples.parent.mkdir(parents=True)
    Image.new("L", (5, 3), 200).save(samples)
    monkeypatch.chdir(tmp_path)
    ended = run_command("plot", "--study", "here", "--storage", str(tmp_path / "studies.db"))
    assert ended.out == "Wrote plots.html\n"
    assert '<img src="data:image/png;base64,' in (tmp_path / "plots.html").read_text(encoding="utf-8")


def test_a_page_that_can_not_be_written_is_bad_input(
    tmp_path: Path, database: Path, run_command: Any
) -> None:
    page = tmp_path / "missing" / "page.html"
    ended = run_command("plot", "--study", "digits", "--storage", str(database), "-o", str(page))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert str(page) in ended.err
    assert not page.parent.exists()
