"""A cross table of discriminators and generators as rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from nas_gan.papers.recipe import RunRecipe, published_value
from nas_gan.papers.results import summarise
from nas_gan.runs.crossval import CrossTable


def cross_headings(names: Sequence[str]) -> tuple[str, ...]:
    """`discriminator`, and a column a generator."""
    return ("discriminator", *names)


def cross_rows(runs: Sequence[RunRecipe], crosses: Sequence[CrossTable]) -> list[tuple[str, ...]]:
    """A row a discriminator: rates in percent, mean ± deviation over the tables, the paper's in brackets."""
    return [
        (
            judge.name,
            *(
                _cell([cross.rates[row][column] for cross in crosses], judge, other.name)
                for column, other in enumerate(runs)
            ),
        )
        for row, judge in enumerate(runs)
    ]


def plain_rows(cross: CrossTable) -> list[tuple[str, ...]]:
    """A row a discriminator: rates in percent."""
    return [
        (name, *(f"{100 * rate:.2f}" for rate in rates))
        for name, rates in zip(cross.names, cross.rates, strict=True)
    ]


def _cell(rates: Sequence[float], judge: RunRecipe, generator: str) -> str:
    summary = summarise([100 * rate for rate in rates])
    if summary is None:
        return "–"
    text = f"{summary.mean:.2f}" + ("" if summary.deviation is None else f" ± {summary.deviation:.2f}")
    published = judge.published.get(generator)
    return text if published is None else f"{text} ({published_value(published)[0]:.2f})"
