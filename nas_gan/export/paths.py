"""Paths between latents, along which a generator's images change little by little."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Path = Literal["linear", "spherical"]

NEARLY_PARALLEL = 1e-4  # sine of an angle; below it, the arc between two directions is their chord


def natural_path(distribution: Literal["normal", "uniform"]) -> Path:
    """Return the path that stays where a generator's latents lie.

    Normal latents lie near a sphere, which a straight line cuts through; uniform ones fill a cube, which an
    arc would leave.
    """
    return "spherical" if distribution == "normal" else "linear"


def draw_path(starts: Tensor, ends: Tensor, steps: int, path: Path) -> Tensor:
    """Return latents [rows, steps, latent_dim] on the way from `starts` to `ends`, both [rows, latent_dim] and
    included.

    Spherical: Shoemake, "Animating rotation with quaternion curves" (1985), as White, "Sampling Generative
    Networks" (2016), applies it to latents: the angle turns evenly, and the length goes from one's to the other's.
    Latents of one direction, or of opposite ones, have no arc between them: there it is the line.
    """
    share = torch.linspace(0, 1, steps, dtype=torch.float64)[None, :, None]
    first, last = (ends_of.to(torch.float64)[:, None, :] for ends_of in (starts, ends))
    line = (1 - share) * first + share * last
    if path == "linear":
        return line.to(starts.dtype)
    cosine = torch.cosine_similarity(first, last, dim=2).clamp(-1, 1)[:, :, None]
    angle = cosine.acos()
    arc = (((1 - share) * angle).sin() * first + (share * angle).sin() * last) / angle.sin()
    return torch.where(angle.sin() < NEARLY_PARALLEL, line, arc).to(starts.dtype)
