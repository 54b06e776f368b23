"""Who has which job: nobody loses one, nobody has one that another has, and the budget holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from nas_gan.interruption import StopRequest
from nas_gan.jobs.heartbeat import MISSED_BEATS, Reaper
from nas_gan.jobs.job import HEARTBEAT_SECONDS, Decision, Ending, Job, JobLost, Nothing, Promotion
from nas_gan.jobs.owner import new_token, this_process
from nas_gan.jobs.queue import MAX_DEATHS, JobQueue
from nas_gan.jobs.table import create_table, transaction
from nas_gan.search.storage.database import open_storage

COMPLETE = Ending("done", "complete", "", "{}")
PAUSED = Ending("paused", "pruned", "weak", "{}")
INTERRUPTED = Ending("queued", "interrupted", "stopped")
FOREVER = 10_000


@dataclass(frozen=True)
class Place:
    path: Path
    queue: JobQueue

    def take(self, wanted: int = FOREVER) -> Job:
        job = self.queue.lease(new_token(), wanted)
        assert isinstance(job, Job)
        if job.number is None:
            number = (
                max((each.number or 0 for each in self.queue.all() if each.number is not None), default=-1)
                + 1
            )
            assert self.queue.give_number(job, number)
            job = self.queue.all()[number]
        return job

    def job(self, number: int = 0) -> Job:
        found = self.queue.find(number)
        assert found is not None
        return found

    def requeue(self) -> list[str | None]:
        return [self.queue.requeue(job) for job in self.queue.leased()]


def _go_on(_: Job, __: int, ___: Sequence[Job]) -> Decision:
    return Decision("continue")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty study."""
    path = tmp_path / "studies.db"
    return Place(path, JobQueue(open_storage(str(path), create=True).engine, "study"))


TAKER = """
import sys
from nas_gan.jobs.job import Ending, Job
from nas_gan.jobs.owner import new_token
from nas_gan.jobs.queue import JobQueue
from nas_gan.search.storage.database import open_storage

queue = JobQueue(open_storage(sys.argv[1], create=False).engine, "study")
while isinstance(job := queue.lease(new_token(), int(sys.argv[2])), Job) or not job.done:
    if isinstance(job, Job):
        number = job.id - 1
        assert queue.give_number(job, number)
        print(number)
        if sys.argv[3] == "dies":
            break
        assert queue.end(job, Ending("done", "complete", ""))
"""


def _run_takers(path: Path, count: int, wanted: int, then: str = "ends") -> list[int]:
    """Numbers of the jobs that processes take side by side."""
    command = [sys.executable, "-c", TAKER, str(path), str(wanted), then]
    takers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    printed = [taker.communicate(timeout=600)[0] for taker in takers]
    assert [taker.returncode for taker in takers] == [0] * count
    return [int(number) for text in printed for number in text.split()]


def test_parallel_workers_keep_to_the_budget(place: Place) -> None:
    assert sorted(_run_takers(place.path, 3, 10)) == list(range(10))
    assert len(place.queue.all()) == 10


def test_leased_jobs_count_toward_the_budget(place: Place) -> None:
    first, second = place.take(2), place.take(2)
    assert place.queue.lease(new_token(), 2) == Nothing(done=False, open=(0, 1))
    assert place.queue.end(first, Ending("rejected", "rejected", "too large"))
    third = place.take(2)
    for job in (second, third):
        assert place.queue.end(job, COMPLETE)
    assert place.queue.lease(new_token(), 2) == Nothing(done=True)


def test_jobs_without_a_number_yet_count_too(place: Place) -> None:
    assert isinstance(place.queue.lease(new_token(), 2), Job)
    assert isinstance(place.queue.lease(new_token(), 2), Job)
    assert place.queue.lease(new_token(), 2) == Nothing(done=False)


def test_a_lease_that_went_unnoticed_is_the_same_the_second_time(place: Place) -> None:
    token = new_token()
    assert place.queue.lease(token, 5) == place.queue.lease(token, 5)
    assert len(place.queue.all()) == 1


