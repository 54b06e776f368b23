"""Repeats by a worker in this process: what is trained, what a kill leaves, and what the ranking makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import nas_gan
from nas_gan.errors import InputError
from nas_gan.jobs.job import Job
from nas_gan.runs.record import load_record
from nas_gan.search.catalogue import queue_of, rank
from nas_gan.search.events import Event, RepeatEnded, RepeatStarted, TrialProgress, TrialScored, TrialStarted
from nas_gan.search.finale import Finale, Frame
from nas_gan.search.finals import Plan, finals_of
from nas_gan.search.repeats import repeat_of, repeats_queue
from nas_gan.search.rerun import RepeatJob, plan_rerun, run_repeats
from nas_gan.search.search import PreparedSearch, prepare_search
from nas_gan.search.versions import CODE, note_code
from nas_gan.store.remote_folder import open_remote
from nas_gan.store.retry import Retry

Prepare = Callable[..., PreparedSearch]
Work = Callable[..., list[Event]]


class Killed(BaseException):
    """Ends a worker without a word, as a kill does."""


def _jobs(prepared: PreparedSearch) -> list[Job]:
    queue = repeats_queue(prepared.study)
    assert queue is not None
    return queue.all()


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, prepare_points: Prepare, work_at: Work
) -> PreparedSearch:
    """A search of two trials and their finals that nothing happened to. Only to be read."""
    prepared = prepare_points(tmp_path_factory.mktemp("searched"), 2)
    work_at(prepared)
    return prepared


def test_finalists_are_compared_and_the_winner_is_scored_with_other_seeds(searched: PreparedSearch) -> None:
    jobs = _jobs(searched)
    keys = [(repeat_of(job).number, job.key) for job in jobs]
    winner = rank(searched.study)[0].number
    assert sorted(keys[:2]) == [(0, "choice/1"), (1, "choice/1")]
    assert keys[2:] == [(winner, "figure/1"), (winner, "figure/2")]
    records = [load_record(Path(searched.config.out) / "points" / repeat_of(job).folder) for job in jobs]
    assert [record.seed for record in records] == [job.seed for job in jobs]
    of_trials = [trial.record.seed for trial in rank(searched.study) if trial.record]
    assert len({*of_trials, *(job.seed for job in jobs)}) == 6
    fresh = rank(searched.study)[0].fresh
    assert fresh is not None
    figures = [record.rungs[-1].scores.transport_distance for record in records[2:]]
    assert list(fresh.figure.values) == figures
    assert [final.scores.transport_distance for final in fresh.finals] == figures
    assert fresh.rounds == 1
    assert not list((Path(searched.config.out) / "points" / "repeats").glob("*/checkpoint-*"))


def test_finals_are_due_as_long_before_the_end_as_they_take(searched: PreparedSearch) -> None:
    study, queue = searched.study, queue_of(searched.study)
    assert queue is not None
    found = finals_of(study, 2, 1)
    assert found is not None

    def is_due(finalists: int | None, seconds_left: float, search_seconds: float) -> bool:
        def fail(plan: Plan) -> None:
            pytest.fail(f"{plan} is held")

        frame = Frame(finalists, 1, search_seconds, time.time() + seconds_left)
        finale = Finale(study, queue, frame, Retry(pytest.fail, lambda: None), fail, fail)
        assert not finale.is_due
        finale.look()
        return finale.is_due

    assert is_due(2, found[1] - 0.01, 1e6)
    assert not is_due(2, found[1] + 60, 1e6)
    # A fifth of the search's time is all that there is for them.
    assert not is_due(2, found[1] - 0.01, found[1])
    # A search that short has none unless it is asked for them.
    assert not is_due(None, 0.0, 1e6)
    assert not is_due(0, 0.0, 1e6)


def test_the_same_search_again_trains_nothing(searched: PreparedSearch, work_at: Work) -> None:
    again = prepare_search(searched.config, lambda _: None)
    assert (again.remaining, again.has_finals) == (0, False)
    assert [event for event in work_at(again) if isinstance(event, RepeatStarted | TrialStarted)] == []


def test_a_kill_during_a_repeat_loses_nothing_and_trains_no_seed_twice(
    searched: PreparedSearch, tmp_path: Path, prepare_points: Prepare, work_at: Work
) -> None:
    prepared, started = prepare_points(tmp_path, 2), list[Event]()

    def kill(event: Event) -> None:
        if isinstance(event, RepeatStarted):
            started.append(event)
        if len(started) == 2 and isinstance(event, TrialProgress):
            raise Killed

    with pytest.raises(Killed):
        work_at(prepared, kill)
    queue = repeats_queue(prepared.study)
    assert queue is not None
    (left,) = queue.leased()
    assert queue.requeue(left) == "queued"  # what others do once they see that its process is gone
    assert prepare_search(prepared.config, lambda _: None).has_finals
    ended = [event for event in work_at(prepared) if isinstance(event, RepeatEnded)]
    assert [event.state for event in ended] == ["complete"] * 3
    jobs = _jobs(prepared)
    assert [(job.number, job.seed, job.key) for job in jobs] == [
        (job.number, job.seed, job.key) for job in _jobs(searched)
    ]
    assert [job.leases for job in jobs] == [1, 2, 1, 1]
    assert [trial.fresh for trial in rank(prepared.study)] == [trial.fresh for trial in rank(searched.study)]


def test_seeds_of_one_trial_are_no_part_of_the_ranking(
    tmp_path: Path, prepare_points: Prepare, work_at: Work
) -> None:
    prepared = prepare_points(tmp_path, 0)
    work_at(prepared)
    before = [trial.number for trial in rank(prepared.study)]
    assert _jobs(prepared) == []
    plan = plan_rerun(prepared.study, 3, before[-1], 1)
    job = RepeatJob(prepared.config.storage, "points", plan, prepared.config.out, "cpu")
    run_repeats(job, lambda _: None, lambda: None)
    ranking = rank(prepared.study)
    assert [trial.number for trial in ranking] == before
    assert ranking[-1].fresh is not None
    assert len(ranking[-1].fresh.figure.values) == 1
    study = nas_gan.load_study("points", storage=prepared.config.storage)
    row = study.trial(before[-1]).to_dict()
    assert (row["fresh_seeds"], row["fresh_mean"]) == (1, ranking[-1].fresh.figure.values[0])


def test_a_repeat_at_a_url_goes_on_where_it_stood_and_leaves_no_checkpoint(
    tmp_path: Path, prepare_points: Prepare, work_at: Work
) -> None:
    prepared, started = prepare_points(tmp_path, 0), list[Event]()
    work_at(prepared)
    out = f"memory://{tmp_path.name}"
    job = RepeatJob(prepared.config.storage, "points", Plan((0,), 0, False, 1), out, "cpu")

    def kill(event: Event) -> None:
        started.append(event)
        if isinstance(event, TrialScored):
            raise Killed

    with pytest.raises(Killed):
        run_repeats(job, kill, lambda: None)
    queue = repeats_queue(prepared.study)
    assert queue is not None
    (left,) = queue.leased()
    assert queue.requeue(left) == "queued"
    run_repeats(job, started.append, lambda: None)
    seen = [event.images_seen for event in started if isinstance(event, RepeatStarted)]
    assert seen == [0, 256]
    (ended,) = _jobs(prepared)
    # A worker that died is held against a repeat only where it got no further.
    assert (ended.state, ended.progress, ended.deaths) == ("done", 256, 0)
    kept = [Path(name).name for name in open_remote(out).everything()]
    assert "record.json" in kept
    assert [name for name in kept if name.startswith("checkpoint-")] == []


def test_a_study_that_goes_on_with_other_code_says_so(searched: PreparedSearch) -> None:
    other = searched.config.model_copy(update={"sampler": "tpe"})
    study = searched.study
    (line,) = note_code(study, other)
    assert (
        line == "study points: its 2 trials so far were proposed by sampler random, and it goes on with tpe"
    )
    assert note_code(study, other) == []
    code = study.user_attrs[CODE]
    study.set_user_attr(CODE, code | {"pruner": ["none", "another"]})
    (line,) = note_code(study, other)
    assert "paused by another version of pruner none, and it goes on with this one" in line
    assert len(note_code(study, searched.config)) == 1


def test_what_a_rerun_is_asked_for_has_to_be_possible(searched: PreparedSearch) -> None:
    assert plan_rerun(searched.study, 9, None, 2) == Plan(
        tuple(trial.number for trial in rank(searched.study)), 2, False, 2
    )
    for wrong in ((0, None, 1), (1, None, 0), (1, 7, 1)):
        with pytest.raises(InputError):
            plan_rerun(searched.study, *wrong)
