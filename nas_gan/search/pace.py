"""How long training one trial may take, so that a search of minutes isn't spent on a few slow networks."""

from __future__ import annotations

from typing import final

SETTLED_SECONDS = 4.0
"""After which a run's pace is known, its first slow updates included."""

FIRST_SHARE, SHARE = 0.5, 0.2
"""Of a search's time, what one trial may take: before there is anything to compare with, and then."""

TIMES_QUICKEST = 3.0
"""What is no slower than this many times the quickest trial may take longer, as all do on a slow machine."""


class TooSlow(Exception):  # noqa: N818 - it is a finding
    """An architecture can't be trained within the time that a trial may take."""


@final
class PaceLimit:
    """The paces that a worker has seen, and what they let a trial take."""

    def __init__(self, search_seconds: float | None, images: int) -> None:
        """`search_seconds`: the search's time, None for any. `images`: a trial's at most."""
        self._search_seconds = search_seconds
        self._images = images
        self._quickest = 0.0

    def check(self, images: int, seconds: float) -> None:
        """Take in that a run has needed so long for so many images; raise TooSlow where its whole would take too long.

        Only what is known in its first moments ends a run: later, most of it has been paid for.
        """
        if seconds < SETTLED_SECONDS:
            return
        pace = images / seconds
        if self._search_seconds is not None and seconds < 2 * SETTLED_SECONDS:
            whole, most = self._images / max(pace, 1e-9), self._most_seconds(self._search_seconds)
            if whole > most:
                raise TooSlow(
                    f"{self._images:,} images would take some {whole:,.0f} s on this device, and {most:,.0f} s is the "
                    "most in a search of this length"
                )
        self._quickest = max(self._quickest, pace)

    def _most_seconds(self, search_seconds: float) -> float:
        if not self._quickest:
            return FIRST_SHARE * search_seconds
        return max(SHARE * search_seconds, TIMES_QUICKEST * self._images / self._quickest)
