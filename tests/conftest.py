"""Architectures that tests of several folders share."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nas_gan.api.space import image_for
from nas_gan.interruption import SIGNALS
from nas_gan.space import bundled_spaces, load_space, sample
from nas_gan.spec import Architecture

os.environ.setdefault("OMP_NUM_THREADS", "1")
# A shell that starts the tests in the background lets them, and whatever they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Everything that is cached goes to a folder of this run, which its processes share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    folder.mkdir(exist_ok=True)
    before = os.environ.get("NAS_GAN_CACHE")
    os.environ["NAS_GAN_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["NAS_GAN_CACHE"]
    else:
        os.environ["NAS_GAN_CACHE"] = before


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """Put back what each signal did before a command that ran in this process."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@cache
def _generates(name: str) -> bool:
    """Whether architectures of a bundled space make images of noise, and don't translate others."""
    space = load_space(name)
    return not sample(space, image_for(space), random.Random(0)).translates


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes a `generating_space` the name of each, bundled architectures left out."""
    if "generating_space" in metafunc.fixturenames:
        names = [name for name in bundled_spaces() if "/" not in name and _generates(name)]
        metafunc.parametrize("generating_space", names)


@pytest.fixture(scope="session")
def generating_names() -> tuple[str, ...]:
    """Names of all bundled spaces and architectures that generate."""
    return tuple(name for name in bundled_spaces() if _generates(name))


@pytest.fixture(scope="session")
def soak() -> Callable[..., None]:
    """Run a search in a folder and kill a worker, the search alone, and all of it at once; fail where anything is
    lost by that.
    """
    script = Path(__file__).parents[1] / "scripts" / "soak_faults.py"

    def run(folder: Path, *arguments: str) -> None:
        few = ("--kills", "3", "--trials", "8", "--workers", "2", "--images", "9000", "--folder", str(folder))
        process = subprocess.Popen(
            [sys.executable, str(script), *few, *arguments], stdout=subprocess.PIPE, text=True
        )
        try:
            said = process.communicate(timeout=1200)[0]
        finally:
            process.terminate()  # so that it takes its search along
            process.wait()
        assert process.returncode == 0, said + (folder / "search.log").read_text()

    return run


def _pick_stage(pick: random.Random, resample: str, kinds: list[str], index: int) -> dict[str, Any]:
    norm = pick.choice(["none", "batch", "instance", "layer"])
    kind = pick.choice(kinds)
    place: dict[str, Any] = {"kind": kind, "place": pick.choice(["inside", "before"])}
    if kind in ("transposed", "strided"):
        place["kernel"] = pick.choice([3, 4, 5])
    connect: dict[str, Any] = {"kind": pick.choice(["plain", "residual", "dense"])}
    if connect["kind"] == "dense":
        connect |= {"growth": pick.randint(1, 6), "decay": pick.choice([0.5, 1.0])}
    if connect["kind"] == "residual":
        connect |= {
            "norm_at": pick.choice(["branches", "sum"]),
            "shortcut_kernel": pick.choice(["one", "same"]),
        }
    return {
        "depth": pick.randint(1, 3),
        "kernel": pick.choice([1, 3, 4, 5]),
        "connect": connect,
        "preactivation": pick.random() < 0.5,
        "spectral_norm": pick.random() < 0.3,
        "skip": pick.randint(0, index + 1),
        "width": pick.choice([None, 3, 8]),
        resample: place,
        "norm": _pick_norm(pick, norm),
        "dropout": pick.choice(["none", "none", "maps", {"kind": "values", "probability": 0.3}]),
        "activation": pick.choice(["relu", "silu", {"kind": "leaky_relu", "slope": 0.1}]),
    }


def _pick_norm(pick: random.Random, kind: str) -> dict[str, Any]:
    place = pick.choice(["before_activation", "after_activation", "before_convolution"])
    epsilon = {"epsilon": pick.choice([1e-5, 0.8])} if kind == "batch" else {}
    return {"kind": kind} if kind == "none" else {"kind": kind, "at": place} | epsilon


LEFT_OUT = ["none", "first", "last", "both"]
NORMS = [
    "conditional_batch_norm",
    {"kind": "conditional_batch_norm", "parameters": {"kind": "linear", "embedding_dim": 5}},
]


def _pick_connect(pick: random.Random) -> Any:
    return pick.choice(["plain", "residual", {"kind": "dense", "growth": 2}])


def _pick_convolutional_generator(pick: random.Random, doublings: int, conditional: bool) -> dict[str, Any]:
    head_upsample = doublings > 1 and pick.random() < 0.3
    stages = doublings - head_upsample
    hidden_concat = {"kind": "hidden_concat", "stage": pick.randrange(stages), "embedding_dim": 3}
    ups = ["transposed", "nearest", "bilinear", "pixel_shuffle"]
    return {
        "latent_dim": pick.choice([1, 7]),
        "width": pick.choice([2, 4]),
        "stem_depth": pick.choice([0, 0, 1, 2]),
        "stem_connect": _pick_connect(pick),
        "stem_norm": pick.choice(["stage", "none", "batch", {"kind": "layer", "at": "after_activation"}]),
        "stem_activation": pick.random() < 0.7,
        "attention": pick.choice(["none", {"kind": "self", "stage": pick.randrange(stages)}]),
        # With a single stage, "both" can leave no normalisation for the label.
        "norm_left_out": pick.choice(LEFT_OUT if stages > 1 else LEFT_OUT[:3]),
        "head_kernel": pick.choice([3, 4]),
        "head_upsample": head_upsample,
        "bias": pick.random() < 0.7,
        "spectral_norm": pick.random() < 0.3,
        "conditioning": pick.choice(["concat", hidden_concat, *NORMS]) if conditional else "none",
        "stages": [_pick_stage(pick, "upsample", ups, index) for index in range(stages)],
    }


def _pick_convolutional_discriminator(
    pick: random.Random, doublings: int, conditional: bool
) -> dict[str, Any]:
    stem_width = pick.choice([0, 5])
    stem_downsample = stem_width > 0 and pick.random() < 0.4
    even = doublings - stem_downsample
    stages = even + pick.choice([0, 0, 1]) or 1
    hidden_concat = {"kind": "hidden_concat", "stage": pick.randrange(stages), "embedding_dim": 3}
    heads = ["concat", hidden_concat, "projection", "auxiliary_classifier"]
    laid = [_pick_stage(pick, "downsample", ["strided", "average_pool"], index) for index in range(stages)]
    for stage in laid[even:]:
        stage["skip"] = 0
    return {
        "width": pick.choice([2, 4]),
        "stem_width": stem_width,
        "stem_downsample": stem_downsample,
        "attention": pick.choice(["none", {"kind": "self", "stage": pick.randrange(stages)}]),
        "pool": pick.choice(["flatten", "sum", "mean"]),
        "minibatch": pick.choice(["none", "discrimination", "deviation"]),
        "norm_left_out": pick.choice(LEFT_OUT),
        "bias": pick.random() < 0.7,
        "spectral_norm": pick.random() < 0.3,
        "conditioning": pick.choice(heads) if conditional else "none",
        "stages": laid,
    }


def _pick_hidden(pick: random.Random) -> dict[str, Any]:
    norm = pick.choice(["none", "batch", "layer"])
    return {
        "width": pick.choice([3, 8]),
        "depth": pick.randint(1, 3),
        "widening": pick.choice([0.5, 1.0, 2.0]),
        "connect": pick.choice(["plain", "residual"]),
        "preactivation": pick.random() < 0.5,
        "spectral_norm": pick.random() < 0.3,
        "norm": _pick_norm(pick, norm),
        "dropout": pick.choice(["none", "none", {"kind": "values", "probability": 0.3}]),
        "activation": pick.choice(["relu", "silu", {"kind": "leaky_relu", "slope": 0.1}]),
    }


def _pick_perceptron(pick: random.Random, conditioning: list[Any], conditional: bool) -> dict[str, Any]:
    return {
        "kind": "perceptron",
        "hidden": [_pick_hidden(pick) for _ in range(pick.randint(1, 2))],
        "norm_left_out": pick.choice(LEFT_OUT),
        "bias": pick.random() < 0.7,
        "spectral_norm": pick.random() < 0.3,
        "conditioning": pick.choice(conditioning) if conditional else "none",
    }


def _pick_architecture(seed: int) -> Architecture:
    pick = random.Random(seed)
    resolution = pick.choice([8, 12, 16, 28])
    doublings = {8: 1, 12: 1, 16: 2, 28: 2}[resolution]
    conditional = pick.random() < 0.6
    generator = _pick_convolutional_generator(pick, doublings, conditional)
    if pick.random() < 0.2:
        generator = _pick_perceptron(pick, ["concat", *NORMS], conditional) | {"latent_dim": 5}
    discriminator = _pick_convolutional_discriminator(pick, doublings, conditional)
    if pick.random() < 0.2:
        heads = ["concat", "projection", "auxiliary_classifier"]
        minibatch = pick.choice(["none", "discrimination", "deviation"])
        discriminator = _pick_perceptron(pick, heads, conditional) | {"minibatch": minibatch}
    loss = pick.choice(["hinge", "non_saturating", "minimax", "least_squares", "wasserstein", "fisher"])
    return Architecture.from_tree(
        {
            "image": {"channels": pick.choice([1, 3]), "resolution": resolution, "classes": 4},
            "generator": generator,
            "discriminator": discriminator,
            "loss": loss,
            "regularisers": pick.choice(
                [[], [], ["clipping"], ["gradient_penalty"], ["dragan"], ["r1", "clipping"]]
            ),
            "optimisers": {"generator": {"kind": pick.choice(["adam", "rmsprop"])}},
            "training": {
                "gain_deviation": pick.choice([0.0, 0.02]),
                "initial": pick.choice(["normal", "he", "fan_in"]),
                "linear_initial": pick.choice(["same", "he", {"kind": "fan_in", "variance": 0.33}]),
                "halves": pick.choice(["joint", "joint" if loss == "fisher" else "apart"]),
                "embedding_deviation": pick.choice([0.02, 1.0]),
                "generated_batch": pick.choice(["fresh", "shared"]),
            },
        },
        f"architecture {seed}",
    )


@pytest.fixture(scope="session")
def pick_architecture() -> Callable[[int], Architecture]:
    """Give any small architecture for a seed: every field of the spec takes every kind of value."""
    return _pick_architecture
