"""A run on the embedded digits, as small as a run can be, which tests only read."""

from __future__ import annotations

from pathlib import Path

import pytest

import nas_gan

DATA = nas_gan.Data("mnist5k", resolution=16, limit=320)
PROTOCOL = "classifier-1k"


@pytest.fixture(scope="session")
def events() -> list[nas_gan.TrainingEvent]:
    """What `run` told while it was trained."""
    return []


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, events: list[nas_gan.TrainingEvent]) -> nas_gan.Run:
    """A conditional architecture of the space `tiny`, scored after 150 and 300 images."""
    architecture = nas_gan.load_space("tiny").sample(seed=0, data=DATA)
    return nas_gan.train(
        architecture,
        data=DATA,
        images=300,
        scorings=2,
        protocol=PROTOCOL,
        out=tmp_path_factory.mktemp("runs") / "m0",
        log_to="tensorboard",
        progress=events.append,
    )


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a search is called in."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="session")
def search_events() -> list[object]:
    """What `study` told while it was searched."""
    return []


@pytest.fixture(scope="session")
def study(place: Path, search_events: list[object]) -> nas_gan.Study:
    """Two trials of the space `tiny`, scored after 30, 90 and 270 images at most."""
    return nas_gan.search(
        "tiny",
        DATA,
        trials=2,
        out=place / "runs",
        images=270,
        protocol=PROTOCOL,
        workers=1,
        device="cpu",
        log_to="tensorboard",
        progress=search_events.append,
    )