def test_a_number_is_given_once(place: Place) -> None:
    first, second = (place.queue.lease(new_token(), 5) for _ in range(2))
    assert isinstance(first, Job)
    assert isinstance(second, Job)
    assert place.queue.give_number(first, 0)
    assert place.queue.give_number(first, 0), "an answer that was lost"
    assert not place.queue.give_number(second, 0)
    assert place.queue.give_number(second, 1)


def test_a_released_job_keeps_its_number(place: Place) -> None:
    job = place.take()
    assert place.queue.release(job, INTERRUPTED)
    assert (place.job().state, place.job().outcome) == ("queued", "interrupted")
    again = place.take()
    assert (again.number, again.leases) == (job.number, 2)


def test_a_late_worker_can_change_nothing(place: Place) -> None:
    late = place.take()
    assert place.requeue() == ["queued"]
    current = place.take()
    assert current.number == late.number
    before = place.job()
    assert not place.queue.beat(late)
    assert not place.queue.end(late, COMPLETE)
    assert not place.queue.release(late, INTERRUPTED)
    assert not place.queue.pause(late, PAUSED, pending=False)
    with pytest.raises(JobLost):
        place.queue.begin_key(late, "recipe")
    with pytest.raises(JobLost):
        place.queue.report(late, 10, (1.0,), _go_on)
    with pytest.raises(JobLost):
        place.queue.give_number(late, 5)
    assert place.job() == before
    assert place.queue.end(current, COMPLETE)
    # An answer that was lost: the same worker says it again.
    assert place.queue.end(current, COMPLETE)
    assert not place.queue.end(late, COMPLETE)
    assert place.job().outcome == "complete"


def test_a_worker_of_a_study_that_was_deleted_and_made_again_changes_nothing(place: Place) -> None:
    late = place.take()
    place.queue.delete()
    again = Place(place.path, JobQueue(open_storage(str(place.path), create=False).engine, "another"))
    job = again.take()
    assert job.number == late.number
    assert job.id != late.id
    for queue in (place.queue, again.queue):
        assert not queue.beat(late)
        assert not queue.end(late, COMPLETE)
        with pytest.raises(JobLost):
            queue.report(late, 10, (1.0,), _go_on)
    assert again.job() == job


def test_a_job_goes_back_once_however_many_noticed(place: Place) -> None:
    place.take()
    signs = place.queue.leased() * 2
    assert [place.queue.requeue(sign) for sign in signs] == ["queued", None]
    place.take()
    # The sign is of the lease before this one.
    assert not place.queue.requeue(signs[0])
    assert place.job().state == "leased"


def test_who_shows_life_meanwhile_keeps_the_job(place: Place) -> None:
    job = place.take()
    (sign,) = place.queue.leased()
    assert place.queue.beat(job)
    assert place.queue.requeue(sign) is None
    assert place.job().state == "leased"


def test_a_job_that_kills_its_workers_fails_in_the_end(place: Place) -> None:
    for _ in range(MAX_DEATHS - 1):
        assert place.take().number == 0
        assert place.requeue() == ["queued"]
    last = place.take()
    assert place.requeue() == ["failed"]
    assert (place.job().state, place.job().reason) == (
        "failed",
        f"its worker died {MAX_DEATHS} times in a row",
    )
    assert not place.queue.end(last, COMPLETE)
    assert place.take().number == 1


def test_deaths_of_workers_that_got_further_fail_no_job(place: Place) -> None:
    for images in range(0, 1000 * MAX_DEATHS, 500):
        job = place.take()
        place.queue.begin_at(job, images)
        assert place.requeue() == ["queued"]
    late = job
    for _ in range(MAX_DEATHS - 2):
        job = place.take()
        place.queue.begin_at(job, images)
        assert place.requeue() == ["queued"]
    with pytest.raises(JobLost):
        place.queue.begin_at(late, images + 500)
    place.take()
    assert place.requeue() == ["failed"]


def test_who_puts_a_job_back_has_not_died(place: Place) -> None:
    for _ in range(3):
        for _ in range(MAX_DEATHS - 1):
            place.take()
            assert place.requeue() == ["queued"]
        assert place.queue.release(place.take(), INTERRUPTED)


