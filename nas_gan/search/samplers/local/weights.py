"""How likely each value of a hole is to belong to a good trial, hole by hole."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, final

from nas_gan.search.samplers.local.domain import Domain
from nas_gan.search.samplers.local.history import rank_by_standing
from nas_gan.search.samplers.observation import Observation
from nas_gan.space.nodes import Scalar

Prior: TypeAlias = Mapping[str, Mapping[Scalar, float]]
"""For each hole, values and how much likelier than usual a trial with them is good: 1 for no difference."""


Group: TypeAlias = Callable[[str, Scalar], Scalar]


def learn_prior(histories: Sequence[Sequence[Observation]], good_share: float) -> Prior:
    """Return what earlier searches know: for every value that they tried, the share of good trials against that of
    all.

    Where several have tried a value, the mean of what they found.
    """
    lifts: dict[str, dict[Scalar, list[float]]] = {}
    for history in histories:
        for hole, shares in _shares(history, good_share, lambda _, value: value).items():
            for value, share in shares.items():
                lifts.setdefault(hole, {}).setdefault(value, []).append(share / good_share)
    return {
        hole: {value: statistics.fmean(found) for value, found in values.items()}
        for hole, values in lifts.items()
    }


@final
class HoleWeights:
    """The values of holes, drawn as likely as trials with them are good."""

    def __init__(
        self,
        history: Sequence[Observation],
        domains: Mapping[str, Domain],
        good_share: float,
        prior: Prior,
    ) -> None:
        self._good_share = good_share
        self._prior = prior

        def cell(hole: str, value: Scalar) -> Scalar:
            known = domains.get(hole)
            return known.cell(value) if known is not None and known.has(value) else None

        self._shares = _shares(history, good_share, cell)

    def draw(self, hole: str, domain: Domain, generator: random.Random) -> Scalar:
        """Draw a value of a hole."""
        (cell,) = generator.choices(range(domain.cells), self._weights(hole, domain))
        return domain.draw_in(cell, generator)

    def _weights(self, hole: str, domain: Domain) -> list[float]:
        shares = self._shares.get(hole, {})
        weights = [shares.get(cell, self._good_share) for cell in range(domain.cells)]
        lifts: dict[int, list[float]] = {}
        for value, lift in self._prior.get(hole, {}).items():
            if domain.has(value):
                lifts.setdefault(domain.cell(value), []).append(lift)
        return [
            weight * (sum(lifts[cell]) / len(lifts[cell]) if cell in lifts else 1.0)
            for cell, weight in enumerate(weights)
        ]


def _shares(history: Sequence[Observation], good_share: float, group: Group) -> dict[str, dict[Any, float]]:
    """For each hole and group of its values, the share of trials that are good, as if one more had been usual."""
    counts: dict[str, dict[Any, list[int]]] = {}
    ranked = rank_by_standing(history)
    for rank, place in enumerate(ranked):
        for hole, value in history[place].values.items():
            count = counts.setdefault(hole, {}).setdefault(group(hole, value), [0, 0])
            count[0] += rank < good_share * len(ranked)
            count[1] += 1
    return {
        hole: {of: (good + good_share) / (tried + 1) for of, (good, tried) in groups.items()}
        for hole, groups in counts.items()
    }
