"""The drawing as SVG: a network a column, from what goes in at the top to what comes out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from nas_gan.report.drawing.flow import (
    CARD,
    CHIP,
    PADDING,
    Placed,
    PlacedPart,
    PlacedRow,
    place_part,
    width_of,
)
from nas_gan.report.drawing.rows import Drawn, discriminator_parts, generator_parts
from nas_gan.report.numbers import format_count
from nas_gan.report.topology import discriminator_line, generator_line
from nas_gan.report.topology_words import training_facts
from nas_gan.spec import Architecture, plan_discriminator, plan_generator

LEFT = 62
"""Room for labels, left of the parts."""
LANE, LANES = 12, 16
WIRE, WIRE_WITH_SKIP = 26, 46
HEAD = 46
MARGIN = 12
MIDDLE = LEFT + CARD / 2

STYLE = """
.net text{font:11px system-ui,"DejaVu Sans",sans-serif;fill:#1b1f24}
.net .name{font-size:15px;font-weight:600}
.net .faint,.net .channels{fill:#57606a}
.net .channels,.net .shape{text-anchor:end}
.net .part-name{font-weight:600;font-size:12px}
.net .card{fill:#f6f8fa;stroke:#8c959f}
.net .wire{fill:none;stroke:#57606a;stroke-width:1.3}
.net .arrow{fill:#57606a}
.net .skip{fill:none;stroke:#0969da;stroke-width:1.6}
.net .link{fill:none;stroke:#1a7f37;stroke-width:1.2}
.net .sign{fill:#ffffff;stroke:#57606a;stroke-width:1.3}
.net .chip{stroke:#8c959f;stroke-width:.8;fill:#ffffff}
.net .weights{fill:#ddf4ff;stroke:#54aeff}
.net .norm{fill:#dafbe1;stroke:#4ac26b}
.net .act{fill:#ffffff}
.net .resample{fill:#fff1e5;stroke:#fb8f44}
.net .label{fill:#ffeff7;stroke:#bf3989}
.net .attention{fill:#fbefff;stroke:#a475f9}
.net .on{text-anchor:middle}
.net .small{font-size:10px}
"""
DARK = """
.net text{fill:#e6edf3}
.net .faint,.net .channels{fill:#9aa4ae}
.net .card{fill:#161b22;stroke:#6e7681}
.net .wire{stroke:#9aa4ae}
.net .arrow{fill:#9aa4ae}
.net .skip{stroke:#58a6ff}
.net .link{stroke:#3fb950}
.net .sign{fill:#0d1117;stroke:#9aa4ae}
.net .chip{stroke:#6e7681;fill:#21262d}
.net .weights{fill:#0c2d6b;stroke:#388bfd}
.net .norm{fill:#0f3d1f;stroke:#3fb950}
.net .act{fill:#21262d}
.net .resample{fill:#4a2a10;stroke:#db6d28}
.net .label{fill:#4d1a36;stroke:#db61a2}
.net .attention{fill:#34205a;stroke:#a371f7}
"""


def draw_networks(architecture: Architecture, identity: str) -> tuple[str, str]:
    """Draw generator and discriminator, each as an SVG for a page that has STYLE once.

    `identity` is unique in the page. Each part says in `data-says` all that is drawn of it.
    """
    drawn = _drawn(architecture)
    lines = (generator_line(architecture), discriminator_line(architecture))
    pictures = []
    for which, (network, line) in enumerate(zip(drawn, lines, strict=True)):
        body, width, height = _network(network)
        pictures.append(_svg(f"{identity}-{which}", network.name, line, "".join(body), width, height))
    return pictures[0], pictures[1]


def draw_architecture(architecture: Architecture, title: str, *, dark: bool = True) -> str:
    """Draw both networks side by side as one SVG that stands alone, with what they are trained with below.

    It follows whoever looks at it into the dark, unless `dark` is False.
    """
    left, right = (_network(network) for network in _drawn(architecture))
    top, width = 30, left[1] + right[1] + 2 * MARGIN
    facts = _folded(["training: " + ", ".join(training_facts(architecture))], int(width / 6.4))
    height = top + max(left[2], right[2])
    style = STYLE + (f"@media (prefers-color-scheme: dark){{{DARK}}}" if dark else "")
    body = [
        f"<style>{style}</style>",
        f'<text class="name" x="{MARGIN}" y="22">{escape(title)}</text>',
        f'<g transform="translate({MARGIN} {top})">{"".join(left[0])}</g>',
        f'<g transform="translate({MARGIN + left[1]} {top})">{"".join(right[0])}</g>',
    ]
    for number, fact in enumerate(facts):
        body.append(f'<text class="faint" x="{MARGIN}" y="{height + 18 + 16 * number}">{escape(fact)}</text>')
    words = f"{generator_line(architecture)}. {discriminator_line(architecture)}. {' '.join(facts)}"
    return _svg("net", title, words, "".join(body), width, height + 26 + 16 * len(facts)) + "\n"


def _drawn(architecture: Architecture) -> tuple[Drawn, Drawn]:
    return (
        generator_parts(plan_generator(architecture)),
        discriminator_parts(plan_discriminator(architecture)),
    )


def _svg(identity: str, title: str, words: str, body: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="net" role="img" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" aria-labelledby="{identity}-title {identity}-words">'
        f'<title id="{identity}-title">{escape(title)}</title><desc id="{identity}-words">{escape(words)}</desc>'
        f"{body}</svg>"
    )


def _network(network: Drawn) -> tuple[list[str], float, float]:
    """Draw a network from its own upper left corner; return this, its width and its height."""
    placed = [place_part(part) for part in network.parts]
    lanes = _lanes([(part.skip_from, place) for place, part in enumerate(network.parts)])
    cost = f"{format_count(network.parameters)} parameters, {format_count(network.macs)} multiply-adds"
    out = [
        f'<text class="name" x="{LEFT}" y="20">{network.name}</text><text class="faint shape" x="{LEFT + CARD}" y="20">'
        f"{cost}</text>"
    ]
    y: float = HEAD - 12
    out += _pills([(network.source, "plain"), (network.source_label, "label")], y)
    y += CHIP
    starts = {-1: y}
    for place, part in enumerate(placed):
        out.append(_arrow(y, y + WIRE))
        y += WIRE
        out.append(f'<g class="part" data-part="{part.part.name}" data-says="{escape(_says(part))}">')
        out += _card(part, y)
        out.append("</g>")
        y += part.height
        if place in lanes:
            source = part.part.skip_from
            out += _skip(
                starts[-1 if source is None else source] + 8, y + 22, lanes[place], part.part.skip, y
            )
            y += WIRE_WITH_SKIP - WIRE + 8
        starts[place] = y
    out.append(_arrow(y, y + WIRE))
    y += WIRE
    out += _pills([(network.result, "plain")], y)
    width = LEFT + CARD + (LANES + LANE * max(lanes.values(), default=0) if lanes else 8)
    return out, width + 4, y + CHIP + 4


def _lanes(skips: Sequence[tuple[int | None, int]]) -> dict[int, int]:
    """Give each skip a lane of its own beside those that it overlaps, by the part at whose end it arrives."""
    lanes: dict[int, int] = {}
    taken: list[tuple[int, int, int]] = []
    for source, target in skips:
        if source is None:
            continue
        busy = {lane for lane, start, end in taken if source < end and start < target}
        lane = next(lane for lane in range(len(skips) + 1) if lane not in busy)
        lanes[target] = lane
        taken.append((lane, source, target))
    return lanes


def _says(part: PlacedPart) -> str:
    """Write all that is drawn of a part as one text, to be compared with that of another network."""
    rows = [
        " ".join([*(chip.text for chip in row.chips), f"[{row.shortcut}]" * (row.shortcut is not None)])
        + " ".join(chip.text for chip in row.after)
        + row.channels
        for row in (placed.row for placed in part.rows)
    ]
    return "; ".join([part.part.shape, *rows, f"{part.part.skip_from} {part.part.skip}"])


def _card(part: PlacedPart, y: float) -> Iterator[str]:
    yield _rect("card", LEFT, y, CARD, part.height)
    yield f'<text class="part-name" x="{LEFT + PADDING}" y="{y + 17:g}">{part.part.name}</text>'
    yield f'<text class="shape" x="{LEFT + CARD - 10}" y="{y + 17:g}">→ {part.part.shape}</text>'
    if part.part.takes_labels:
        middle = y + 13
        yield from _pill("label", "label", 2, middle - CHIP / 2)
        yield f'<path class="wire" d="M{2 + width_of("label"):g} {middle:g}H{LEFT - 5}"/>'
        yield f'<path class="arrow" d="M{LEFT} {middle:g}l-6 -3.5v7z"/>'
    yield f'<g transform="translate({LEFT} {y:g})">'
    for row in part.rows:
        yield from _row(row)
    yield from _links(part)
    yield "</g>"


def _row(placed: PlacedRow) -> Iterator[str]:
    for first, second in zip(placed.items, placed.items[1:], strict=False):
        if first.y == second.y:
            yield f'<path class="wire" d="M{first.x + first.width:g} {first.middle:g}H{second.x:g}"/>'
    if placed.sign is not None and placed.arch is not None:
        yield from _shortcut(placed, placed.sign, placed.arch)
    for item in placed.items:
        yield from _item(item)
    last = placed.items[-1]
    yield f'<text class="channels" x="{CARD - 10}" y="{last.middle + 4:g}">{placed.row.channels}</text>'


def _item(item: Placed) -> Iterator[str]:
    if item.chip is None:
        yield from _sign(item.x + item.width / 2, item.middle)
    else:
        yield from _pill(item.chip.text, item.chip.kind, item.x, item.y)


def _shortcut(placed: PlacedRow, sign: Placed, arch: float) -> Iterator[str]:
    """Draw the branch beside a block: over its operations, down to where it is added."""
    first, over = placed.items[0], sign.x + sign.width / 2
    folded = sign.y > first.y
    end = placed.right + 6 if folded else over
    down = f"V{sign.y - 3:g}H{over:g}V{sign.y + 2:g}" if folded else f"V{sign.y + 2:g}"
    start = first.x - 9
    path = f"M{first.x:g} {first.middle:g}H{start:g}V{arch:g}H{end:g}{down}"
    yield f'<path class="wire" d="{path}"/>'
    words = " ".join(chip.text for chip in placed.row.shortcut or ())
    if words:
        width = width_of(words) * 0.9
        middle = (start + min(end, placed.right)) / 2
        yield _rect("card", middle - width / 2, arch - 6, width, 12)
        yield f'<text class="on small" x="{middle:g}" y="{arch + 3.5:g}">{escape(words)}</text>'


def _links(part: PlacedPart) -> Iterator[str]:
    """Draw what a dense block takes: the maps of each block before it that isn't the last one."""
    dense = [place for place, row in enumerate(part.rows) if row.row.takes_all]
    if not dense:
        return
    heights = [row.items[0].middle for row in part.rows]
    first = max(0, dense[0] - 1)
    rows = range(first, dense[-1] + 1)
    x = PADDING + 20
    for target in dense:
        for source in rows:
            if source < target:
                bend = min(26, 5 + 7 * (target - source))
                top, end = heights[source] + 3, heights[target] - 3
                yield f'<path class="link" d="M{x} {top:g}C{x - bend} {top:g} {x - bend} {end:g} {x} {end:g}"/>'


def _skip(start: float, end: float, lane: int, words: str, card_end: float) -> Iterator[str]:
    """Draw a skip from a wire down its lane, to where it is added to another."""
    x = LEFT + CARD + LANES - 4 + LANE * lane
    yield f'<path class="wire" d="M{MIDDLE:g} {card_end:g}V{end + 12:g}"/>'
    yield f'<path class="skip" d="M{MIDDLE:g} {start:g}H{x - 6}q6 0 6 6V{end - 6:g}q0 6 -6 6H{MIDDLE + 7:g}"/>'
    yield f'<circle class="arrow" cx="{MIDDLE:g}" cy="{start:g}" r="2.5"/>'
    yield from _sign(MIDDLE, end)
    yield f'<text class="small channels" x="{LEFT + CARD - 6}" y="{end - 5:g}">{escape(words or "skip")}</text>'


def _arrow(start: float, end: float) -> str:
    return (
        f'<path class="wire" d="M{MIDDLE:g} {start:g}V{end - 5:g}"/>'
        f'<path class="arrow" d="M{MIDDLE:g} {end:g}l-4 -7h8z"/>'
    )


def _sign(x: float, y: float) -> Iterator[str]:
    yield f'<circle class="sign" cx="{x:g}" cy="{y:g}" r="7"/>'
    yield f'<path class="wire" d="M{x - 4:g} {y:g}h8M{x:g} {y - 4:g}v8"/>'


def _pills(words: Sequence[tuple[str, str]], y: float) -> Iterator[str]:
    """Draw pills beside each other, the whole in the middle of the column."""
    shown = [(text, kind) for text, kind in words if text]
    x = MIDDLE - sum(width_of(text) + 6 for text, _ in shown) / 2 + 3
    for text, kind in shown:
        yield from _pill(text, kind, x, y)
        x += width_of(text) + 6


def _pill(text: str, kind: str, x: float, y: float) -> Iterator[str]:
    width = width_of(text)
    yield _rect(f"chip {kind}", x, y, width, CHIP)
    yield f'<text class="on" x="{x + width / 2:g}" y="{y + 13:g}">{escape(text)}</text>'


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4"/>'


def _folded(lines: Sequence[str], width: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, width)]
