"""Rungs: the numbers of images after which every trial is scored, and may be pruned."""

from __future__ import annotations

REDUCTION = 3
RUNGS = 3


def rungs_of(images: int) -> tuple[int, ...]:
    """Rungs of a trial of at most `images` images: a ninth, a third and all of it.

    A third of the trials goes on from each rung, so that each costs the study about as much as the next.
    """
    first = max(1, images // REDUCTION ** (RUNGS - 1))
    return (*(min(images, first * REDUCTION**rung) for rung in range(RUNGS - 1)), images)