def test_a_job_that_nobody_works_on_keeps_no_other_waiting(place: Place) -> None:
    """The budget was lowered meanwhile."""
    first, second = place.take(), place.take()
    for job in (first, second):
        place.queue.begin_key(job, "recipe")
    place.queue.release(first, INTERRUPTED)
    again = place.queue.lease(new_token(), 1)
    assert isinstance(again, Job)
    assert again.number == first.number
    assert place.queue.lease(new_token(), 1) == Nothing(done=False, open=(0,))


def test_a_signal_within_a_transaction_waits_for_its_end(place: Place) -> None:
    stop = StopRequest([signal.SIGTERM], once=False)
    place.take()

    def change() -> None:
        with transaction(open_storage(str(place.path), create=False).engine) as connection:
            os.kill(os.getpid(), signal.SIGTERM)
            connection.execute(text("UPDATE nas_gan_jobs SET passed = 10"))

    try:
        with pytest.raises(KeyboardInterrupt):
            change()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert stop.has_come
    assert place.job().passed == 10


def test_jobs_of_a_key_are_found_once_they_have_ended(place: Place) -> None:
    jobs = [place.take() for _ in range(4)]
    for job, key in zip(jobs, ("recipe", "another", "third", "fourth"), strict=True):
        place.queue.begin_key(job, key)
    assert place.queue.ended_with("recipe") == []
    for job, ending in zip(jobs, (COMPLETE, COMPLETE, Ending("failed", "failed", "")), strict=False):
        place.queue.end(job, ending)
    place.queue.pause(jobs[3], PAUSED, pending=False)
    found = [place.queue.ended_with(key) for key in ("recipe", "another", "third", "fourth")]
    assert found == [[0], [1], [], [3]]


def test_the_same_key_waits_for_the_one_that_is_carried_out(place: Place) -> None:
    first, second = place.take(), place.take()
    assert place.queue.begin_key(first, "recipe") is None
    assert place.queue.begin_key(second, "recipe") == first.number
    other = place.take()
    assert other.number == 2
    assert place.queue.begin_key(other, "another") is None
    # The one that waits is as good as worked on: no fourth is made in its place.
    assert place.queue.lease(new_token(), 3) == Nothing(done=False, open=(0, 2))
    # Its own worker dies: whoever takes the first again isn't held up by the one that waits for it.
    place.queue.requeue(next(job for job in place.queue.leased() if job.number == 0))
    first = place.take()
    assert first.number == 0
    assert place.queue.begin_key(first, "recipe") is None
    place.queue.end(first, COMPLETE)
    assert place.take().number == second.number


def test_a_rung_is_decided_once(place: Place) -> None:
    asked: list[int] = []

    def judge(job: Job, step: int, jobs: Sequence[Job]) -> Decision:
        asked.append(step)
        assert job.scores[step] == (2.5,)
        assert [each.number for each in jobs] == [0]
        return Decision("continue")

    job = place.take()
    for _ in range(2):
        assert place.queue.report(job, 10, (2.5,), judge).verdict == "continue"
    place.requeue()
    again = place.take()
    assert place.queue.report(again, 10, (9.9,), judge).verdict == "continue"
    assert asked == [10]
    assert place.job().scores == {10: (2.5,)}


def test_scores_that_are_no_numbers_are_kept(place: Place) -> None:
    job = place.take()
    place.queue.report(job, 10, (float("inf"), float("nan")), _go_on)
    infinite, none = place.job().scores[10]
    assert infinite == float("inf")
    assert none != none  # noqa: PLR0124 - only a nan is no equal of itself


def test_a_paused_job_counts_and_goes_on_when_it_is_picked(place: Place) -> None:
    paused = place.take()
    place.queue.report(paused, 10, (2.5,), lambda *_: Decision("pause"))
    assert place.queue.pause(paused, PAUSED, pending=True)
    assert place.queue.result_of(place.job()) == "{}"
    idle: list[bool] = []

    def pick(jobs: Sequence[Job], is_idle: bool) -> Promotion:
        idle.append(is_idle)
        return Promotion(jobs[0] if is_idle else None)

    other = place.queue.lease(new_token(), 2, pick)
    assert isinstance(other, Job)
    assert other.number is None
    promoted = place.queue.lease(new_token(), 2, pick)
    assert idle == [False, True]
    assert isinstance(promoted, Job)
    assert (promoted.number, promoted.passed, promoted.pending) == (0, 10, False)
    # Its rung isn't decided again.
    assert place.queue.report(promoted, 10, (9.9,), lambda *_: Decision("stop")).verdict == "continue"
    assert not place.queue.end(paused, COMPLETE), "its lease ended with the pause"


