"""What commands that write an HTML page share: the check of its name, and the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nas_gan.errors import InputError

PageOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page that is written.")
]

SUFFIXES = (".html", ".htm")


def check_page(output: Path) -> None:
    """Raise InputError for a file that would say to be something else than a page."""
    if output.suffix.lower() not in SUFFIXES:
        raise InputError(f"-o {output}: a page is HTML; give a name that ends in .html")
