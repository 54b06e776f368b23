"""What goes on at a rung, with its reason; who is picked later; and that no study ever stands still."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from nas_gan.errors import InputError
from nas_gan.jobs.job import Job
from nas_gan.search.schedulers.build import JobScheduler, build_scheduler, places_of
from nas_gan.search.schedulers.halving import SuccessiveHalving
from nas_gan.search.schedulers.interface import Choice, Paused, Rung, Scheduler, Signal
from nas_gan.search.schedulers.median import MedianRule
from nas_gan.search.schedulers.none import NoScheduler

FID = Signal("FID")


def _rung(*scores: float, images: int = 2000) -> Rung:
    return Rung(images, {number: (score,) for number, score in enumerate(scores)})


def test_the_best_third_goes_on_and_the_others_hear_why_not() -> None:
    halving = SuccessiveHalving([FID], 3)
    rung = _rung(298.3, 400.0, 500.0, 382.4)
    assert halving.decide(0, rung).verdict == "continue"
    decision = halving.decide(3, rung)
    assert decision.verdict == "pause"
    assert decision.reason == (
        "FID 382.4 after 2,000 images: not among the best third of 4, which had 298.3 or less"
    )
    more = SuccessiveHalving([Signal("IS", higher_is_better=True)], 2)
    assert more.decide(0, _rung(1.0, 2.0, 3.0, 4.0)).reason == (
        "IS 1 after 2,000 images: not among the best half of 4, which had 3 or more"
    )


def test_the_first_at_a_rung_waits_for_a_second() -> None:
    halving = SuccessiveHalving([FID], 3)
    assert halving.decide(0, _rung(5.0)).verdict == "wait"
    waiting = [Paused(0, 2000, is_pending=True)]
    assert halving.choose(waiting, {2000: _rung(5.0)}, is_idle=False) == Choice()
    # There is nothing else to do.
    assert halving.choose(waiting, {2000: _rung(5.0)}, is_idle=True) == Choice(0)
    # A worse one has come, or a better one.
    assert halving.choose(waiting, {2000: _rung(5.0, 6.0)}, is_idle=False) == Choice(0)
    worse = halving.choose(waiting, {2000: _rung(5.0, 4.0)}, is_idle=True)
    assert worse.number is None
    assert worse.settled == {
        0: "FID 5 after 2,000 images: not among the best third of 2, which had 4 or less"
    }


def test_a_paused_trial_is_promoted_only_where_that_is_asked_for() -> None:
    paused = [Paused(0, 2000, is_pending=False), Paused(2, 2000, is_pending=False)]
    rungs = {2000: _rung(5.0, 1.0, 4.0, 6.0, 7.0, 8.0)}
    assert SuccessiveHalving([FID], 3).choose(paused, rungs, is_idle=True) == Choice()
    assert SuccessiveHalving([FID], 3, promote=True).choose(paused, rungs, is_idle=False) == Choice(2)


def test_of_several_rungs_the_highest_is_looked_at_first() -> None:
    halving = SuccessiveHalving([FID], 2, promote=True)
    paused = [Paused(0, 2000, is_pending=False), Paused(1, 6000, is_pending=False)]
    rungs = {2000: _rung(1.0, 2.0), 6000: Rung(6000, {1: (1.0,), 5: (2.0,)})}
    assert halving.choose(paused, rungs, is_idle=False) == Choice(1)


def test_what_is_no_number_is_stopped() -> None:
    for scheduler in (SuccessiveHalving([FID]), MedianRule([FID])):
        decision = scheduler.decide(0, _rung(math.nan, 3.0))
        assert (decision.verdict, decision.reason) == ("stop", "FID nan after 2,000 images: not a number")


def test_several_scores_are_compared_by_fronts() -> None:
    halving = SuccessiveHalving([FID, Signal("IS", higher_is_better=True)], 2)
    rung = Rung(2000, {0: (1.0, 9.0), 1: (2.0, 8.0), 2: (9.0, 9.5), 3: (9.0, 1.0)})
    assert [halving.decide(number, rung).verdict for number in range(4)] == [
        "continue",
        "pause",
        "continue",
        "pause",
    ]
    assert halving.decide(3, rung).reason == (
        "FID 9, IS 1 after 2,000 images: not among the best half of 4, which are trials 0, 2; "
        "dominated by trials 0, 1, 2"
    )
    macs = SuccessiveHalving([FID, Signal("multiply-adds")], 3)
    crowd = Rung(
        2000, {0: (1.0, 9e6), 1: (2.0, 5e6), 2: (2.5, 6e6), 3: (2.6, 4.9e6), 4: (9.0, 1.0), 5: (9.0, 2.0)}
    )
    assert macs.decide(2, crowd).reason == (
        "FID 2.5, multiply-adds 6,000,000 after 2,000 images: not among the best third of 6, which are trials 1, 0; "
        "dominated by trial 1"
    )
    assert macs.decide(4, Rung(2000, {**crowd.scores, 6: (1.5, 9e6)})).reason.endswith(
        "its FID is worse than the reference, 2.5, which is the rung's median"
    )
    assert macs.decide(3, crowd).reason.endswith("on the front, to whose hypervolume the others add more")
    median = MedianRule([FID, Signal("IS", higher_is_better=True)], others=3)
    assert [median.decide(number, rung).verdict for number in range(4)][3] == "pause"


def test_the_worse_half_is_paused_once_there_are_enough() -> None:
    median = MedianRule([FID], others=5)
    assert median.decide(4, _rung(1.0, 2.0, 3.0, 4.0, 9.0)).verdict == "continue"
    rung = _rung(1.0, 2.0, 3.0, 4.0, 5.0, 9.0)
    assert median.decide(2, rung).verdict == "continue"
    decision = median.decide(5, rung)
    assert (decision.verdict, decision.reason) == (
        "pause",
        "FID 9 after 2,000 images: worse than the median of 5 others, 3",
    )
    assert median.choose([Paused(5, 2000, is_pending=False)], {2000: rung}, is_idle=True) == Choice()


def test_without_a_scheduler_everything_goes_on() -> None:
    none = NoScheduler([FID])
    assert none.decide(0, _rung(math.inf, 1.0)).verdict == "continue"
    paused = [Paused(3, 2000, is_pending=False)]
    assert none.choose(paused, {2000: _rung(1.0)}, is_idle=False) == Choice()
    assert none.choose(paused, {2000: _rung(1.0)}, is_idle=True) == Choice(3)


def test_one_in_one_is_refused() -> None:
    with pytest.raises(InputError, match="reduction 1"):
        SuccessiveHalving([FID], 1)


@dataclass
class Simulation:
    """A study whose workers finish a rung at a time, in any order."""

    scheduler: Scheduler
    trials: int
    workers: int
    random: random.Random
    rungs: tuple[int, ...] = (1, 3, 9)
    jobs: dict[int, Job] = field(default_factory=dict)
    verdicts: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Runs until nobody has anything to do."""
        while self._lease() or self._at_work():
            while len(self._at_work()) < self.workers and self._lease():
                pass
            self._reach_a_rung(self.random.choice(self._at_work()))

    def _at_work(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.state == "leased"]

    def _lease(self) -> bool:
        if len(self._at_work()) >= self.workers:
            return False
        asked = JobScheduler(self.scheduler, self.trials)
        room = len(self.jobs) < self.trials
        promotion = asked.promote(list(self.jobs.values()), not room)
        for job, _ in promotion.settled:
            self._change(job, pending=False)
        if promotion.job is not None:
            self.verdicts.append(f"{promotion.job.number} goes on")
            self._change(promotion.job, state="leased", pending=False, passed=max(promotion.job.scores))
        elif room:
            self.jobs[len(self.jobs)] = _job(len(self.jobs))
        else:
            return False
        return True

    def _reach_a_rung(self, job: Job) -> None:
        images = next(images for images in self.rungs if images not in job.scores)
        job = self._change(job, scores={**job.scores, images: (self.random.random(),)})
        if images == self.rungs[-1]:
            self._change(job, state="done")
            return
        asked = JobScheduler(self.scheduler, self.trials)
        verdict = asked.judge(job, images, list(self.jobs.values())).verdict
        if verdict != "continue":
            self._change(job, state="paused", pending=verdict == "wait")

    def _change(self, job: Job, **values: object) -> Job:
        assert job.number is not None
        self.jobs[job.number] = replace(self.jobs[job.number], **values)  # type: ignore[arg-type]
        return self.jobs[job.number]


