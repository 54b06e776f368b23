"""What commands write where `-o` says."""

from __future__ import annotations

from pathlib import Path

from nas_gan.errors import InputError
from nas_gan.files import write_output


def write_result(output: Path, content: bytes | str) -> None:
    """Write a picture or a page, whole or not at all; raises InputError if the file can't be written."""
    try:
        write_output(output, content)
    except OSError as error:
        raise InputError(f"-o {output}: can't be written ({error.strerror}); give another file") from None
