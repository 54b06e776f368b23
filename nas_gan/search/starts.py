"""Starts: architectures that a search tries before any that it proposes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import optuna

from nas_gan.errors import InputError
from nas_gan.search.given import find_architecture
from nas_gan.search.trials import START
from nas_gan.space import Space
from nas_gan.space.locate import NotAPoint
from nas_gan.spec import Image

logger = logging.getLogger(__name__)

Point = dict[str, Any]


def find_starts(space: Space, image: Image, given: Sequence[str], storage: str) -> list[tuple[str, Point]]:
    """Find the points of what a user named: files, bundled architectures, runs or STUDY:TRIAL.

    Raises InputError for what can't be read, or is no point of the space.
    """
    found = []
    for name in given:
        place = space.locate(find_architecture(name, storage).resolve(image))
        if isinstance(place, NotAPoint):
            raise InputError(
                f"start {name}: is not in the space {space.name}: {place}; widen the space, or leave it out"
            )
        found.append((name, dict(place)))
    return found


def starts_of(space: Space, image: Image) -> list[tuple[str, Point]]:
    """Take the starts that the space itself names; those that have no point for these images are told and left out."""
    found = []
    for start in space.starts(image):
        if start.point is None:
            logger.info("start %s is left out: %s", start.name, start.reason)
        else:
            found.append((start.name, dict(start.point)))
    return found


def enqueue_starts(study: optuna.Study, starts: Sequence[tuple[str, Point]]) -> None:
    """Have points tried before others, each once in a study."""
    for name, point in starts:
        study.enqueue_trial(point, user_attrs={START: name}, skip_if_exists=True)
