"""Rungs: the numbers of images after which every trial is scored, and may be pruned."""

from __future__ import annotations

REDUCTION = 3
RUNGS = 3
DEFAULT_IMAGES = 18_000
MEASURED_RUNGS = {18_000: (6_000, 18_000)}
"""Among good networks FID after 2,000 images says nothing of FID after 18,000 (docs/table.md)."""


def default_rungs(images: int) -> tuple[int, ...]:
    """Return rungs of a trial of at most `images` images: those that were measured, or `rungs_of` them."""
    return MEASURED_RUNGS.get(images) or rungs_of(images)


def rungs_of(images: int) -> tuple[int, ...]:
    """Return a ninth, a third and all of `images`.

    A third of the trials goes on from each rung, so that each costs the study about as much as the next.
    """
    first = max(1, images // REDUCTION ** (RUNGS - 1))
    return (*(min(images, first * REDUCTION**rung) for rung in range(RUNGS - 1)), images)
