from __future__ import annotations

import pytest

from nas_gan.report.holes import hole_rows
from nas_gan.space import HoleSummary, load_space
from nas_gan.spec import Image


def test_a_hole_stands_below_the_choice_it_hangs_on() -> None:
    holes = [
        HoleSummary("g.connect", "choice", "plain, dense", ""),
        HoleSummary("g.depth", "int", "1 to 3", "joint.labels = yes"),
        HoleSummary(
            "g.connect[dense].norm[batch].at", "choice", "here, there", "g.connect[dense].norm = batch"
        ),
        HoleSummary("g.connect[dense].norm", "choice", "none, batch", "g.connect = dense"),
        HoleSummary("g.connected[x].y", "int", "1 to 2", "elsewhere = 1"),
    ]
    assert hole_rows(holes) == [
        ("g.connect", "plain, dense"),
        ("  [dense].norm", "none, batch"),
        ("    [batch].at", "here, there"),
        ("g.depth", "1 to 3\nif joint.labels = yes"),
        ("g.connected[x].y", "1 to 2\nif elsewhere = 1"),
    ]


@pytest.mark.parametrize("name", ["tiny", "resdense"])
def test_every_hole_of_a_space_has_one_row(name: str) -> None:
    holes = load_space(name).holes(Image(channels=3, resolution=32, classes=10))
    rows = hole_rows(holes)
    assert len(rows) == len(holes)
    paths = [path.strip() for path, _ in rows]
    assert all(any(hole.path.endswith(path) for path in paths) for hole in holes)
