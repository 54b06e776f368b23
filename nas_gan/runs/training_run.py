"""A run from its first image to its last: through all scorings, with a record whatever becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nas_gan.runs.record import RungRecord, RunRecord
from nas_gan.runs.run import Run
from nas_gan.training import Diverged, Progress


def spread_scorings(images: int, count: int) -> tuple[int, ...]:
    """Return `count` numbers of images at which to score, evenly spaced up to `images`; fewer if there are fewer."""
    return tuple(sorted({max(1, images * step // count) for step in range(1, count + 1)}))


def train_through(
    run: Run,
    scored_at: Sequence[int],
    on_progress: Callable[[Progress], None],
    on_scores: Callable[[RungRecord], None],
) -> RunRecord:
    """Train until the last of `scored_at` (images, ascending), score at each, and write the record.

    The record says how it ended: complete, pruned (training has failed for good), or interrupted. It is
    written after each scoring too, so that whatever ends the process leaves a readable folder. The callbacks
    may raise KeyboardInterrupt.

    A resumed run is trained and scored where that is still to be done; raises InputError where it was scored
    after other numbers of images. Checkpoints are removed once it has ended for good.
    """
    planned = scored_at[-1]
    left = run.budgets_left(scored_at)
    try:
        for images in left:
            on_scores(run.advance(images, on_progress))
            run.write(run.record("interrupted", f"{run.images_seen:,} of {planned:,} images"))
    except Diverged as diverged:
        final = run.record("pruned", diverged.reason)
    except KeyboardInterrupt:
        final = run.record("interrupted", f"stopped after {run.images_seen:,} of {planned:,} images")
    else:
        final = run.record("complete", "")
    run.write(final)
    if final.outcome != "interrupted":
        run.remove_checkpoints()
    return final
