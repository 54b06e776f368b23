"""What is tried next: a point of a space, from what was tried before."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import final

from nas_gan.runs.seeds import derive_seed
from nas_gan.search.samplers.local.forest import choose_best, has_forest
from nas_gan.search.samplers.local.history import compute_standings, rank_by_standing
from nas_gan.search.samplers.local.moves import cross, inherit, mutate
from nas_gan.search.samplers.local.points import Answer, Point, Points
from nas_gan.search.samplers.local.settings import LocalSettings
from nas_gan.search.samplers.local.weights import HoleWeights, Prior
from nas_gan.search.samplers.observation import Observation
from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture, Image

Admit = Callable[[Architecture], bool]
Move = Callable[[], Answer]


@final
class LocalSearch:
    """Proposes points near the best so far, some leaning to what good ones share, and some at random.

    Parents are drawn among the best few, whatever they were trained for; their holes are changed, or a subtree comes
    from a second one. What was tried, or is being tried, isn't proposed again. With enough results, a forest chooses
    among many such points (only with scikit-learn).

    Nothing is kept: the same seed and history give the same proposal. Workers with seeds of their own differ.
    """

    def __init__(
        self,
        space: Space,
        image: Image,
        seed: int,
        *,
        admit: Admit = lambda _: True,
        prior: Prior | None = None,
        settings: LocalSettings | None = None,
    ) -> None:
        """`admit`: whether an architecture may be proposed. `prior`: what earlier searches know of the holes."""
        self._points = Points(space, image)
        self._seed = seed
        self._admit = admit
        self._prior = prior or {}
        self._settings = settings or LocalSettings()

    def propose(
        self, history: Sequence[Observation], fixed: Mapping[str, Scalar] | None = None
    ) -> dict[str, Scalar]:
        """Return the values of all holes of the next point, in the order in which the space asks for them.

        `history`: in the order in which the trials began. `fixed`: holes whose values are given.
        Where only repeats, or nothing admitted, turn up within the settings' `tries`, the last such point is returned.
        """
        generator = random.Random(derive_seed(self._seed, "propose", len(history)))
        points = [self._points.find(each.values) for each in history]
        known = [
            (observation, point)
            for observation, point, standing in zip(history, points, compute_standings(history), strict=True)
            if point is not None and standing is not None
        ]
        moves = _Moves(known, self._prior, self._settings, generator)
        move = moves.draw()
        has_choice = move == moves.near and len(known) >= self._settings.forest_from and has_forest()
        found = self._find(
            (move, moves.anywhere),
            fixed or {},
            {point.recipe for point in points if point is not None},
            self._most_macs(known),
            self._settings.candidates if has_choice else 1,
        )
        point = choose_best(found, known, self._settings, generator) if len(found) > 1 else found[0]
        return dict(point.values)

    def _most_macs(self, known: Sequence[tuple[Observation, Point]]) -> float:
        costs = [point.macs for _, point in known]
        return self._settings.most_cost * statistics.median(costs) if costs else math.inf

    def _find(
        self,
        moves: Iterable[Move],
        fixed: Mapping[str, Scalar],
        tried: Collection[str],
        most_macs: float,
        wanted: int,
    ) -> list[Point]:
        """Return different points, new and admitted, by the first of the moves that finds any; else the last one
        made.
        """
        point = None
        for move in moves:
            found: dict[str, Point] = {}
            for _ in range(self._settings.tries + wanted):
                point = self._points.make(inherit([fixed], move()))
                is_new = point.recipe not in tried and point.recipe not in found
                if is_new and point.macs <= most_macs and self._admit(point.architecture):
                    found[point.recipe] = point
                if len(found) == wanted:
                    break
            if found:
                return list(found.values())
        assert point is not None
        return [point]


@final
class _Moves:
    """The ways to make a point, given what is known."""

    def __init__(
        self,
        known: Sequence[tuple[Observation, Point]],
        prior: Prior,
        settings: LocalSettings,
        generator: random.Random,
    ) -> None:
        self._settings = settings
        self._generator = generator
        self._has_prior = bool(prior)
        self._results = len(known)
        self._has_starts = any(observation.is_given for observation, _ in known)
        self._parents = self._find_parents(known)
        domains = {hole: domain for _, point in known for hole, domain in point.domains.items()}
        history = [observation for observation, _ in known]
        self._weights = HoleWeights(history, domains, settings.good_share, prior)

    def draw(self) -> Move:
        """Draw one of the ways, in the settings' shares; without results it is `anywhere`, or where a prior leads."""
        chance = self._generator.random()
        if chance < self._settings.random_share:
            return self.anywhere
        is_young = self._results < self._settings.first_random and not self._has_starts
        if is_young or not self._parents:
            return self.leaning if self._has_prior else self.anywhere
        return (
            self.leaning if chance < self._settings.random_share + self._settings.prior_share else self.near
        )

    def anywhere(self) -> Answer:
        """Draw every hole anew, all values equally likely."""
        return lambda _, domain: domain.draw(self._generator)

    def leaning(self) -> Answer:
        """Draw every hole anew, values of good trials being likelier."""
        return lambda hole, domain: self._weights.draw(hole, domain, self._generator)

    def near(self) -> Answer:
        """Change one of the best, or cross it with another."""
        one = self._draw_parent(self._parents)
        others = [parent for parent in self._parents if parent is not one]
        if others and self._generator.random() < self._settings.crossover_share:
            crossed = cross(one, self._draw_parent(others), self.leaning(), self._generator)
            if crossed is not None:
                return crossed
        return mutate(one, self.leaning(), self._settings, self._generator)

    def _draw_parent(self, parents: Sequence[Point]) -> Point:
        (parent,) = self._generator.choices(parents, range(len(parents), 0, -1))
        return parent

    def _find_parents(self, known: Sequence[tuple[Observation, Point]]) -> list[Point]:
        """Return the best few, the best first, each recipe once."""
        scored = [(observation, point) for observation, point in known if observation.scores]
        good = max(1, round(self._settings.good_share * len(scored)))
        ranked = [scored[place][1] for place in rank_by_standing([each for each, _ in scored])[:good]]
        distinct: dict[str, Point] = {}
        for point in ranked:
            distinct.setdefault(point.recipe, point)
        return list(distinct.values())[: self._settings.parents]
