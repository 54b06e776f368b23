"""Types of settings: how each is written by people, checked, and what is said where that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, final

from pydantic import BeforeValidator, Field
from pydantic_core import ErrorDetails

from nas_gan.units import parse_bytes, parse_count, parse_duration


@final
@dataclass(frozen=True)
class Metavar:
    """What stands for a value in help texts."""

    text: str


def _written(parse: Callable[[str], object]) -> BeforeValidator:
    """Take a value written as text, as people do; any other goes on as it is, JSON's lists as tuples."""

    def read(value: object) -> object:
        if isinstance(value, str):
            return parse(value)
        return tuple(value) if isinstance(value, list) else value

    return BeforeValidator(read)


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ValueError("give numbers of GPUs, such as 0,1")
    return tuple(map(int, parts))


AtLeastNone = Annotated[int, Field(ge=0), Metavar("N")]
AtLeastOne = Annotated[int, Field(ge=1), Metavar("N")]
Count = Annotated[int, _written(parse_count), Field(ge=1), Metavar("N|20k|2M")]
Counts = Annotated[tuple[Count, ...], _written(lambda text: tuple(text.split(","))), Metavar("2k,6k,18k")]
Duration = Annotated[float, _written(parse_duration), Field(allow_inf_nan=False), Metavar("90|10m|2h")]
Bytes = Annotated[int, _written(parse_bytes), Field(ge=0), Metavar("500MB|2GB")]
Share = Annotated[float, Field(ge=0, le=1), Metavar("SHARE")]
Names = Annotated[tuple[str, ...], _written(lambda text: (text,))]
Numbers = Annotated[
    tuple[AtLeastNone, ...],
    BeforeValidator(lambda value: (value,) if type(value) is int else value),
    _written(_numbers),
    Metavar("0,1"),
]

PROBLEMS = {
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "string": "must be text",
    "tuple": "must be a list",
    "finite": "must be a finite number",
}


def describe_problem(problem: ErrorDetails) -> str:
    """Say a value that pydantic has refused, and why, on one line."""
    value, kind, context = problem["input"], problem["type"], problem.get("ctx", {})
    shown = value if isinstance(value, str) and kind != "int_type" else _as_written(value)
    match kind:
        case "greater_than_equal":
            why = f"must be at least {context['ge']:g}"
        case "greater_than":
            why = f"must be more than {context['gt']:g}"
        case "less_than_equal":
            why = f"must be at most {context['le']:g}"
        case "literal_error":
            why = f"not known; use one of {context['expected'].replace(' or ', ', ').replace(chr(39), '')}"
        case _:
            why = PROBLEMS.get(kind.partition("_")[0], problem["msg"].removeprefix("Value error, "))
    return f"{shown}: {why}"


def _as_written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case list() | tuple():
            return ",".join(map(str, value))
        case _:
            return repr(value)
