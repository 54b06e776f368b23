"""A scheduler of the user's own: asked, and what it says checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, final, get_args

from nas_gan.errors import InputError, one_line
from nas_gan.jobs.job import Decision, Verdict
from nas_gan.search.plugins import load_class
from nas_gan.search.schedulers.interface import Choice, Paused, Rung, Scheduler, Signal

T = TypeVar("T")


@final
class OwnScheduler(Scheduler):
    """Asks a class of the user's, `module:Class`. Raises InputError for what it can't mean."""

    def __init__(self, where: str, signals: Sequence[Signal]) -> None:
        """Raise InputError if there is no such scheduler, or it can't be made."""
        super().__init__(signals)
        self._where = where
        kind = load_class(where, Scheduler, "pruner")  # type: ignore[type-abstract]
        self._scheduler = self._ask(lambda: kind(signals), f"{kind.__name__}(signals)")

    def decide(self, number: int, rung: Rung) -> Decision:
        """Say what it says."""
        decision = self._ask(lambda: self._scheduler.decide(number, rung), "decide")
        if not isinstance(decision, Decision) or decision.verdict not in get_args(Verdict):
            raise self._refusal(f"decide returned {decision!r}; return a Decision")
        return decision

    def choose(self, paused: Sequence[Paused], rungs: Mapping[int, Rung], *, is_idle: bool) -> Choice:
        """Say what it says."""
        choice = self._ask(lambda: self._scheduler.choose(paused, rungs, is_idle=is_idle), "choose")
        numbers = {each.number for each in paused}
        if not isinstance(choice, Choice) or not {choice.number, *choice.settled} <= {None, *numbers}:
            raise self._refusal(f"choose returned {choice!r}; return a Choice of paused trials")
        return choice

    def _ask(self, question: Callable[[], T], said: str) -> T:
        try:
            return question()
        except Exception as error:
            raise self._refusal(f"{said} raised {one_line(error)}") from error

    def _refusal(self, problem: str) -> InputError:
        return InputError(f"{self._where}: {problem}", setting="pruner")
