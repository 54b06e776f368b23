"""Architectures that a study doesn't admit are drawn again before they become trials, whichever sampler draws them."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any, final

from optuna import Study
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from nas_gan.search.samplers.limits import Limits
from nas_gan.search.samplers.local.domain import Domain, Draft, Options, Range
from nas_gan.search.samplers.whole_points import WholePointSampler, fixed_values
from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Image

TRIES = 100
"""How often a point is drawn; then it is taken as it is, and the trial is rejected."""


@final
class RedrawnSampler(WholePointSampler):
    """Samples points of a space with another sampler until one keeps to the limits.

    What is drawn in vain leaves no trace in the study: the other sampler learns from trained trials alone. It is asked
    as Optuna asks it, first for the holes that it knows together, then for each that is left.
    """

    def __init__(self, inner: BaseSampler, space: Space, image: Image, limits: Limits) -> None:
        super().__init__()
        self._inner = inner
        self._space = space
        self._image = image
        self._limits = limits

    def reseed_rng(self) -> None:
        """Make copies of this sampler draw differently."""
        self._inner.reseed_rng()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Let the other sampler learn."""
        self._inner.before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Forget the trial's point, and let the other sampler learn."""
        super().after_trial(study, trial, state, values)
        self._inner.after_trial(study, trial, state, values)

    def prepare(self, study: Study, trial: FrozenTrial) -> dict[str, Scalar]:
        """Draw until a point is admitted, `TRIES` times at most."""
        for _ in range(TRIES):
            draft = self._begin(study, trial)
            if self._limits.admit(self._space.fill(draft, self._image)):
                break
        return draft.values

    def _begin(self, study: Study, trial: FrozenTrial) -> Draft:
        """Return what fills a space as an Optuna trial of the other sampler's would, on a copy of the trial."""
        # Not a deep copy: a stored trial's attributes hold on to the database.
        drawn, fixed = copy.copy(trial), fixed_values(trial)
        drawn.params, drawn.distributions = dict(trial.params), dict(trial.distributions)
        together = self._inner.infer_relative_search_space(study, drawn)
        known = self._inner.sample_relative(study, drawn, together) | fixed

        def answer(hole: str, domain: Domain) -> Scalar:
            distribution = _distribution_of(domain)
            if hole in known and domain.has(known[hole]):
                value: Any = known[hole]
            elif distribution.single():
                value = domain.draw(random.Random(0))
            else:
                value = self._inner.sample_independent(study, drawn, hole, distribution)
            drawn.params[hole], drawn.distributions[hole] = value, distribution
            return value  # type: ignore[no-any-return]

        return Draft(answer)


def _distribution_of(domain: Domain) -> BaseDistribution:
    match domain:
        case Options(labels=labels):
            return CategoricalDistribution(labels)
        case Range(low=low, high=high, step=step, log=log, is_whole=True):
            return IntDistribution(int(low), int(high), log=log, step=int(step or 1))
        case Range(low=low, high=high, step=step, log=log):
            return FloatDistribution(low, high, log=log, step=step)
        case _:
            raise TypeError(f"no distribution for a {type(domain).__name__}")
