"""An explanation as lines, rows and plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nas_gan.explain.confirm import Confirmed
from nas_gan.explain.effects import Worth
from nas_gan.explain.study import Explanation
from nas_gan.metrics.scores import METRICS

CAUTION = (
    "A search's trials aren't drawn evenly, and an option is judged by its company: take these as what to try, and "
    "confirm them."
)


def worth_line(one: Worth, metric: str) -> str:
    """Say an effect: `shared.connect: plain instead of residual: FID +8.2 ± 3.2 (+31 %), 97 trials`."""
    kind, half = METRICS[metric], (one.high - one.low) / 2
    share = "" if one.ratio is None else f" ({one.ratio - 1:+.0%})"
    change = f"{one.change:+.{kind.decimals}f} ± {half:.{kind.decimals}f}"
    return (
        f"{one.hole}: {one.value} instead of {one.instead}: {kind.label} {change}{share}, {one.trials} trials"
    )


def confirmed_line(one: Confirmed, metric: str) -> str:
    """Say what a change of the best did: `… 32.1 in place of 24.9 (+29 %, +12 % to +48 %, 3 seeds): as estimated`."""
    kind, worth = METRICS[metric], one.change.worth
    what = f"{worth.hole}: {one.change.value} instead of {worth.instead}"
    mine, best = (
        [score for score in scores if score is not None] for scores in (one.scores, one.best_scores)
    )
    if one.ratio is None:
        failed = len(one.scores) - len(mine)
        return f"{what}: can't be told; {failed} of {len(one.scores)} trainings failed, {len(mine)} scored"
    ratio, low, high = one.ratio
    verdict = "as estimated" if one.agrees else "not confirmed"
    means = [kind.format(sum(scores) / len(scores)) for scores in (mine, best)]
    return (
        f"{what}: {kind.label} {means[0]} in place of {means[1]} "
        f"({ratio - 1:+.0%}, {low - 1:+.0%} to {high - 1:+.0%}, {len(one.scores)} seeds): {verdict}"
    )


def explanation_facts(
    explanation: Explanation, study: str, metric: str, confirmed: list[Confirmed]
) -> dict[str, Any]:
    """Return everything as plain data."""
    return {
        "study": study,
        "metric": metric,
        "images": explanation.images,
        "trials": len(explanation.cases),
        "effects": [asdict(one) | {"is_clear": one.is_clear} for one in explanation.worth],
        "best": None if explanation.best is None else explanation.best.number,
        "changes_of_best": [asdict(one) for one in explanation.changes_of_best()],
        "confirmed": [
            {
                "hole": one.change.worth.hole,
                "value": one.change.value,
                "instead": one.change.worth.instead,
                "estimated_ratio": one.change.worth.ratio,
                "scores": one.scores,
                "best_scores": one.best_scores,
                "ratio": one.ratio,
                "agrees": one.agrees,
            }
            for one in confirmed
        ],
    }
