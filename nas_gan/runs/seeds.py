"""Seeds that follow from others, so that nothing is drawn twice by accident."""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *parts: str | int) -> int:
    """Return a seed in 0 … 2³¹-1 for one purpose: the same parts give the same seed, other parts another."""
    text = "/".join(str(part) for part in (seed, *parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
