"""The generator's weights that scored best, beside the last ones of a run.

As long as the last are the best, there is one file; when a worse score comes, it is set aside under another name. So a
run takes no more room than one further set of weights. A digest says whether a file is what it is taken for, since a
run that goes on from a checkpoint may find files of its own future.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from pathlib import Path
from typing import Any, final

from torch import nn

from nas_gan.metrics.scores import METRICS, Metric, Scores
from nas_gan.nets import save_network
from nas_gan.runs.record import BEST_WEIGHTS_FILE, WEIGHTS_FILE


@final
class BestWeights:
    """Writes the weights of each scoring, and keeps those of the best. Nothing is known before the first."""

    def __init__(self, folder: Path, metric: Metric | None) -> None:
        """`metric`: what they are judged by; None for the first of `METRICS` that is scored."""
        self._last, self._best = folder / WEIGHTS_FILE, folder / BEST_WEIGHTS_FILE
        self._metric = metric
        self._known: dict[str, Any] | None = None

    @property
    def images_seen(self) -> int | None:
        """After how many images they scored best; None where that isn't known."""
        return None if self._known is None else int(self._known["images_seen"])

    def keep(self, generating: nn.Module, images: int, scores: Scores) -> None:
        """Write the weights of a scoring, and see to it that the best so far are there, too."""
        loss = self._loss(scores)
        is_best = loss is not None and (self._known is None or loss < self._known["loss"])
        if not is_best and self._known is not None and self._is(self._last):
            self._last.replace(self._best)
        save_network(generating, self._last)
        if is_best:
            with contextlib.suppress(OSError):
                self._best.unlink()
            self._known = {"images_seen": images, "loss": loss, "digest": _digest(self._last)}

    def facts(self) -> dict[str, Any] | None:
        """Return what a checkpoint has to remember."""
        return self._known

    def resume(self, facts: dict[str, Any] | None) -> bool:
        """Go on with what a checkpoint remembers; False where those weights aren't there any more, bit for bit."""
        self._known = facts
        if facts is not None and not self._is(self._last) and not self._is(self._best):
            self._known = None
        return facts is None or self._known is not None

    def _loss(self, scores: Scores) -> float | None:
        """Return the metric so that smaller is better; None where it isn't known."""
        kinds = METRICS.values() if self._metric is None else (METRICS[self._metric],)
        for kind in kinds:
            value = kind.value(scores)
            if value is not None:
                return None if math.isnan(value) else -value if kind.higher_is_better else value
        return None

    def _is(self, path: Path) -> bool:
        """Say whether a file holds the best weights."""
        return self._known is not None and path.is_file() and _digest(path) == self._known["digest"]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
