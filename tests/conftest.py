"""Architectures that tests of several folders share."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nas_gan.spec import Architecture

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything that is cached goes to a folder of this run."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("NAS_GAN_CACHE")
    os.environ["NAS_GAN_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["NAS_GAN_CACHE"]
    else:
        os.environ["NAS_GAN_CACHE"] = before


def _pick_stage(pick: random.Random, resample: str, kinds: list[str], index: int) -> dict[str, Any]:
    norm = pick.choice(["none", "batch", "instance", "layer"])
    kind = pick.choice(kinds)
    place: dict[str, Any] = {"kind": kind, "place": pick.choice(["inside", "before"])}
    if kind in ("transposed", "strided"):
        place["kernel"] = pick.choice([3, 4, 5])
    connect: dict[str, Any] = {"kind": pick.choice(["plain", "residual", "dense"])}
    if connect["kind"] == "dense":
        connect |= {"growth": pick.randint(1, 6), "decay": pick.choice([0.5, 1.0])}
    where = pick.choice(["before_activation", "before_convolution"])
    return {
        "depth": pick.randint(1, 3),
        "kernel": pick.choice([1, 3, 4, 5]),
        "connect": connect,
        "preactivation": pick.random() < 0.5,
        "spectral_norm": pick.random() < 0.3,
        "skip": pick.randint(0, index + 1),
        "width": pick.choice([None, 3, 8]),
        resample: place,
        "norm": {"kind": norm} | ({} if norm == "none" else {"at": where}),
        "activation": pick.choice(["relu", "silu", {"kind": "leaky_relu", "slope": 0.1}]),
    }


def _pick_architecture(seed: int) -> Architecture:
    pick = random.Random(seed)
    resolution = pick.choice([8, 12, 16, 28])
    stages = {8: 1, 12: 1, 16: 2, 28: 2}[resolution]
    conditional = pick.random() < 0.6
    stage_index = pick.randrange(stages)
    concat = ["concat", {"kind": "hidden_concat", "stage": stage_index, "embedding_dim": 3}]
    norms = [
        "conditional_batch_norm",
        {"kind": "conditional_batch_norm", "parameters": {"kind": "linear", "embedding_dim": 5}},
    ]
    ups = ["transposed", "nearest", "bilinear", "pixel_shuffle"]
    left_out = ["none", "first", "last", "both"]
    return Architecture.from_tree(
        {
            "image": {"channels": pick.choice([1, 3]), "resolution": resolution, "classes": 4},
            "generator": {
                "latent_dim": pick.choice([1, 7]),
                "width": pick.choice([2, 4]),
                "norm_left_out": pick.choice(left_out),
                "head_kernel": pick.choice([3, 4]),
                "spectral_norm": pick.random() < 0.3,
                "conditioning": pick.choice(concat + norms) if conditional else "none",
                "stages": [_pick_stage(pick, "upsample", ups, index) for index in range(stages)],
            },
            "discriminator": {
                "width": pick.choice([2, 4]),
                "stem_width": pick.choice([0, 5]),
                "pool": pick.choice(["flatten", "sum", "mean"]),
                "minibatch": pick.choice(["none", "discrimination", "deviation"]),
                "norm_left_out": pick.choice(left_out),
                "spectral_norm": pick.random() < 0.3,
                "conditioning": pick.choice([*concat, "projection", "auxiliary_classifier"])
                if conditional
                else "none",
                "stages": [
                    _pick_stage(pick, "downsample", ["strided", "average_pool"], index)
                    for index in range(stages)
                ],
            },
            "loss": pick.choice(["hinge", "non_saturating"]),
        },
        f"architecture {seed}",
    )


@pytest.fixture(scope="session")
def pick_architecture() -> Callable[[int], Architecture]:
    """Gives any small architecture for a seed: every field of the spec takes every kind of value."""
    return _pick_architecture
