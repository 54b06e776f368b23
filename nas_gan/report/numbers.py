"""Numbers as a person reads them."""

from __future__ import annotations

import math
from decimal import Decimal

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
WRITTEN_OUT = 10**9  # larger counts are rounded to two digits and a power of ten


def format_count(count: int) -> str:
    """Return three digits and a unit: `999`, `1.23k`, `45.6k`, `2M`, `1.5G`."""
    if count < 1000:
        return str(count)
    for unit, size in (("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12)):
        # Rounded before it is compared, so that 999,999 is 1M and not 1000k.
        scaled = float(f"{count / size:.3g}")
        if scaled < 1000 or unit == "T":
            return f"{scaled:g}{unit}"
    raise AssertionError("the largest unit takes everything")


def format_large(count: int) -> str:
    """Return any size: `12,345` written out, `3.1 × 10²¹` where that says more."""
    if count < WRITTEN_OUT:
        return f"{count:,}"
    leading, power = f"{Decimal(count):.1e}".split("e+")
    return f"{leading} × 10{power.translate(SUPERSCRIPTS)}"


def format_seconds(seconds: float) -> str:
    """Return the two largest units: `8.2 s`, `45 s`, `10 min`, `2 h 05 min`, `3 d 4 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes = math.floor(seconds / 60 + 0.5)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
