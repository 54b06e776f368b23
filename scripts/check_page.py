"""Open the page of a study in a real Chromium, and use it: sorting, filter, trials, slider, keyboard, dark, narrow.

    python scripts/check_page.py page.html [--screenshots DIR] [--chromium /usr/bin/chromium]

It needs playwright, and any Chromium. Exit code 1: something doesn't work, said in a line each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SIZES = {"wide": (1280, 900), "narrow": (400, 800)}


def main() -> int:
    """Check the page in light and dark, wide and narrow."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", type=Path)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    problems = list(check(given.page, given.chromium, given.screenshots))
    print("\n".join(problems) or "The page works.")
    return 1 if problems else 0


def check(page: Path, chromium: str, screenshots: Path | None = None) -> Iterator[str]:
    """Yield what doesn't work, a line each."""
    from playwright.sync_api import sync_playwright

    if screenshots is not None:
        screenshots.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                opened, said = context.new_page(), list[str]()
                _listen(opened, said)
                opened.goto(page.resolve().as_uri())
                opened.wait_for_selector("html[data-ready]", timeout=60_000)
                where = f"{scheme}, {size}"
                yield from (f"{where}: {problem}" for problem in _use(opened))
                yield from (f"{where}: {line}" for line in said)
                if screenshots is not None:
                    opened.screenshot(path=screenshots / f"{scheme}-{size}.png", full_page=True)
                context.close()
        browser.close()


def _listen(opened: Any, said: list[str]) -> None:
    """Write down what a page says on its console, its errors and its dialogs."""
    opened.on("console", lambda message: said.append(f"console: {message.text}"))
    opened.on("pageerror", lambda error: said.append(f"error: {error}"))
    opened.on("dialog", lambda shown: said.append(f"dialog: {shown.message}"))


def _use(page: Any) -> Iterator[str]:
    """Do what a reader does, and yield what doesn't come of it."""
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "the page scrolls sideways"
    page.click("#trials thead th:nth-child(5) button")
    cells = page.eval_on_selector_all(
        "#trials tbody td:nth-child(5)", "all => all.map(one => one.dataset.sort)"
    )
    numbers = [float(cell) for cell in cells if cell]
    if numbers != sorted(numbers) or "" in cells[: len(numbers)]:
        yield f"sorting: {cells}"
    page.fill("#filter", "complete")
    shown = page.eval_on_selector_all(
        "#trials tbody tr:not([hidden])", "all => all.map(one => one.dataset.state)"
    )
    if not shown or set(shown) != {"complete"}:
        yield f"the filter shows {shown}"
    page.focus("tr:not([hidden]) .open")
    page.keyboard.press("Enter")
    if not page.is_visible("#opened") or page.locator("#opened .net").count() != 2:
        yield "the keyboard opens no trial with two drawings"
    if page.locator("#opened input[type=range]").count():
        before = page.get_attribute("#opened .samples img", "src")
        page.focus("#opened input[type=range]")
        page.keyboard.press("ArrowLeft")
        if page.get_attribute("#opened .samples img", "src") == before:
            yield "the slider shows no other samples"
    page.keyboard.press("Escape")
    if page.is_visible("#opened") or page.evaluate("document.activeElement.className") != "open":
        yield "Escape doesn't lead back to the table"
    page.fill("#filter", "")
    boxes = page.locator("#trials tbody input")
    for place in (0, 1):
        boxes.nth(place).check()
    page.click("#compare")
    if page.locator("#opened article").count() != 2:
        yield "two trials aren't side by side"
    page.keyboard.press("Escape")
    if page.locator(".chart .main-svg").count() == 0:
        yield "no chart is drawn"


if __name__ == "__main__":
    sys.exit(main())
