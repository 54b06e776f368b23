"""Who has which trial: nobody loses one, nobody has one that another has, and the budget holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.pruners import SuccessiveHalvingPruner
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nas_gan.interruption import StopRequest
from nas_gan.runs.result import TrialResult
from nas_gan.search.storage.database import open_storage
from nas_gan.search.workers.claim import BEAT_SECONDS, CLAIM, Nothing, Taken, TrialLost
from nas_gan.search.workers.claims import MAX_DEATHS, Claims
from nas_gan.search.workers.lifeline import MISSED_BEATS, Lookout
from nas_gan.search.workers.owner import new_token, this_process

COMPLETE = TrialResult("complete", "", 1.5, ((10, 2.5), (30, 1.5)))
FOREVER = 10_000


@dataclass(frozen=True)
class Place:
    path: Path
    storage: RDBStorage
    study: optuna.Study
    claims: Claims

    def take(self, wanted: int = FOREVER) -> Taken:
        taken = self.claims.take(new_token(), wanted)
        assert isinstance(taken, Taken)
        return taken

    def trial(self, number: int = 0) -> FrozenTrial:
        return self.study.get_trials()[number]

    def requeue(self) -> list[TrialState | None]:
        return [self.claims.requeue(sign) for sign in self.claims.signs()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty study."""
    path = tmp_path / "studies.db"
    storage = open_storage(str(path), create=True)
    study = optuna.create_study(study_name="study", storage=storage)
    return Place(path, storage, study, Claims(storage, study._study_id))


TAKER = """
import sys
import optuna
from nas_gan.search.workers.claim import Taken
from nas_gan.search.workers.claims import Claims
from nas_gan.search.workers.owner import new_token
from nas_gan.runs.result import TrialResult
from nas_gan.search.storage.database import open_storage

storage = open_storage(sys.argv[1], create=False)
claims = Claims(storage, optuna.load_study(study_name="study", storage=storage)._study_id)
while isinstance(taken := claims.take(new_token(), int(sys.argv[2])), Taken) or not taken.done:
    if isinstance(taken, Taken):
        print(taken.number)
        if sys.argv[3] == "dies":
            break
        assert claims.end(taken.trial_id, taken.claim.token, TrialResult("complete", "", 1.0))
"""


def _run_takers(path: Path, count: int, wanted: int, then: str = "ends") -> list[int]:
    """Numbers of the trials that processes take side by side."""
    command = [sys.executable, "-c", TAKER, str(path), str(wanted), then]
    takers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    printed = [taker.communicate(timeout=600)[0] for taker in takers]
    assert [taker.returncode for taker in takers] == [0] * count
    return [int(number) for text in printed for number in text.split()]


def test_parallel_workers_keep_to_the_budget(place: Place) -> None:
    assert sorted(_run_takers(place.path, 3, 10)) == list(range(10))
    assert len(place.study.get_trials()) == 10


def test_running_trials_count_toward_the_budget(place: Place) -> None:
    first, second = place.take(2), place.take(2)
    assert place.claims.take(new_token(), 2) == Nothing(done=False, open=(0, 1))
    assert place.claims.end(first.trial_id, first.claim.token, TrialResult("turned_down", "too large"))
    third = place.take(2)
    for taken in (second, third):
        assert place.claims.end(taken.trial_id, taken.claim.token, COMPLETE)
    assert place.claims.take(new_token(), 2) == Nothing(done=True)


def test_a_claim_that_went_unnoticed_is_the_same_the_second_time(place: Place) -> None:
    token = new_token()
    assert place.claims.take(token, 5) == place.claims.take(token, 5)
    assert len(place.study.get_trials()) == 1


def test_a_released_trial_keeps_number_and_parameters(place: Place) -> None:
    taken = place.take()
    trial = optuna.Trial(place.study, taken.trial_id)
    place.study.get_trials(deepcopy=False)
    value = trial.suggest_float("x", 0.0, 1.0)
    assert place.claims.release(taken.trial_id, taken.claim.token, TrialResult("interrupted", "stopped"))
    assert place.trial().state == TrialState.WAITING
    again = place.take()
    assert (again.number, again.claim.times) == (taken.number, 2)
    assert optuna.Trial(place.study, again.trial_id).suggest_float("x", 0.0, 1.0) == value
    assert place.trial().distributions == {"x": FloatDistribution(0.0, 1.0)}


def test_a_late_worker_can_change_nothing(place: Place) -> None:
    late = place.take()
    assert place.requeue() == [TrialState.WAITING]
    current = place.take()
    assert current.number == late.number
    before = place.trial()
    assert not place.claims.hold(late.trial_id, late.claim.token)
    assert not place.claims.end(late.trial_id, late.claim.token, COMPLETE)
    assert not place.claims.release(late.trial_id, late.claim.token, COMPLETE)
    with pytest.raises(TrialLost):
        place.claims.begin_recipe(late.trial_id, late.claim.token, "recipe")
    with pytest.raises(TrialLost):
        place.claims.pass_rung(late.trial_id, late.claim.token, 10)
    assert place.trial() == before
    assert place.claims.end(current.trial_id, current.claim.token, COMPLETE)
    # An answer that was lost: the same worker says it again.
    assert place.claims.end(current.trial_id, current.claim.token, COMPLETE)
    assert not place.claims.end(late.trial_id, late.claim.token, COMPLETE)
    assert place.trial().values == [1.5]


