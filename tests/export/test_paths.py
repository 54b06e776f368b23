from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.export.paths import Path, draw_path, natural_path


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**16),
    dimensions=st.integers(1, 20),
    steps=st.integers(2, 9),
    path=st.sampled_from(["linear", "spherical"]),
)
def test_a_path_leads_from_one_end_to_the_other(seed: int, dimensions: int, steps: int, path: Path) -> None:
    generator = torch.Generator().manual_seed(seed)
    starts, ends = torch.randn(2, 3, dimensions, generator=generator)
    drawn = draw_path(starts, ends, steps, path)
    assert drawn.shape == (3, steps, dimensions)
    assert drawn.dtype == torch.float32
    torch.testing.assert_close(drawn[:, 0], starts, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(drawn[:, -1], ends, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(drawn, draw_path(ends, starts, steps, path).flip(1), rtol=1e-3, atol=1e-3)


def test_a_line_takes_even_steps() -> None:
    drawn = draw_path(torch.tensor([[0.0, 4.0]]), torch.tensor([[2.0, 0.0]]), 5, "linear")
    assert drawn[0].tolist() == [[0, 4], [0.5, 3], [1, 2], [1.5, 1], [2, 0]]


def test_an_arc_stays_on_its_sphere_and_turns_evenly() -> None:
    drawn = draw_path(torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]]), 4, "spherical")
    turned = [
        [3 * math.cos(angle), 3 * math.sin(angle)] for angle in (0, math.pi / 6, math.pi / 3, math.pi / 2)
    ]
    torch.testing.assert_close(drawn[0], torch.tensor(turned))


@pytest.mark.parametrize("end", [[2.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
def test_where_there_is_no_arc_it_is_the_line(end: list[float]) -> None:
    starts, ends = torch.tensor([[1.0, 0.0]]), torch.tensor([end])
    drawn = draw_path(starts, ends, 5, "spherical")
    if end == [0.0, 0.0]:  # a right angle to everything: it shrinks along the start
        assert drawn[0, :, 1].tolist() == [0] * 5
        assert drawn.isfinite().all()
    else:
        torch.testing.assert_close(drawn, draw_path(starts, ends, 5, "linear"))


def test_latents_choose_their_path() -> None:
    assert natural_path("normal") == "spherical"
    assert natural_path("uniform") == "linear"
