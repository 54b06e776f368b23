from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest
from PIL import Image
from plotly.graph_objects import Figure

from nas_gan.report.figures import break_name, figure_html
from nas_gan.report.page import (
    Section,
    build_page,
    figures_body,
    lines_body,
    picture_body,
    table_body,
    wide_picture,
)

EMPTY_TAGS = {"meta", "img", "link", "br", "hr", "input"}
NAUGHTY = "<script>alert('&')</script>"


class Outline(HTMLParser):
    """What a browser would load, which ids there are, and whether all tags are closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.descriptions: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.descriptions += [value for name, value in attrs if name == "alt" and value]
        self.addresses += [value for name in ("src", "href") if (value := found.get(name))]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, format="PNG")
    return buffer.getvalue()


def _page() -> str:
    figures = [Figure(data=[{"type": "scatter", "y": [1, 2], "name": NAUGHTY}]) for _ in range(2)]
    sections = [
        Section(NAUGHTY, NAUGHTY, figures_body(figures, "first")),
        Section("Table", "All of it.", table_body(("a", "b"), [(NAUGHTY, "2")], ("b",))),
        Section("Picture", "One.", picture_body(_png(), NAUGHTY) + lines_body(["one", NAUGHTY])),
    ]
    return build_page(NAUGHTY, [("space", NAUGHTY)], sections)


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    page = _page()
    outline = Outline(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not outline.open
    assert len(outline.ids) == len(set(outline.ids))
    assert {"first-0", "first-1", "section-0", "section-2"} <= set(outline.ids)
    assert [address[:5] for address in outline.addresses] == ["#sect", "#sect", "#sect", "data:"]


def test_links_lead_to_sections() -> None:
    outline = Outline(_page())
    links = [address.removeprefix("#") for address in outline.addresses if address.startswith("#")]
    assert set(links) <= set(outline.ids)


def test_text_from_a_study_stays_text() -> None:
    text = Outline(_page()).text
    assert text.count(NAUGHTY) >= 5
    assert "alert" in "".join(text)


@pytest.mark.parametrize(
    "hostile",
    [
        NAUGHTY,
        '"><img src=x onerror=alert(1)>',
        "'; {{ 7 * 7 }} {% raw %}",
        "</pre></table></main>",
        "&lt;b&gt;",
    ],
)
def test_hostile_names_stay_text_wherever_they_are(hostile: str) -> None:
    sections = [
        Section(hostile, hostile, table_body((hostile, "b"), [(hostile, "1")], (hostile,))),
        Section("lines", "", lines_body([hostile])),
        Section("not marked as HTML", "", hostile),
        Section("picture", "", picture_body(_png(), hostile) + wide_picture(_png(), hostile)),
    ]
    outline = Outline(build_page(hostile, [(hostile, hostile)], sections))
    assert not outline.open
    assert [address[:5] for address in outline.addresses] == ["#sect"] * 4 + ["data:"] * 2
    # Title and heading, a fact's name and value, link, section's title and explanation, two cells, lines, the body.
    assert "".join(outline.text).count(hostile) == 11
    assert outline.descriptions == [hostile] * 2


def test_plotly_is_in_the_page_once() -> None:
    page = _page()
    assert len(page) < 6_000_000
    assert page.count("window.PlotlyConfig") <= 2  # a line of each figure, but not another library
    assert sum(len(script) > 1_000_000 for script in page.split("<script")) == 1


def test_names_break_where_a_part_begins() -> None:
    assert break_name("generator.stages.1.connect[dense].growth", 22) == (
        "generator.stages.1<br>.connect[dense].growth"
    )
    assert break_name("optimisers.discriminator.learning_rate", 14) == (
        "optimisers<br>.discriminator<br>.learning_rate"
    )
    assert break_name("loss", 3) == "loss"
    assert break_name("", 3) == ""


def test_a_figure_shows_options_without_quotes_and_learning_rates_as_numbers() -> None:
    figure = Figure(data=[{"type": "scatter", "x": ["'plain'", "'dense'"], "y": [0.001, 0.1]}])
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=["'plain'", "'dense'"])
    figure.update_yaxes(type="log", title_text="optimisers.generator.learning_rate")
    html = figure_html(figure, "id")
    assert list(figure.layout.xaxis.ticktext) == ["plain", "dense"]
    assert "0.0002" in figure.layout.yaxis.ticktext
    assert figure.layout.yaxis.title.text == "optimisers.generator<br>.learning_rate"
    assert html.count('id="id"') == 1
