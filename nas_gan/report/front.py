"""The front of a study as rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from nas_gan.search.aims import find_aim
from nas_gan.search.front import Measured

FRONT_TEXT = "No other trial that was trained to its end is better in one of them and no worse in all others."


def front_title(metrics: Sequence[str]) -> str:
    """Name a front: `The front of FID and multiply-adds`."""
    *others, last = [find_aim(name).label for name in metrics]
    return f"The front of {', '.join(others)} and {last}" if others else f"The best by {last}"


def front_table(
    front: Sequence[Measured], metrics: Sequence[str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write headings and a row a trial: its value of each metric."""
    kinds = [find_aim(name) for name in metrics]
    rows = [
        (
            str(one.trial.number),
            *(kind.format(one.values[name]) for kind, name in zip(kinds, metrics, strict=True)),
        )
        for one in front
    ]
    return ("trial", *(kind.label for kind in kinds)), rows
