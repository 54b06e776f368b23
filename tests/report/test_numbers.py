from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.report.numbers import format_count, format_large, format_seconds

UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.23k"),
        (45_600, "45.6k"),
        (999_400, "999k"),
        (999_999, "1M"),
        (1_500_000_000, "1.5G"),
    ],
)
def test_counts_have_three_digits_and_a_unit(count: int, text: str) -> None:
    assert format_count(count) == text


@settings(deadline=None, max_examples=100)
@given(st.integers(min_value=0, max_value=10**14))
def test_a_formatted_count_is_within_half_a_percent(count: int) -> None:
    text = format_count(count)
    value = float(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else float(text)
    assert value == pytest.approx(count, rel=0.0051)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (12_345, "12,345"),
        (999_999_999, "999,999,999"),
        (3_123_456_789_000_000_000_000, "3.1 × 10²¹"),
        (99 * 10**20, "9.9 × 10²¹"),
        (996 * 10**19, "1.0 × 10²²"),
        (7 * 10**400, "7.0 × 10⁴⁰⁰"),
    ],
)
def test_large_counts_become_powers_of_ten(count: int, text: str) -> None:
    assert format_large(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (8.24, "8.2 s"),
        (9.97, "10 s"),
        (59.7, "1 min"),
        (610, "10 min"),
        (3599, "1 h 00 min"),
        (7500, "2 h 05 min"),
        (3 * 86_400 + 4 * 3600 + 100, "3 d 4 h"),
    ],
)
def test_seconds_are_in_the_largest_units(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
