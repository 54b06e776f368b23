"""Reads the holes that are ranges of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from nas_gan.space.nodes import FloatRange, IntRange
from nas_gan.space.spot import Spot

LARGEST = 1e15
"""Above it, whole numbers and fractions can't be told apart."""
MOST_STEPS = 1e9


def parse_int_range(table: Mapping[str, Any], spot: Spot) -> IntRange:
    """Read `{ int = [low, high] }` with `step` or `log`."""
    low, high = _parse_ends(table["int"], "int", "two whole numbers", (int,), spot)
    log = _parse_log(table, low, spot)
    step = table.get("step", 1)
    _check_step(step, low, high, "a whole number", (int,), spot)
    return IntRange(low, high, step, log, written_high=high)


def parse_float_range(table: Mapping[str, Any], spot: Spot) -> FloatRange:
    """Read `{ float = [low, high] }` with `step` or `log`."""
    low, high = _parse_ends(table["float"], "float", "two numbers", (int, float), spot)
    log = _parse_log(table, low, spot)
    if "step" not in table:
        return FloatRange(float(low), float(high), None, log)
    _check_step(table["step"], low, high, "a number", (int, float), spot)
    return FloatRange(float(low), float(high), float(table["step"]), log)


def _parse_ends(ends: Any, key: str, wanted: str, types: tuple[type, ...], spot: Spot) -> tuple[Any, Any]:
    if not isinstance(ends, list) or len(ends) != 2 or not all(_is_number(end, types) for end in ends):
        raise spot.error(f"{key} = {ends!r} must be {wanted}; write {key} = [low, high]")
    if not all(abs(end) < math.inf for end in ends):
        raise spot.error(f"{key} = {ends} is not finite; give finite ends")
    if not all(abs(end) <= LARGEST for end in ends):
        raise spot.error(f"{key} = {ends}: ends are at most {LARGEST:g}; give smaller ones")
    if ends[0] > ends[1]:
        raise spot.error(f"{key} = {ends}: low is above high; swap them")
    return ends[0], ends[1]


def _parse_log(table: Mapping[str, Any], low: float, spot: Spot) -> bool:
    log = table.get("log", False)
    if not isinstance(log, bool):
        raise spot.error(f"log = {log!r} is neither true nor false; write log = true")
    if log and "step" in table:
        raise spot.error("step and log don't go together; remove one")
    if log and low <= 0:
        raise spot.error(f"log needs a low end above 0 and it is {low}; raise it, or remove log")
    return log


def _check_step(step: Any, low: Any, high: Any, wanted: str, types: tuple[type, ...], spot: Spot) -> None:
    if not _is_number(step, types) or not 0 < step <= LARGEST:
        raise spot.error(f"step = {step!r} must be {wanted} above 0")
    if (high - low) / step > MOST_STEPS:
        raise spot.error(f"step = {step}: from {low} to {high} there are more than {MOST_STEPS:g}; raise it")
    start, end, by = (Decimal(str(number)) for number in (low, high, step))
    if (end - start) % by:
        below = start + (end - start) // by * by
        raise spot.error(f"step = {step}: steps from {low} don't meet {high}; end at {below} or {below + by}")


def _is_number(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)
