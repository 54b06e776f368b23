"""An explanation as a page: what options are worth, drawn with their intervals, and what was confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from plotly.graph_objects import Figure

from nas_gan.explain.confirm import Confirmed
from nas_gan.explain.effects import Worth
from nas_gan.explain.study import Explanation
from nas_gan.explain.words import CAUTION, confirmed_line, worth_line
from nas_gan.metrics.scores import METRICS
from nas_gan.report.page import Section, build_page, figures_body, lines_body

DRAWN = 20


def build_explanation_page(
    explanation: Explanation, study: str, metric: str, confirmed: Sequence[Confirmed]
) -> str:
    """Return the page as text; any browser opens it, without a connection."""
    label = METRICS[metric].label
    facts = [
        ("metric", label),
        ("trials", f"{len(explanation.cases)}, after {explanation.images:,} images each"),
    ]
    better = "right" if METRICS[metric].higher_is_better else "left"
    worth = list(explanation.worth)
    sections = [
        Section(
            "What options are worth",
            f"Change of {label} by one option in place of another, all else equal, with 95 % intervals: better is to "
            f"the {better}. {CAUTION}",
            figures_body([draw_worth(worth[:DRAWN], label)], "worth")
            if worth
            else "Nothing can be told yet.",
        ),
        Section(
            "All of them", "In order of their size.", lines_body(worth_line(one, metric) for one in worth)
        ),
    ]
    if confirmed:
        sections.insert(
            1,
            Section(
                "Confirmed",
                "Single changes of the best trial, trained with fresh seeds beside it.",
                lines_body(confirmed_line(one, metric) for one in confirmed),
            ),
        )
    return build_page(f"What study {study} says", facts, sections)


def draw_worth(worth: Sequence[Worth], label: str) -> Figure:
    """Draw effects as dots with intervals, the largest on top."""
    figure = Figure(layout={"xaxis_title": f"change of {label}"})
    for is_clear, name, colour in ((True, "clear", "#1f77b4"), (False, "may be none", "#bbbbbb")):
        shown = [one for one in worth if one.is_clear == is_clear]
        figure.add_scatter(
            x=[one.change for one in shown],
            y=[_name(one) for one in shown],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.change for one in shown],
                "arrayminus": [one.change - one.low for one in shown],
            },
            mode="markers",
            marker_color=colour,
            name=name,
        )
    figure.update_yaxes(categoryorder="array", categoryarray=[_name(one) for one in reversed(worth)])
    figure.add_vline(x=0, line_dash="dot")
    return figure


def _name(one: Worth) -> str:
    return f"{one.hole}: {one.value}, not {one.instead}"
