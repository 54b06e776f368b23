"""Numbers as people write them: counts, times, amounts of bytes. Each is read in one place."""

from __future__ import annotations

import re
from decimal import Decimal

COUNT_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


def parse_count(text: str) -> int:
    """Read a count of at least 1: `60000`, `60_000`, `20k`, `1.5M`, `2G`. Raises ValueError with the remedy."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgb]?)", text.strip().replace("_", "").lower(), re.ASCII)
    count = Decimal(found[1]) * COUNT_UNITS[found[2]] if found else Decimal(0)
    if count < 1 or count != int(count):
        raise ValueError("give a whole number of at least 1, such as 60000, 20k or 1.5M")
    return int(count)


def parse_duration(text: str) -> float:
    """Read a time longer than 0, in seconds: `90`, `90s`, `10m`, `1.5h`. Raises ValueError with the remedy."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(|s|m|min|h|d)", text.strip().lower(), re.ASCII)
    seconds = float(found[1]) * SECONDS[found[2]] if found else 0.0
    if not 0.0 < seconds < float("inf"):
        raise ValueError("give a time longer than 0, such as 90 (seconds), 10m or 2h")
    return seconds


def parse_bytes(text: str) -> int:
    """Read an amount of bytes: `500MB`, `2GB`, `0`. Raises ValueError with the remedy."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower(), re.ASCII)
    if not found:
        raise ValueError("give an amount of bytes, such as 500MB or 2GB")
    return int(float(found[1]) * 1000 ** ("", "k", "m", "g", "t").index(found[2]))
