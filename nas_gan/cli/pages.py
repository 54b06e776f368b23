"""What commands that write an HTML page share: the check of its name, and the file."""

from __future__ import annotations

from pathlib import Path

from nas_gan.errors import InputError
from nas_gan.files import write_output

SUFFIXES = (".html", ".htm")


def check_page(output: Path) -> None:
    """Raise InputError for a file that would say to be something else than a page."""
    if output.suffix.lower() not in SUFFIXES:
        raise InputError(f"-o {output}: a page is HTML; give a name that ends in .html")


def write_page(output: Path, page: str) -> None:
    """Write a page, whole or not at all; raises InputError if the file can't be written."""
    try:
        write_output(output, page)
    except OSError as error:
        raise InputError(f"-o {output}: can't be written ({error.strerror}); give another file") from None
