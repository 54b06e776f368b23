"""A worker from end to end, in this process: what it takes from the study, and what it leaves on disk."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from nas_gan.cli.main import app
from nas_gan.errors import InputError
from nas_gan.jobs.supervisor import HopelessError
from nas_gan.maintenance.administration import remove_study
from nas_gan.search.attendance import seats_of
from nas_gan.search.catalogue import queue_of, read_trials, states_of
from nas_gan.search.events import Event, TrialEnded, TrialScored, TrialStarted
from nas_gan.search.search import PreparedSearch, prepare_search
from nas_gan.search.starts import enqueue_starts
from nas_gan.search.storage.database import open_storage

SETTINGS = "settings"


@pytest.fixture
def prepared(tmp_path: Path, prepare_points: Callable[..., PreparedSearch]) -> PreparedSearch:
    """A study of points without a trial, whose space's file is gone by now."""
    prepared = prepare_points(tmp_path)
    (tmp_path / "mine.toml").unlink()
    return prepared


@pytest.fixture
def work(prepared: PreparedSearch, work_at: Callable[..., list[Event]]) -> Callable[..., list[Event]]:
    """Runs a worker: `work(on_event)` gives what it told."""
    return partial(work_at, prepared)


def test_a_worker_needs_nothing_but_the_study(
    prepared: PreparedSearch, work: Callable[..., list[Event]], tmp_path: Path
) -> None:
    ended = [event for event in work() if isinstance(event, TrialEnded)]
    assert [event.number for event in ended] == [0, 1]
    assert (tmp_path / "runs" / "points" / "0" / "record.json").is_file()
    assert [event for event in work() if isinstance(event, TrialStarted)] == []
    joined = CliRunner().invoke(
        app, ["worker", "points", "--storage", prepared.config.storage, "--device", "cpu"]
    )
    assert joined.output == "points has all its 2 trials; --trials N asks for more\n"
    seats = seats_of(prepared.study)
    assert seats is not None
    assert [seat.state for seat in seats.all()] == ["queued"]  # had, and given back
    # More are asked for.
    assert [event.number for event in work(trials=3) if isinstance(event, TrialEnded)] == [2]
    assert len(prepared.study.get_trials()) == 3