def test_a_trial_goes_back_once_however_many_noticed(place: Place) -> None:
    place.take()
    signs = place.claims.signs() * 2
    assert [place.claims.requeue(sign) for sign in signs] == [TrialState.WAITING, None]
    place.take()
    # The sign is of the claim before this one.
    assert not place.claims.requeue(signs[0])
    assert place.trial().state == TrialState.RUNNING


def test_results_are_as_optuna_itself_would_tell_them(place: Place) -> None:
    pruned = TrialResult("pruned", "too bad", None, ((10, 4.0), (30, 3.0)))
    for result in (COMPLETE, pruned, TrialResult("failed", "a mistake")):
        taken = place.take()
        place.claims.end(taken.trial_id, taken.claim.token, result)
    told = optuna.create_study(storage=place.storage)
    results: list[TrialResult | None] = [COMPLETE, pruned, None]
    for told_result, state in zip(
        results, (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL), strict=True
    ):
        trial = told.ask()
        for images, value in told_result.values if told_result else ():
            trial.report(value, images)
        told.tell(trial, 1.5 if state == TrialState.COMPLETE else None, state=state)
    for ours, theirs in zip(place.study.get_trials(), told.get_trials(), strict=True):
        assert (ours.state, ours.values, ours.intermediate_values) == (
            theirs.state,
            theirs.values,
            theirs.intermediate_values,
        )
        assert ours.datetime_start is not None
        assert ours.datetime_complete is not None


def test_a_trial_that_kills_its_workers_fails_in_the_end(place: Place) -> None:
    for _ in range(MAX_DEATHS - 1):
        assert place.take().number == 0
        assert place.requeue() == [TrialState.WAITING]
    assert place.take().number == 0
    assert place.requeue() == [TrialState.FAIL]
    assert place.trial().state == TrialState.FAIL
    assert place.trial().user_attrs["reason"] == f"its worker died {MAX_DEATHS} times in a row"
    assert place.take().number == 1


def test_deaths_of_workers_that_got_further_fail_no_trial(place: Place) -> None:
    for images in range(0, 1000 * MAX_DEATHS, 500):
        taken = place.take()
        place.claims.begin_at(taken.trial_id, taken.claim.token, images)
        assert place.requeue() == [TrialState.WAITING]
    late = taken
    for _ in range(MAX_DEATHS - 2):
        taken = place.take()
        place.claims.begin_at(taken.trial_id, taken.claim.token, images)
        assert place.requeue() == [TrialState.WAITING]
    with pytest.raises(TrialLost):
        place.claims.begin_at(late.trial_id, late.claim.token, images + 500)
    place.take()
    assert place.requeue() == [TrialState.FAIL]


def test_who_puts_a_trial_back_has_not_died(place: Place) -> None:
    for _ in range(3):
        for _ in range(MAX_DEATHS - 1):
            place.take()
            assert place.requeue() == [TrialState.WAITING]
        taken = place.take()
        assert place.claims.release(taken.trial_id, taken.claim.token, TrialResult("interrupted", "stopped"))


def test_a_trial_that_nobody_works_on_keeps_no_other_waiting(place: Place) -> None:
    """The budget was lowered meanwhile, and a trial runs that another program has asked for."""
    place.study.ask({"x": FloatDistribution(0.0, 1.0)})
    first, second = place.take(), place.take()
    for taken in (first, second):
        place.claims.begin_recipe(taken.trial_id, taken.claim.token, "recipe")
    place.claims.release(first.trial_id, first.claim.token, TrialResult("interrupted", "stopped"))
    again = place.claims.take(new_token(), 1)
    assert isinstance(again, Taken)
    assert again.number == first.number
    assert place.claims.take(new_token(), 1) == Nothing(done=False, open=(first.number,))


def test_a_claim_of_another_version_can_be_read(place: Place) -> None:
    taken = place.take()
    tree = place.trial().system_attrs[CLAIM]
    place.storage.set_trial_system_attr(taken.trial_id, CLAIM, {**tree, "rungs": 3, "later": None})
    assert place.claims.hold(taken.trial_id, taken.claim.token)
    assert [sign.claim for sign in place.claims.signs()] == [taken.claim]


def test_a_signal_within_a_transaction_waits_for_its_end(place: Place) -> None:
    stop = StopRequest([signal.SIGTERM], once=False)
    taken = place.take()

    def change() -> None:
        with place.claims._transaction() as session:
            os.kill(os.getpid(), signal.SIGTERM)
            place.claims._set_claim(session, taken.trial_id, replace(taken.claim, passed=10))

    try:
        with pytest.raises(KeyboardInterrupt):
            change()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert stop.has_come
    assert [sign.claim.passed for sign in place.claims.signs()] == [10]