def test_a_pending_job_that_is_settled_stays_paused(place: Place) -> None:
    job = place.take()
    place.queue.pause(job, PAUSED, pending=True)
    settled = place.queue.lease(new_token(), 1, lambda jobs, _: Promotion(None, ((jobs[0], "worse"),)))
    assert settled == Nothing(done=True)
    assert (place.job().state, place.job().pending, place.job().reason) == ("paused", False, "worse")


def test_paused_jobs_end_with_the_study(place: Place) -> None:
    paused, other = place.take(), place.take()
    place.queue.pause(paused, PAUSED, pending=False)
    assert place.queue.end_paused(2) == [], "another one is at work"
    place.queue.end(other, COMPLETE)
    assert place.queue.end_paused(3) == [], "more are asked for"
    assert [job.number for job in place.queue.end_paused(2)] == [0]
    assert (place.job().state, place.job().outcome) == ("done", "pruned")
    assert [job.number for job in place.queue.unclosed()] == [0, 1]
    for job in place.queue.unclosed():
        place.queue.close(job)
    assert place.queue.unclosed() == []
    assert not place.queue.end_one_paused(paused)


def test_what_a_dead_process_of_this_machine_left_is_free_at_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    assert _run_takers(place.path, 1, FOREVER, "dies") == [0]
    caplog.set_level("INFO")
    Reaper(place.queue, HEARTBEAT_SECONDS).look_for_gone()
    assert caplog.messages == ["trial 0 is free again: its worker is gone"]
    assert place.job().state == "queued"
    assert not this_process().is_gone()


def test_a_database_that_is_opened_twice_keeps_its_locks(place: Place) -> None:
    place.queue.all()
    open_storage(str(place.path), create=False)
    # The last other process to close it tidies up, unless it sees that this one is still there.
    assert _run_takers(place.path, 1, 1) == [0]
    assert len(place.queue.all()) == 1


def test_silence_is_counted_in_looks(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    silent, living = place.take(), place.take()
    caplog.set_level("INFO")
    reaper = Reaper(place.queue, HEARTBEAT_SECONDS)
    beat = _beats(place, living)
    for _ in range(MISSED_BEATS):
        reaper.look_for_silent()
        beat()
    assert caplog.messages == []
    reaper.forget()
    for _ in range(MISSED_BEATS + 1):
        assert caplog.messages == []
        reaper.look_for_silent()
        beat()
    assert caplog.messages == [f"trial {silent.number} is free again: its worker has shown no life for long"]
    assert [job.state for job in place.queue.all()] == ["queued", "leased"]


def test_a_slow_sign_of_life_is_waited_for_by_those_who_look_often(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.take()
    caplog.set_level("INFO")
    reaper = Reaper(place.queue, 10.0)
    for _ in range(3 * MISSED_BEATS):
        reaper.look_for_silent()
        assert caplog.messages == []
    reaper.look_for_silent()
    assert caplog.messages == ["trial 0 is free again: its worker has shown no life for long"]


def _beats(place: Place, job: Job) -> Callable[[], None]:
    """Signs of life whose times run backwards: the clock of the database is being put back."""
    hours = iter(range(23, 0, -1))
    engine = open_storage(str(place.path), create=False).engine

    def beat() -> None:
        assert place.queue.beat(job)
        with engine.begin() as connection:
            statement = text("UPDATE nas_gan_jobs SET seen = :time WHERE id = :job")
            connection.execute(
                statement, {"time": f"2026-01-01 {next(hours):02d}:00:00.000000", "job": job.id}
            )

    return beat


def test_a_table_that_is_there_is_left_as_it_is(place: Place) -> None:
    job = place.take()
    create_table(open_storage(str(place.path), create=True).engine)
    assert place.queue.all() == [job]