def test_a_log_on_a_full_disk_fails_no_trial(
    prepared: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    def refuse(_: Event) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    work(refuse)
    assert [trial.state.name for trial in prepared.study.get_trials()] == ["COMPLETE", "COMPLETE"]


def test_what_another_study_left_is_not_taken_for_this_ones(
    prepared: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    """The database was removed by hand, and its folder of runs wasn't."""
    folder = Path(prepared.config.out) / "points" / "0"
    folder.mkdir(parents=True)
    (folder / "checkpoint-100.safetensors").write_bytes(b"of another study")
    (folder / "record.json").write_text("{}")
    started = {event.number: event.images_seen for event in work() if isinstance(event, TrialStarted)}
    assert started == {0: 0, 1: 0}
    assert not list(folder.glob("checkpoint-*"))
    assert (
        json.loads((folder / "record.json").read_text())["seed"]
        == json.loads(prepared.study.get_trials()[0].user_attrs["record"])["seed"]
    )


def test_an_address_is_not_stored_with_the_study(prepared: PreparedSearch) -> None:
    assert "storage" not in prepared.study.user_attrs[SETTINGS]
    assert "studies.db" not in json.dumps(prepared.study.user_attrs)


def test_other_data_is_another_study(prepared: PreparedSearch, work: Callable[..., list[Event]]) -> None:
    settings = prepared.study.user_attrs[SETTINGS]
    prepared.study.set_user_attr(SETTINGS, settings | {"limit": 100})
    with pytest.raises(InputError, match="can't be joined from here: the content of data"):
        work()


def test_a_study_of_an_older_version_says_how_to_go_on(
    prepared: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    prepared.study.set_user_attr(SETTINGS, {})
    with pytest.raises(InputError, match="continue it once with: python -m nas_gan search"):
        work()


@pytest.mark.parametrize("is_told_by_worker", [True, False])
def test_optuna_is_told_later_of_a_result_that_it_refused(
    prepared: PreparedSearch, work: Callable[..., list[Event]], is_told_by_worker: bool
) -> None:
    storage = open_storage(prepared.config.storage, create=False)

    def refuse(event: Event) -> None:
        if isinstance(event, TrialStarted):
            with storage.engine.begin() as connection:
                connection.execute(
                    text("CREATE TRIGGER no BEFORE UPDATE ON trials BEGIN SELECT RAISE(ABORT, 'no'); END")
                )

    # Optuna takes it for a change that somebody else has made, and says nothing.
    work(refuse, trials=1)
    assert prepared.study.get_trials()[0].state.name == "RUNNING"
    with storage.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER no"))
    queue = queue_of(prepared.study)
    assert queue is not None
    folder = Path(prepared.config.out) / "points" / "0"
    record = json.loads((folder / "record.json").read_text())
    if is_told_by_worker:
        assert 0 not in [event.number for event in work() if isinstance(event, TrialStarted)]
    else:
        assert prepared.closing.close_ended() == 1
    trial = prepared.study.get_trials()[0]
    assert trial.state.name == "COMPLETE"
    assert json.loads(trial.user_attrs["record"]) == record
    assert queue.unclosed() == []


def test_a_trial_whose_end_never_came_into_the_database_ends_the_same_way(
    prepared: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    storage = open_storage(prepared.config.storage, create=False)

    def refuse(event: Event) -> None:
        if isinstance(event, TrialStarted):
            with storage.engine.begin() as connection:
                connection.execute(
                    text(
                        "CREATE TRIGGER no BEFORE UPDATE OF result ON nas_gan_jobs WHEN NEW.state = 'done' "
                        "BEGIN SELECT RAISE(ABORT, 'no'); END"
                    )
                )

    with pytest.raises(IntegrityError):
        work(refuse)
    with storage.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER no"))
        connection.execute(text("UPDATE nas_gan_jobs SET state = 'queued'"))
    folder = Path(prepared.config.out) / "points" / "0"
    rungs = json.loads((folder / "record.json").read_text())["rungs"]
    scored = [event.number for event in work() if isinstance(event, TrialScored)]
    # From its last checkpoint there is nothing left to train or to score.
    assert 0 not in scored
    trial = prepared.study.get_trials()[0]
    assert trial.state.name == "COMPLETE"
    assert json.loads(trial.user_attrs["record"])["rungs"] == rungs


def test_a_worker_clears_up_after_one_that_was_killed_when_it_had_told_everybody(
    prepared: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    work(trials=1)
    left, other = (Path(prepared.config.out) / "points" / name for name in ("0", "7"))
    other.mkdir()
    for folder in (left, other):
        (folder / "checkpoint-9.safetensors").write_bytes(b"not needed any more")
    record = (left / "record.json").read_bytes()
    work()
    assert not list(left.glob("checkpoint*"))
    assert (left / "record.json").read_bytes() == record
    # Of a trial that the database doesn't have it can't be known what it is good for.
    assert [path.name for path in other.iterdir()] == ["checkpoint-9.safetensors"]


def test_an_interruption_puts_the_trial_back_and_the_next_worker_takes_it(
    prepared: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, TrialStarted):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(stop)
    (waiting,) = prepared.study.get_trials()
    assert waiting.state.name == "RUNNING"
    assert states_of(prepared.study) == {0: "interrupted"}
    work()
    first, second = prepared.study.get_trials()
    assert first.params == waiting.params
    assert first.state.is_finished()
    assert second.state.is_finished()


def test_a_trial_that_was_interrupted_ends_as_if_it_had_not_been(
    prepared: PreparedSearch, work: Callable[..., list[Event]], points_space: str
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, TrialScored) and event.rung.images_seen < 200:
            raise KeyboardInterrupt

    undisturbed = _scores(work(trials=1))
    remove_study(open_storage(prepared.config.storage, create=False), prepared.study)
    shutil.rmtree(Path(prepared.config.out) / prepared.config.study)
    Path(prepared.config.space).write_text(points_space)
    again = prepare_search(prepared.config, lambda _: None)
    interruptions = 0
    while True:
        try:
            events = work(stop, trials=1)
        except KeyboardInterrupt:
            interruptions += 1
        else:
            break
    assert interruptions == 2
    (started,) = [event for event in events if isinstance(event, TrialStarted)]
    assert started.images_seen > 0
    (trial,) = again.study.get_trials()
    assert trial.intermediate_values == undisturbed
    folder = Path(prepared.config.out) / "points" / "0"
    assert not list(folder.glob("checkpoint-*"))
    assert len(json.loads((folder / "record.json").read_text())["rungs"]) == 3


@pytest.fixture
def halving(prepared: PreparedSearch) -> PreparedSearch:
    """The study with successive halving, which is how any worker finds it."""
    settings = prepared.study.user_attrs[SETTINGS]
    prepared.study.set_user_attr(SETTINGS, settings | {"pruner": "asha", "reduction": 2})
    return prepared


def _checkpoints(prepared: PreparedSearch) -> list[str]:
    found = (Path(prepared.config.out) / "points").glob("*/checkpoint-*")
    return sorted({path.parent.name for path in found})


def test_rungs_pause_trials_and_the_studys_end_prunes_them(
    halving: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, TrialEnded) and event.state == "paused" and event.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(stop, trials=6)
    states = states_of(halving.study)
    assert states[1] == "paused"
    assert halving.study.get_trials()[1].state.name == "RUNNING"
    assert halving.study.get_trials()[1].user_attrs["outcome"] == "paused"
    assert "1" in _checkpoints(halving)
    halving.study.set_user_attr("trials_asked", 6)
    work(trials=6)
    trials = halving.study.get_trials()
    assert len(trials) == 6
    assert {trial.state.name for trial in trials} == {"COMPLETE", "PRUNED"}
    assert set(states_of(halving.study).values()) == {"complete", "pruned"}
    assert _checkpoints(halving) == []
    for trial in trials:
        record = json.loads(trial.user_attrs["record"])
        assert (record["outcome"] == "complete") == (trial.state.name == "COMPLETE")
        if trial.state.name == "PRUNED" and not record["reused_from"]:
            assert "transport" in trial.user_attrs["reason"]
            assert record["images_seen"] < 200


def test_a_paused_trial_that_is_promoted_goes_on_from_its_checkpoint(
    halving: PreparedSearch, work: Callable[..., list[Event]]
) -> None:
    settings = halving.study.user_attrs[SETTINGS]
    halving.study.set_user_attr(SETTINGS, settings | {"promote": True})
    halving.study.set_user_attr("trials_asked", 8)
    events = work(trials=8)
    paused = {event.number for event in events if isinstance(event, TrialEnded) and event.state == "paused"}
    resumed = [event for event in events if isinstance(event, TrialStarted) and event.images_seen]
    assert resumed
    assert {event.number for event in resumed} <= paused
    scored = [(event.number, event.rung.images_seen) for event in events if isinstance(event, TrialScored)]
    assert len(scored) == len(set(scored)), "no rung is scored twice"
    # Half of a rung has gone on from it, and half of that from the next.
    reached = [sum(images == rung for _, images in scored) for rung in halving.definition.rungs]
    assert reached[1] >= reached[0] // 2
    assert reached[2] >= reached[1] // 2


def test_starts_are_trained_to_their_end(halving: PreparedSearch, work: Callable[..., list[Event]]) -> None:
    points = [{"generator.latent_dim": dim} for dim in (3, 5, 7, 9)]
    enqueue_starts(halving.study, [(f"start {number}", point) for number, point in enumerate(points)])
    halving.study.set_user_attr("trials_asked", 4)
    work(trials=4)
    assert set(states_of(halving.study).values()) == {"complete"}, "halving alone lets two go on"
    assert [trial.start for trial in read_trials(halving.study)] == [f"start {number}" for number in range(4)]


def test_paused_trials_keep_to_their_room(halving: PreparedSearch, work: Callable[..., list[Event]]) -> None:
    settings = halving.study.user_attrs[SETTINGS]
    halving.study.set_user_attr(SETTINGS, settings | {"keep_paused": 0})
    halving.study.set_user_attr("trials_asked", 100)

    def look(event: Event) -> None:
        if isinstance(event, TrialEnded) and event.state == "paused":
            assert str(event.number) not in _checkpoints(halving)
            assert states_of(halving.study)[event.number] == "pruned"

    ended = [event for event in work(look, trials=4) if isinstance(event, TrialEnded)]
    assert any(event.state == "paused" for event in ended)


def _scores(events: list[Event]) -> dict[int, float]:
    return {event.rung.images_seen: event.value for event in events if isinstance(event, TrialScored)}


PLUGINS = """
import nas_gan

class Empty(nas_gan.Sampler):
    def propose(self, history):
        assert len({trial.state for trial in history} - {"rejected"}) == 0
        return {}

class Wordy(nas_gan.Scheduler):
    def decide(self, number, rung):
        return "continue"
"""


@pytest.mark.parametrize(
    ("setting", "name", "outcome", "said"),
    [
        (
            "sampler",
            "Empty",
            "rejected",
            "proposed no generator.latent_dim; return a value of it, or use complete",
        ),
        ("pruner", "Wordy", "failed", "decide returned 'continue'; return a Decision"),
    ],
)
def test_what_a_plugin_does_wrong_is_a_trials_reason(
    setting: str,
    name: str,
    outcome: str,
    said: str,
    prepared: PreparedSearch,
    work: Callable[..., list[Event]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "plugins_of_a_user.py").write_text(PLUGINS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "plugins_of_a_user", raising=False)
    settings = prepared.study.user_attrs[SETTINGS] | {setting: f"plugins_of_a_user:{name}"}
    prepared.study.set_user_attr(SETTINGS, settings)

    def stop(event: Event) -> None:
        if isinstance(event, TrialEnded):
            raise KeyboardInterrupt

    with pytest.raises((HopelessError, KeyboardInterrupt)):  # of rejected trials nothing is told before
        work(stop)
    attributes = prepared.study.get_trials()[0].user_attrs
    assert attributes["outcome"] == outcome
    assert f"plugins_of_a_user:{name}" in attributes["reason"]
    assert said in attributes["reason"]