def test_trials_that_trained_a_recipe_are_found_once_they_have_ended(place: Place) -> None:
    taken = [place.take() for _ in range(3)]
    for each, recipe in zip(taken, ("recipe", "another", "third"), strict=True):
        place.claims.begin_recipe(each.trial_id, each.claim.token, recipe)
    assert place.claims.ended_at("recipe") == []
    results = (TrialResult("pruned", ""), TrialResult("complete", "", 1.0), TrialResult("failed", ""))
    for each, result in zip(taken, results, strict=True):
        place.claims.end(each.trial_id, each.claim.token, result)
    found = [place.claims.ended_at(recipe) for recipe in ("recipe", "another", "third")]
    assert found == [[taken[0].trial_id], [taken[1].trial_id], []]


def test_the_same_recipe_waits_for_the_one_that_is_trained(place: Place) -> None:
    first, second = place.take(), place.take()
    assert place.claims.begin_recipe(first.trial_id, first.claim.token, "recipe") is None
    assert place.claims.begin_recipe(second.trial_id, second.claim.token, "recipe") == first.number
    other = place.take()
    assert other.number == 2
    assert place.claims.begin_recipe(other.trial_id, other.claim.token, "another") is None
    # The one that waits is as good as worked on: no fourth is made in its place.
    assert place.claims.take(new_token(), 3) == Nothing(done=False, open=(0, 2))
    # Its own worker dies: whoever takes the first again isn't held up by the one that waits for it.
    place.claims.requeue(next(sign for sign in place.claims.signs() if sign.number == 0))
    first = place.take()
    assert first.number == 0
    assert place.claims.begin_recipe(first.trial_id, first.claim.token, "recipe") is None
    place.claims.end(first.trial_id, first.claim.token, COMPLETE)
    assert place.take().number == second.number


@pytest.mark.parametrize("is_decided", [True, False])
def test_a_rung_is_decided_once(place: Place, is_decided: bool) -> None:
    place.study.pruner = SuccessiveHalvingPruner(min_resource=10, reduction_factor=3)
    taken = place.take()
    place.study.get_trials(deepcopy=False)
    trial = optuna.Trial(place.study, taken.trial_id)
    trial.report(1.0, 10)
    assert not trial.should_prune()
    if is_decided:
        place.claims.pass_rung(taken.trial_id, taken.claim.token, 10)
    place.requeue()
    again = place.take()
    assert again.claim.passed == (10 if is_decided else 0)
    assert again.reported == {10}
    assert ("completed_rung_0" in place.trial().system_attrs) is is_decided


def test_what_a_dead_process_of_this_machine_left_is_free_at_once(place: Place) -> None:
    assert _run_takers(place.path, 1, FOREVER, "dies") == [0]
    said: list[str] = []
    Lookout(place.claims, said.append, BEAT_SECONDS).look_for_gone()
    assert said == ["trial 0 is free again: its worker is gone"]
    assert place.trial().state == TrialState.WAITING
    assert not this_process().is_gone()


def test_a_database_that_is_opened_twice_keeps_its_locks(place: Place) -> None:
    place.study.get_trials()
    open_storage(str(place.path), create=False)
    # The last other process to close it tidies up, unless it sees that this one is still there.
    assert _run_takers(place.path, 1, 1) == [0]
    assert len(place.study.get_trials()) == 1


def test_silence_is_counted_in_looks(place: Place) -> None:
    silent, living = place.take(), place.take()
    said: list[str] = []
    lookout = Lookout(place.claims, said.append, BEAT_SECONDS)
    beat = _beats(place, living)
    for _ in range(MISSED_BEATS):
        lookout.look_for_silent()
        beat()
    assert said == []
    lookout.forget()
    for _ in range(MISSED_BEATS + 1):
        assert said == []
        lookout.look_for_silent()
        beat()
    assert said == [f"trial {silent.number} is free again: its worker has shown no life for long"]
    assert [trial.state for trial in place.study.get_trials()] == [TrialState.WAITING, TrialState.RUNNING]


def test_a_slow_sign_of_life_is_waited_for_by_those_who_look_often(place: Place) -> None:
    slow = Claims(place.storage, place.study._study_id, beat_seconds=30.0).take(new_token(), FOREVER)
    assert isinstance(slow, Taken)
    said: list[str] = []
    lookout = Lookout(place.claims, said.append, 10.0)
    for _ in range(3 * MISSED_BEATS):
        lookout.look_for_silent()
        assert said == []
    lookout.look_for_silent()
    assert said == ["trial 0 is free again: its worker has shown no life for long"]


def _beats(place: Place, taken: Taken) -> Callable[[], None]:
    """Signs of life whose times run backwards: the clock of the database is being put back."""
    from sqlalchemy import text

    hours = iter(range(23, 0, -1))

    def beat() -> None:
        assert place.claims.hold(taken.trial_id, taken.claim.token)
        with place.storage.engine.begin() as connection:
            statement = text("UPDATE trial_heartbeats SET heartbeat = :time WHERE trial_id = :trial")
            time = f"2026-01-01 {next(hours):02d}:00:00.000000"
            connection.execute(statement, {"time": time, "trial": taken.trial_id})

    return beat
