"""Whatever proposes from a history as a sampler of Optuna's: a study's trials are the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import final

from optuna import Study
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nas_gan.runs.record import parse_record
from nas_gan.search.samplers.observation import Observation, State
from nas_gan.search.samplers.whole_points import WholePointSampler, fixed_values
from nas_gan.space.nodes import Scalar

Propose = Callable[[Sequence[Observation], Mapping[str, Scalar]], Mapping[str, Scalar]]

Places = Callable[[], Mapping[int, Mapping[int, float]]]
"""Asked for the places of trials at the rungs that they have reached, by number and images; 0 for the best."""

AT_THE_END = 2**62
"""Images seen, where a trial's value isn't one that was reported at a rung."""


@final
class HistorySampler(WholePointSampler):
    """Samples by what proposes a point from the history, and from the holes whose values are given.

    It learns from the study alone: from trials of all states, of other workers and of other samplers, and from values
    set by hand. So a restart needs no care of its own.
    """

    def __init__(self, propose: Propose, places: Places | None = None) -> None:
        """`places`: what is learned from in place of the metric, where the study is after several at once."""
        super().__init__()
        self._propose = propose
        self._places = places
        self._ended: dict[tuple[str, int], Observation] = {}

    def prepare(self, study: Study, trial: FrozenTrial) -> Mapping[str, Scalar]:
        """Propose a point from all other trials."""
        others = [each for each in study.get_trials(deepcopy=False) if each.number != trial.number]
        history = [self._observe(study, each) for each in others]
        if self._places is not None:
            places = self._places()
            history = [
                replace(seen, scores=places.get(each.number, {}))
                for each, seen in zip(others, history, strict=True)
            ]
        return self._propose(history, fixed_values(trial))

    def _observe(self, study: Study, trial: FrozenTrial) -> Observation:
        # One that is paused looks pruned, and may go on; only what has an end stays as it is.
        if trial.datetime_complete is None:
            return observe(trial, study.direction)
        key = (study.study_name, trial.number)
        if key not in self._ended:
            self._ended[key] = observe(trial, study.direction)
        return self._ended[key]


def observe(trial: FrozenTrial, direction: StudyDirection) -> Observation:
    """Return a trial as a sampler sees it."""
    scores = dict(trial.intermediate_values)
    if trial.state is TrialState.COMPLETE and trial.value is not None:
        last = max(scores, default=AT_THE_END)
        scores[last if scores.get(last) == trial.value else AT_THE_END] = trial.value
    sign = -1.0 if direction is StudyDirection.MAXIMIZE else 1.0
    signed = {images: sign * score for images, score in scores.items()}
    # Of one that hasn't begun, what is known is what was set by hand.
    is_given = "fixed_params" in trial.system_attrs
    return Observation(trial.params or fixed_values(trial), _state_of(trial), signed, is_given)


def _state_of(trial: FrozenTrial) -> State:
    match trial.state:
        case TrialState.RUNNING:
            return "running"
        case TrialState.WAITING:
            return "paused"
        case TrialState.FAIL:
            return "rejected" if trial.user_attrs.get("outcome") == "rejected" else "failed"
        case TrialState.PRUNED if trial.datetime_complete is None:
            return "paused"  # as a worker's storage shows it
        case _:
            return "failed" if _broke_off(trial) else "done"


def _broke_off(trial: FrozenTrial) -> bool:
    """Say whether a trial ended between two rungs, as by divergence, rather than at one."""
    if trial.state is not TrialState.PRUNED:
        return False
    if not trial.intermediate_values:
        return True
    text = trial.user_attrs.get("record")
    if text is None:
        return False
    record = parse_record(text, f"trial {trial.number}")
    return record.images_seen > max(trial.intermediate_values)
