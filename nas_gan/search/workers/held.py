"""A trial that this worker holds, as the objective sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, final

from nas_gan.search.storage.patience import Patience
from nas_gan.search.workers.claim import Taken, TrialLost
from nas_gan.search.workers.claims import Claims

Value = TypeVar("Value")


@final
class SameRecipe(Exception):  # noqa: N818 - not a mistake: another worker is at the same
    """Another trial trains the same recipe; this one waits in the queue for its result."""

    def __init__(self, number: int) -> None:
        super().__init__(f"trial {number} trains the same recipe")
        self.number = number


@final
@dataclass(frozen=True, eq=False)
class HeldTrial:
    """A trial that a worker has claimed.

    `check_stop` raises KeyboardInterrupt when the worker is to end, `check_mine` TrialLost when it lost the trial.
    """

    claims: Claims
    taken: Taken
    patience: Patience
    check_stop: Callable[[], None]
    check_mine: Callable[[], None]

    def check(self) -> None:
        """Raises KeyboardInterrupt or TrialLost where the trial isn't to go on."""
        self.check_stop()
        self.check_mine()

    def make_sure(self) -> None:
        """Asks the database, and raises TrialLost where the trial is another worker's by now."""
        taken = self.taken
        if not self.wait(lambda: self.claims.hold(taken.trial_id, taken.claim.token)):
            raise TrialLost

    def begin_recipe(self, recipe: str) -> None:
        """Says what is about to be trained; raises SameRecipe or TrialLost."""
        taken = self.taken
        other = self.wait(lambda: self.claims.begin_recipe(taken.trial_id, taken.claim.token, recipe))
        if other is not None:
            raise SameRecipe(other)

    def ended_at(self, recipe: str) -> list[int]:
        """The database's own numbers of the trials of a recipe that are complete or pruned, oldest first."""
        return self.wait(lambda: self.claims.ended_at(recipe))

    def begin_at(self, images: int) -> None:
        """Says after how many images this worker goes on; raises TrialLost."""
        taken = self.taken
        self.wait(lambda: self.claims.begin_at(taken.trial_id, taken.claim.token, images))

    def has_passed(self, images: int) -> bool:
        """Whether an earlier worker let the trial go on after a rung."""
        return images <= self.taken.claim.passed

    def pass_rung(self, images: int) -> None:
        """Notes that the trial goes on after a rung."""
        taken = self.taken
        self.wait(lambda: self.claims.pass_rung(taken.trial_id, taken.claim.token, images))

    def wait(self, attempt: Callable[[], Value]) -> Value:
        """What `attempt` returns, once database and disk allow."""
        return self.patience.call(attempt)
