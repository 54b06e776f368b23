"""What the package tells through `logging`, passed on to whoever shows it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import final

PACKAGE = "nas_gan"


@contextmanager
def passed_on(say: Callable[[str], None]) -> Iterator[None]:
    """Give each line that the package logs meanwhile to `say`, from whatever thread it comes."""
    logger, handler = logging.getLogger(PACKAGE), _Handler(say)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


@final
class _Handler(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())
