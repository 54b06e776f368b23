"""What a trial may take of a search's time."""

from __future__ import annotations

import pytest

from nas_gan.search.pace import PaceLimit, TooSlow


def test_the_first_may_take_half_of_the_time() -> None:
    limit = PaceLimit(360.0, 18_000)
    limit.check(550, 5.0)  # 164 s
    with pytest.raises(
        TooSlow, match="18,000 images would take some 200 s on this device, and 180 s is the most"
    ):
        PaceLimit(360.0, 18_000).check(450, 5.0)


def test_then_a_fifth_unless_all_are_slow() -> None:
    limit = PaceLimit(360.0, 18_000)
    limit.check(3_000, 5.0)  # 30 s
    limit.check(1_100, 5.0)  # 82 s: within three times the quickest
    with pytest.raises(TooSlow, match="120 s on this device, and 90 s"):
        limit.check(750, 5.0)
    fast = PaceLimit(360.0, 18_000)
    fast.check(6_000, 5.0)
    with pytest.raises(TooSlow, match="75 s on this device, and 72 s"):
        fast.check(1_200, 5.0)


def test_only_the_first_moments_of_a_search_with_an_end_count() -> None:
    limit = PaceLimit(60.0, 18_000)
    for seconds in (3.9, 8.1, 100.0):
        limit.check(1, seconds)
    PaceLimit(None, 18_000).check(1, 5.0)
