from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.report.progress import RECENT_TRIALS, compute_pace, compute_progress
from nas_gan.search.catalogue import Trial

NOON = datetime(2026, 1, 1, 12)


def _trial(number: int, state: str, start: float = 0.0, end: float | None = None, reason: str = "") -> Trial:
    """A trial that ran from minute `start` to minute `end` after noon."""
    ended = None if end is None else NOON + timedelta(minutes=end)
    return Trial(number, state, None, reason, NOON + timedelta(minutes=start), ended, None)


def test_two_workers_side_by_side_are_twice_as_fast() -> None:
    alone = [_trial(0, "complete", 0, 10), _trial(1, "pruned", 10, 20)]
    beside = [_trial(0, "complete", 0, 10), _trial(1, "pruned", 0, 10)]
    assert compute_pace(alone) == pytest.approx(6.0)
    assert compute_pace(beside) == pytest.approx(12.0)


def test_a_night_between_two_searches_does_not_count() -> None:
    trials = [_trial(0, "complete", 0, 10), _trial(1, "complete", 600, 610)]
    assert compute_pace(trials) == pytest.approx(6.0)


def test_only_recent_trials_make_the_pace() -> None:
    slow = [_trial(number, "complete", 100 * number, 100 * number + 90) for number in range(5)]
    quick = [_trial(9, "pruned", 1000 + minute, 1001 + minute) for minute in range(RECENT_TRIALS)]
    assert compute_pace([*slow, *quick]) == pytest.approx(60.0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0.1, 100)), min_size=1, max_size=RECENT_TRIALS))
def test_the_pace_lies_between_one_worker_and_all_at_once(spans: list[tuple[float, float]]) -> None:
    pace = compute_pace([_trial(0, "complete", start, start + length) for start, length in spans])
    assert pace is not None
    lengths = [length for _, length in spans]
    assert 60 * len(spans) / sum(lengths) * 0.999 <= pace <= 60 * len(spans) / max(lengths) * 1.001


def test_what_is_left_follows_from_what_was_asked_and_the_pace() -> None:
    trials = [_trial(0, "complete", 0, 10), _trial(1, "pruned", 10, 20), _trial(2, "paused", 20, 20)]
    progress = compute_progress([*trials, _trial(3, "running", 20)], 6)
    assert progress.counts == {"complete": 1, "pruned": 1, "running": 1, "paused": 1}
    assert (progress.done, progress.share_pruned) == (3, 2 / 3)
    assert progress.seconds_left == pytest.approx(3 * 600)
    assert compute_progress(trials, 2).seconds_left == 0.0
    assert compute_progress(trials, None).seconds_left is None
    assert compute_progress([_trial(0, "running")], 5).seconds_left is None


def test_a_study_without_trials_has_no_share_and_no_pace() -> None:
    progress = compute_progress([], 5)
    assert (progress.share_pruned, progress.trials_per_hour, progress.seconds_left) == (None, None, None)
    assert progress.counts == progress.reasons == {}


def test_reasons_that_differ_in_numbers_alone_are_counted_together() -> None:
    reasons = [
        "FID 93.12 after 2,222 images: not among the best third of 4, which had 80 or less",
        "FID 1.5e+03 after 2,222 images: worse than the median of 5 others, 80",
        "FID 80.1 after 6,666 images: the first there, with nothing to be compared with",
        "same recipe as trial 3: FID 93.12 after 2,222 images",
        "same recipe as trial 14",
        "a loss is not finite",
        "",
    ]
    trials = [_trial(number, "pruned", reason=reason) for number, reason in enumerate(reasons)]
    assert compute_progress([*trials, _trial(9, "running", reason="large")], None).reasons == {
        "poor FID after 2,222 images": 2,
        "same recipe as trial …": 2,
        "poor FID after 6,666 images": 1,
        "a loss is not finite": 1,
        "no reason stored": 1,
    }
