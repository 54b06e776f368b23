"""Rows of the table as a search would meet them: what each rung costs, and what it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.errors import InputError
from nas_gan.table.compute import price_run
from nas_gan.table.row import Row, Scalar
from nas_gan.table.signals import SIGNALS


@final
@dataclass(frozen=True)
class Trained:
    """One run, as far as a search takes it.

    name: its set, index and seed.
    values: the architecture's holes.
    costs: multiply-adds that each rung takes from the one before: training, and one scoring.
    signals: what is compared at each rung, lower is better; infinite at the first rung that a run didn't reach.
    quality: the Fréchet distance at the last rung, infinite where that wasn't reached.
    """

    name: str
    values: Mapping[str, Scalar]
    costs: tuple[float, ...]
    signals: tuple[float, ...]
    quality: float


def read_trained(row: Row, rungs: Sequence[int], signal: str = "fid") -> Trained:
    """Return a row as a search with these rungs meets it: it pays for scoring at those alone.

    Raises InputError for rungs that the row wasn't scored at, whose last isn't the row's, or a signal it doesn't have.
    """
    _check(row, rungs, signal)
    places = {rung.images_seen: place for place, rung in enumerate(row.rungs)}
    macs, scoring = price_run(row.cost, row.architecture, row.made.protocol)
    costs, signals, before = [], [], 0
    for images in rungs:
        if images not in places or (images == rungs[-1] and row.final is None):
            costs.append(max(0, min(images, row.images_seen) - before) * macs)
            signals.append(math.inf)
            break
        costs.append((images - before) * macs + scoring)
        signals.append(_comparable(SIGNALS[signal](row, places[images]), row, signal))
        before = images
    final = row.final
    quality = math.inf if final is None else final.frechet_distance
    return Trained(f"{row.set}/{row.index}/{row.seed}", row.holes, tuple(costs), tuple(signals), quality)


def _check(row: Row, rungs: Sequence[int], signal: str) -> None:
    if signal not in SIGNALS:
        raise InputError(f"signal {signal!r}: is not known; use one of {', '.join(SIGNALS)}")
    unknown = [images for images in rungs if images not in row.planned]
    if unknown or not rungs or list(rungs) != sorted(set(rungs)) or rungs[-1] != row.planned[-1]:
        planned = ", ".join(map(str, row.planned))
        raise InputError(
            f"rungs {', '.join(map(str, rungs))}: choose ascending ones among {planned}, the last of them included"
        )


def _comparable(value: float, row: Row, signal: str) -> float:
    if math.isnan(value):
        raise InputError(
            f"signal {signal!r}: {row.set}/{row.index} doesn't have it; use another, such as fid"
        )
    return value