def _job(number: int) -> Job:
    return Job(
        id=number,
        study="study",
        kind="trial",
        number=number,
        seed=0,
        state="leased",
        token="token",
        owner=None,
        heartbeat_seconds=1.0,
        beats=0,
        seen=None,
        leases=1,
        deaths=0,
        progress=0,
        scores={},
        passed=0,
        pending=False,
        key=None,
        waits_for=None,
        outcome="",
        reason="",
        closed=False,
    )


@pytest.mark.parametrize("promote", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("trials", [1, 2, 3, 7, 30])
def test_no_study_stands_still(trials: int, workers: int, promote: bool) -> None:
    for seed in range(20):
        scheduler = build_scheduler("asha", [FID], 3, promote=promote)
        simulation = Simulation(scheduler, trials, workers, random.Random(seed))
        simulation.run()
        jobs = simulation.jobs.values()
        assert len(jobs) == trials
        assert {job.state for job in jobs} <= {"done", "paused"}
        assert not any(job.pending for job in jobs)
        assert any(job.state == "done" for job in jobs)
        if promote and trials == 30:
            reached = [sum(images in job.scores for job in jobs) for images in simulation.rungs]
            # All that is among the best third of a rung has gone on from it.
            for lower, higher in pairwise(reached):
                assert higher >= lower // 3


def test_a_single_trial_is_never_paused() -> None:
    simulation = Simulation(build_scheduler("asha", [FID]), 1, 1, random.Random(0))
    simulation.run()
    assert simulation.verdicts == []
    assert simulation.jobs[0].state == "done"


def test_places_order_the_jobs_of_each_rung_as_the_rung_does() -> None:
    scores = {0: {10: (5.0, 1.0), 30: (4.0, 1.0)}, 1: {10: (1.0, 9.0)}, 2: {10: (9.0, 0.5)}, 3: {}}
    jobs = [replace(_job(number), scores=found) for number, found in scores.items()]
    places = places_of(jobs, [FID, Signal("multiply-adds")])
    assert places == {0: {10: 1.0, 30: 0.0}, 1: {10: 0.0}, 2: {10: 2.0}}
