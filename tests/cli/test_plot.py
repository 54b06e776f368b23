from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nas_gan.search.comparable import PARAMETERS_SHOWN
from nas_gan.search.definition import load_study
from nas_gan.search.figures import PLOTS, StudyPlot, build_plot
from nas_gan.search.storage.database import open_storage

Plots = dict[str, StudyPlot]
# A front is of several metrics.
NAMES = [name for name in PLOTS if name != "front"]


def _plots(database: Path, name: str) -> Plots:
    study = load_study(open_storage(str(database), create=False), name)
    return {name: build_plot(study, name) for name in NAMES}


def _data(plot: StudyPlot) -> Any:
    assert plot.figure is not None
    return plot.figure.data


@pytest.fixture(scope="module")
def small(database: Path) -> Plots:
    """Of a study of 12 trials."""
    return _plots(database, "digits")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, make_study: Any) -> Plots:
    """Of a study of 40 trials."""
    path = tmp_path_factory.mktemp("large") / "studies.db"
    make_study(path, "large", trials=40)
    return _plots(path, "large")


def test_a_large_study_has_every_plot(large: Plots) -> None:
    assert list(large) == ["history", "scores", "importances", "parallel", "pair", "timeline"]
    assert all(plot.figure and plot.explanation for plot in large.values())
    assert len(_data(large["importances"])[0].y) == PARAMETERS_SHOWN


def test_the_parameter_that_makes_the_score_is_found(large: Plots) -> None:
    # The fixture's scores follow the generator's learning rate and little else.
    bars = _data(large["importances"])[0]
    assert bars.y[-1] == "optimisers.generator.learning_rate"
    assert bars.x[-1] == max(bars.x) > 0.3


def test_plots_of_parameters_use_the_highest_rung_that_enough_trials_reached(
    small: Plots, large: Plots
) -> None:
    assert "after 1,000 images, which 10 trials reached" in small["importances"].explanation
    assert "after 9,000 images, which" in large["importances"].explanation


def test_importances_of_few_trials_are_said_to_be_of_few(small: Plots) -> None:
    plot = small["importances"]
    assert _data(plot)[0].marker.color == "lightgrey"
    assert "So few trials (10, fewer than 30) tell little" in plot.explanation


def test_trials_keep_their_numbers_in_plots_of_parameters(small: Plots, database: Path) -> None:
    pair = small["pair"]
    study = load_study(open_storage(str(database), create=False), "digits")
    scored = {trial.number for trial in study.trials if 1000 in trial.intermediate_values}
    hovers = [text for trace in _data(pair) for text in trace.hovertext or ()]
    shown = {int(text.split("Trial #")[1].split("<")[0]) for text in hovers}
    assert shown == scored
    # Trials 4 and 9 were rejected: numbers that were given anew would end earlier.
    assert max(shown) == 11 > len(shown)


def test_a_study_without_trials_says_why_there_are_no_plots(database: Path) -> None:
    for plot in _plots(database, "young").values():
        assert plot.figure is None
        assert plot.explanation.endswith(".")


def test_a_page_that_can_not_be_written_is_bad_input(
    tmp_path: Path, database: Path, run_command: Any
) -> None:
    page = tmp_path / "missing" / "page.html"
    ended = run_command("plot", "--study", "digits", "--storage", str(database), "-o", str(page))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert str(page) in ended.err
    assert not page.parent.exists()
