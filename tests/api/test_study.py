"""A study from its search to its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import nas_gan


def test_a_search_tells_where_it_is(study: nas_gan.Study, search_events: list[object]) -> None:
    states = [event for event in search_events if isinstance(event, nas_gan.SearchProgress)]
    assert (states[0].done, states[-1].done, states[-1].wanted) == (0, 2, 2)
    assert states[-1].best == (study.best.number, study.best.value)
    assert any(state.running for state in states)
    assert str(states[-1]).startswith(f"2/2 trials, best FID {study.best.value:.4g}")
    said = [str(event) for event in search_events if isinstance(event, nas_gan.Message)]
    assert any(line.startswith("trial 0 after 30 images: FID ") for line in said)


def test_the_same_call_continues(study: nas_gan.Study, place: Path) -> None:
    told: list[object] = []
    again = nas_gan.search(
        "tiny",
        nas_gan.Data("mnist5k", resolution=16, limit=320),
        trials=2,
        out=place / "runs",
        images=270,
        protocol="classifier-1k",
        progress=told.append,
    )
    assert [trial.to_dict() for trial in again.trials] == [trial.to_dict() for trial in study.trials]
    assert [str(event) for event in told if isinstance(event, nas_gan.SearchProgress)] == [
        f"2/2 trials, best FID {study.best.value:.4g} (trial {study.best.number})"
    ]
    with pytest.raises(nas_gan.InputError, match="exists with something else"):
        nas_gan.search(
            "tiny",
            nas_gan.Data("mnist5k", resolution=16, limit=320),
            out=place / "runs",
            images=90,
            protocol="classifier-1k",
        )


def test_trials_are_a_table(study: nas_gan.Study) -> None:
    trials = study.trials
    rows = trials.to_dicts()
    assert [row["number"] for row in rows] == [0, 1]
    assert len({tuple(row) for row in rows}) == 1
    assert all(row["generator.latent_dim"] in range(4, 9) for row in rows)
    best = rows[study.best.number]
    assert best["frechet_distance"] == best["value"] == study.best.value
    assert json.dumps(rows, default=str)
    assert [trial.number for trial in trials[1:]] == [1]
    assert study.best.value == min(trial.value for trial in trials if trial.value is not None)


def test_a_trial_is_opened(study: nas_gan.Study) -> None:
    trial = study.trial(0)
    assert trial.record is not None
    assert trial.run.record == trial.record
    assert trial.samples(after=30).size == trial.samples().size
    space = nas_gan.load_space("tiny")
    assert space.locate(trial.record.architecture) == dict(trial.parameters)
    assert nas_gan.load_run("tiny-mnist5k:0", storage=study.storage).record == trial.record
    with pytest.raises(nas_gan.InputError, match=r"trial 7: no such trial .* there are 0 to 1"):
        study.trial(7)


def test_a_study_is_drawn(study: nas_gan.Study, tmp_path: Path) -> None:
    figure = study.plot("scores")
    assert len(figure.data) == 2
    with pytest.raises(nas_gan.InputError, match=r"importances of study .*: It takes at least 8 trials"):
        study.plot("importances")
    with pytest.raises(nas_gan.InputError, match="prices: no such plot; use one of history"):
        study.plot("prices")
    page = study.report(tmp_path / "page.html").read_text()
    assert page.count("* plotly.js (basic") == 1
    assert "One hole at a time" in page
    with pytest.raises(nas_gan.InputError, match=r"output .*nowhere.*can't be written"):
        study.report(tmp_path / "nowhere" / "page.html")


def test_a_study_shows_itself_in_a_notebook(study: nas_gan.Study) -> None:
    shown = study._repr_html_()
    assert "tiny-mnist5k" in shown
    assert "data:image/png;base64," in shown
    assert study.trials._repr_html_().count("<tr>") == 3
    assert "generator.latent_dim" in study.trial(0)._repr_html_()


def test_studies_are_found_by_name(study: nas_gan.Study) -> None:
    assert nas_gan.load_study(study.name, storage=study.storage).definition == study.definition
    with pytest.raises(nas_gan.InputError, match="mine: no such study; there are tiny-mnist5k"):
        nas_gan.load_study("mine", storage=study.storage)


def test_tensorboard_has_a_run_a_trial(study: nas_gan.Study) -> None:
    folder = Path(study.runs) / "tensorboard"
    assert {path.name for path in folder.iterdir()} == {
        f"{study.name}-{trial.number}" for trial in study.trials
    }
    for trial in study.trials:
        events = EventAccumulator(str(folder / f"{study.name}-{trial.number}")).Reload()
        assert trial.record is not None
        scored = {event.step: event.value for event in events.Scalars("score/fid")}
        assert list(scored) == [rung.images_seen for rung in trial.record.rungs]
        for rung in trial.record.rungs:
            assert scored[rung.images_seen] == pytest.approx(rung.scores.frechet_distance)
        assert [image.step for image in events.Images("samples")] == list(scored)
        (table,) = events.Tensors("hyperparameters/text_summary")[:1]
        said = table.tensor_proto.string_val[0].decode()
        assert all(f"| `{name}` | `{value}` |" in said for name, value in trial.parameters.items())
        ended = events.Tensors("ended/text_summary")[-1]
        # A trial that a rung has paused is pruned once the study is at its end, which no worker tells.
        first = {"pruned": "paused"}.get(trial.state, trial.state)
        assert ended.tensor_proto.string_val[0].decode().startswith(first)
