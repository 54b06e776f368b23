"""What a program that follows runs is told, and what becomes of one that fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nas_gan.api.tracking import RunLog, opened_log
from nas_gan.errors import InputError
from nas_gan.tracking.interface import Plain, Tracker


class Kept(Tracker):
    """Keeps what it is told, up to `fails_after` values."""

    def __init__(self, fails_after: int = 1_000_000) -> None:
        self.told: list[tuple[Any, ...]] = []
        self._fails_after = fails_after

    def begin(self, run: str, hyperparameters: Mapping[str, Plain]) -> None:
        self.told.append(("begin", run, dict(hyperparameters)))

    def log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        if len(self.told) > self._fails_after:
            raise ConnectionError("nobody\nthere")
        self.told.append(("log", images_seen, dict(values)))

    def show(self, run: str, images_seen: int, picture: Path) -> None:
        self.told.append(("show", images_seen, picture.name))

    def end(self, run: str, state: str, reason: str) -> None:
        self.told.append(("end", state, reason))

    def close(self) -> None:
        self.told.append(("close",))


def test_a_tracker_that_fails_is_told_nothing_more() -> None:
    kept, said = Kept(fails_after=1), list[str]()
    log = RunLog(kept, said.append)
    log.begin("a", {})
    for images in (10, 20, 30):
        log.losses("a", images, 1.0, 1.0, 1.0)
    log.close()
    (line,) = said
    assert line.startswith("Kept failed and is told nothing more: ConnectionError: nobody there")
    assert len(kept.told) == 2


def test_numbers_that_are_none_are_left_out() -> None:
    kept = Kept()
    log = RunLog(kept, print)
    log.begin("a", {"depth": [1, None, {"width": 2}], "name": None})
    log.losses("a", 10, float("nan"), 1.0, float("inf"))
    log.losses("never begun", 10, 1.0, 1.0, 1.0)
    assert kept.told == [
        ("begin", "a", {"depth.0": 1, "depth.2.width": 2}),
        ("log", 10, {"loss/generator": 1.0}),
    ]


def test_a_tracker_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="log_to aim: not known; use one of tensorboard, wandb"),
        opened_log("aim", tmp_path, "study", print),
    ):
        pass
    with opened_log(None, tmp_path, "study", print) as nobody:
        assert nobody is None
