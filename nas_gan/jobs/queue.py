"""Who has which job: short transactions on a study's jobs, each of them whole or not at all.

Whatever changes the state of a job that is leased looks at the lease's token in the same transaction, so that a worker
that was away for long, or whose study has been deleted and made again, changes nothing that is another's by now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from nas_gan.jobs.job import (
    HEARTBEAT_SECONDS,
    SEAT,
    TRIAL,
    Decision,
    Ending,
    Job,
    JobLost,
    Nothing,
    Promotion,
    State,
)
from nas_gan.jobs.owner import this_process
from nas_gan.jobs.table import FACTS, JOBS, job_of, lock_study, owner_text, scores_text, transaction

MAX_DEATHS = 5

Judge = Callable[[Job, int, Sequence[Job]], Decision]
Promote = Callable[[Sequence[Job], bool], Promotion]


def promote_nothing(_: Sequence[Job], __: bool) -> Promotion:
    """Leave paused jobs as they are."""
    return Promotion()


@final
class JobQueue:
    """Lease out, keep and end the jobs of one kind of one study."""

    def __init__(
        self, engine: Engine, study: str, heartbeat_seconds: float = HEARTBEAT_SECONDS, kind: str = TRIAL
    ) -> None:
        """`study`: its identity. `heartbeat_seconds`: time between two signs of life of who leases jobs with this."""
        self._engine = engine
        self._study = study
        self._heartbeat_seconds = heartbeat_seconds
        self._kind = kind
        self._ours = (JOBS.c.study == study) & (JOBS.c.kind == kind)

    def of_kind(self, kind: str) -> JobQueue:
        """Return the study's jobs of another kind."""
        return JobQueue(self._engine, self._study, self._heartbeat_seconds, kind)

    def lease(self, token: str, wanted: int, promote: Promote = promote_nothing) -> Job | Nothing:
        """Lease the oldest job that waits, or a paused one, or make one, unless `wanted` have ended or are at work.

        `promote` picks one of the paused jobs to go on with, if any; it is given all jobs, and whether there is nothing
        else to do. A job that was made has no number yet. The same token again gives the same job.
        """
        with self._alone() as connection:
            # Of jobs that have ended there may be thousands.
            jobs = self._read(connection, JOBS.c.state.in_(("queued", "leased", "paused")))
            for job in jobs:
                if job.token == token and job.state == "leased":
                    return job
            paused = [job for job in jobs if job.state == "paused"]
            at_work = [job.number for job in jobs if job.state == "leased"]
            ended = self._count(connection, JOBS.c.state == "done") + len(paused)
            queued = [job for job in jobs if job.state == "queued"]
            held_back = [job for job in queued if job.waits_for is not None and job.waits_for in at_work]
            room = wanted - ended - len(at_work) - len(held_back)
            unfree = {*at_work, *(job.number for job in queued)}
            free = [job for job in queued if job.waits_for is None or job.waits_for not in unfree]
            # A paused job has its place in the budget already.
            picked = free[0] if free and room > 0 else None
            if picked is None and paused:
                picked = self._promote(connection, promote, room <= 0)
            if picked is None and room > 0:
                picked = self._add(connection)
            if picked is None:
                numbers = sorted(number for number in at_work if number is not None)
                return Nothing(ended >= wanted, tuple(numbers))
            return self._give(connection, picked, token)

    def lease_queued(self, token: str) -> Job | Nothing:
        """Lease the oldest job that waits, and make none. The same token again gives the same job."""
        with self._alone() as connection:
            jobs = self._read(connection, JOBS.c.state.in_(("queued", "leased")))
            for job in jobs:
                if job.token == token and job.state == "leased":
                    return job
            queued = [job for job in jobs if job.state == "queued"]
            if queued:
                return self._give(connection, queued[0], token)
            return Nothing(not jobs, tuple(job.number for job in jobs if job.number is not None))

    def add_missing(self, wanted: Sequence[tuple[int, int, str]]) -> None:
        """Put jobs into the queue, by number, seed and key; those that are there already stay as they are."""
        with self._alone() as connection:
            there = {(job.number, job.seed) for job in self._read(connection)}
            for number, seed, key in wanted:
                if (number, seed) not in there:
                    facts = {
                        "study": self._study,
                        "kind": self._kind,
                        "number": number,
                        "seed": seed,
                        "key": key,
                    }
                    connection.execute(insert(JOBS).values(**facts, state="queued"))

    def give_number(self, job: Job, number: int) -> bool:
        """Say which trial a new job is; False where that one is another job's already. Raises JobLost."""
        try:
            with self._transaction() as connection:
                self._change(connection, self._find_held(connection, job), number=number)
        except IntegrityError:
            return False
        return True

    def beat(self, job: Job) -> bool:
        """Show life; say whether the job is still this lease's."""
        with self._transaction() as connection:
            mine = (
                (JOBS.c.id == job.id) & self._ours & (JOBS.c.token == job.token) & (JOBS.c.state == "leased")
            )
            beaten = update(JOBS).where(mine).values(beats=JOBS.c.beats + 1, seen=func.now())
            return connection.execute(beaten).rowcount == 1

    def begin_key(self, job: Job, key: str) -> int | None:
        """Say what a job is about to come to. If another one is at the same, the job waits in the queue for it.

        Returns the number of that other one, and None if this job is to be carried out. Raises JobLost.
        """
        with self._alone() as connection:
            held = self._find_held(connection, job)
            same = JOBS.c.key == key, JOBS.c.state.in_(("leased", "queued")), JOBS.c.waits_for.is_(None)
            other = next(iter(self._read(connection, *same, JOBS.c.id != held.id)), None)
            if other is None:
                self._change(connection, held, key=key)
                return None
            self._change(connection, held, key=key, waits_for=other.number, state="queued")
            return other.number

    def ended_with(self, key: str) -> list[int]:
        """List the numbers of the jobs of a key that were carried out as far as they are to be, oldest first."""
        with self._transaction() as connection:
            ended = JOBS.c.key == key, JOBS.c.state.in_(("done", "paused"))
            return [job.number for job in self._read(connection, *ended) if job.number is not None]

    def begin_at(self, job: Job, step: int) -> None:
        """Note where a worker goes on: deaths before it got there are forgotten. Raises JobLost."""
        with self._transaction() as connection:
            held = self._find_held(connection, job)
            if step > held.progress:
                self._change(connection, held, progress=step, deaths=0)

    def report(self, job: Job, step: int, values: tuple[float, ...], judge: Judge) -> Decision:
        """Note what a job has at a rung, and decide how it goes on, once. Raises JobLost.

        `judge` is given the job, the rung and all jobs of the study, this one included, as they are at this moment.
        """
        with self._alone() as connection:
            held = self._find_held(connection, job)
            if step not in held.scores:
                self._change(connection, held, scores=scores_text({**held.scores, step: values}))
            if step <= held.passed:
                return Decision("continue")
            jobs = self._read(connection)
            decision = judge(next(each for each in jobs if each.id == held.id), step, jobs)
            if decision.verdict == "continue":
                self._change(connection, held, passed=step)
            return decision

    def pause(self, job: Job, ending: Ending, *, pending: bool) -> bool:
        """Put a job aside after a rung; say whether it was this lease's."""
        return self._put_down(job, ending, pending=pending)

    def release(self, job: Job, ending: Ending) -> bool:
        """Put a job that was interrupted back into the queue; say whether it was still this lease's."""
        return self._put_down(job, ending, deaths=0)

    def end(self, job: Job, ending: Ending) -> bool:
        """End a job; say whether it was this lease's to end. Twice is as good as once."""
        with self._alone() as connection:
            found = self._find(connection, job)
            if found is None or found.token != job.token:
                return False
            if found.state == "leased":
                self._change(connection, found, **_facts(ending))
            return found.state == "leased" or found.has_ended

    def leased(self) -> list[Job]:
        """List the jobs that are leased, with their signs of life."""
        return self.in_state("leased")

    def requeue(self, job: Job) -> str | None:
        """Put a job back whose owner has died, unless it has shown life since; say what state it has then.

        `queued`; or `failed`, if one worker after the other has died without getting any further; None: it stays.
        """
        with self._alone() as connection:
            found = self._find(connection, job)
            if found is None or (found.state, found.token, found.beats) != ("leased", job.token, job.beats):
                return None
            deaths = found.deaths + 1
            if deaths < MAX_DEATHS:
                self._change(connection, found, deaths=deaths, state="queued", token=None)
                return "queued"
            ending = Ending("failed", "failed", f"its worker died {deaths} times in a row")
            self._change(connection, found, deaths=deaths, token=None, **_facts(ending))
            return "failed"

    def end_paused(self, wanted: int) -> list[Job]:
        """End all paused jobs as pruned if as many have ended as were asked for, and none is at work; list them."""
        with self._alone() as connection:
            jobs = self._read(connection)
            paused = [job for job in jobs if job.state == "paused"]
            if sum(job.state in ("done", "paused") for job in jobs) < wanted or any(
                job.state == "leased" for job in jobs
            ):
                return []
            for job in paused:
                self._change(connection, job, state="done", outcome="pruned", pending=False)
            return paused

    def end_one_paused(self, job: Job) -> bool:
        """End a paused job as pruned, before its study's end; say whether it was still paused."""
        with self._alone() as connection:
            found = self._find(connection, job)
            if found is None or found.state != "paused":
                return False
            self._change(connection, found, state="done", outcome="pruned", pending=False)
            return True

    def unclosed(self) -> list[Job]:
        """List the jobs that have ended, and that not everybody may know of yet."""
        with self._transaction() as connection:
            ended = JOBS.c.state.in_(("done", "failed", "rejected"))
            return self._read(connection, ended, JOBS.c.closed.is_(False))

    def close(self, job: Job) -> None:
        """Note that everybody knows how a job ended, and that nothing is left to clear up."""
        with self._transaction() as connection:
            connection.execute(
                update(JOBS).where((JOBS.c.id == job.id) & self._ours).values(closed=True, result=None)
            )

    def result_of(self, job: Job) -> str | None:
        """Read what a job came to; None where nothing could be recorded, or everybody knows it."""
        with self._transaction() as connection:
            found = select(JOBS.c.result).where((JOBS.c.id == job.id) & self._ours)
            return connection.execute(found).scalar()

    def all(self) -> list[Job]:
        """List all jobs, oldest first."""
        with self._transaction() as connection:
            return self._read(connection)

    def numbers(self) -> set[int]:
        """Return the numbers of all jobs that have one."""
        with self._transaction() as connection:
            found = select(JOBS.c.number).where(self._ours, JOBS.c.number.is_not(None))
            return {int(number) for number in connection.execute(found).scalars() if number is not None}

    def in_state(self, *states: State) -> list[Job]:
        """List the jobs in some states, oldest first."""
        with self._transaction() as connection:
            return self._read(connection, JOBS.c.state.in_(states))

    def find(self, number: int) -> Job | None:
        """Find the job of a number."""
        with self._transaction() as connection:
            return next(iter(self._read(connection, JOBS.c.number == number)), None)

    def delete(self) -> None:
        """Remove all jobs of the study, of whatever kind."""
        with self._alone() as connection:
            connection.execute(delete(JOBS).where(JOBS.c.study == self._study))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with transaction(self._engine) as connection:
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """Open a transaction that no other one of this study runs beside."""
        with self._transaction() as connection:
            lock_study(connection, self._study)
            yield connection

    def _read(self, connection: Connection, *conditions: Any) -> list[Job]:
        found = select(*FACTS).where(self._ours, *conditions).order_by(JOBS.c.id)
        return [job_of(row) for row in connection.execute(found)]

    def _count(self, connection: Connection, *conditions: Any) -> int:
        counted = select(func.count()).select_from(JOBS).where(self._ours, *conditions)
        return int(connection.execute(counted).scalar_one())

    def _find(self, connection: Connection, job: Job) -> Job | None:
        found = select(*FACTS).where(self._ours, JOBS.c.id == job.id).with_for_update()
        row = connection.execute(found).first()
        return None if row is None else job_of(row)

    def _find_held(self, connection: Connection, job: Job) -> Job:
        found = self._find(connection, job)
        if found is None or found.state != "leased" or found.token != job.token:
            raise JobLost
        return found

    def _put_down(self, job: Job, ending: Ending, **more: Any) -> bool:
        with self._alone() as connection:
            found = self._find(connection, job)
            if found is None or found.state != "leased" or found.token != job.token:
                return False
            self._change(connection, found, **_facts(ending), **more)
            return True

    def _promote(self, connection: Connection, promote: Promote, is_idle: bool) -> Job | None:
        promotion = promote(self._read(connection), is_idle)
        for job, reason in promotion.settled:
            self._change(connection, job, pending=False, reason=reason)
        return promotion.job

    def _add(self, connection: Connection) -> Job:
        values = {"study": self._study, "kind": self._kind, "seed": 0, "state": "queued"}
        connection.execute(insert(JOBS).values(values))
        return self._read(connection)[-1]

    def _give(self, connection: Connection, job: Job, token: str) -> Job:
        self._change(
            connection,
            job,
            state="leased",
            token=token,
            owner=owner_text(this_process()),
            heartbeat_seconds=self._heartbeat_seconds,
            beats=job.beats + 1,
            seen=func.now(),
            leases=job.leases + 1,
            waits_for=None,
            pending=False,
            passed=max([job.passed, *job.scores]) if job.state == "paused" else job.passed,
        )
        return self._read(connection, JOBS.c.id == job.id)[0]

    @staticmethod
    def _change(connection: Connection, job: Job, **values: Any) -> None:
        connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(**values))


def read_rows(engine: Engine, study: str) -> list[dict[str, Any]]:
    """Read all jobs of a study as they are stored, but for the seats at it."""
    with transaction(engine) as connection:
        kept = (JOBS.c.study == study) & (JOBS.c.kind != SEAT)
        found = connection.execute(select(JOBS).where(kept).order_by(JOBS.c.id))
        return [dict(row._mapping) for row in found]


def write_copies(engine: Engine, study: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write jobs of another study as those of this one; what somebody is at there waits here."""
    put_back = {"state": "queued", "token": None, "owner": None}
    copies = [
        {name: value for name, value in row.items() if name != "id"}
        | {"study": study}
        | (put_back if row["state"] == "leased" else {})
        for row in rows
    ]
    if copies:
        with transaction(engine) as connection:
            connection.execute(insert(JOBS), copies)


def _facts(ending: Ending) -> dict[str, Any]:
    return {
        "state": ending.state,
        "outcome": ending.outcome,
        "reason": ending.reason,
        "result": ending.result,
    }
