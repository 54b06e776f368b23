"""A run and a trial on points of the plane, from the spec to the picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nas_gan.data import DataConfig, Dataset, load_dataset
from nas_gan.errors import InputError
from nas_gan.nets import draw_latents, load_discriminator, load_generator
from nas_gan.pictures.scatter import scatter_png
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.resources import choose_device, load_resources
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources, generate
from nas_gan.spec import Architecture
from nas_gan.training import Progress

ARCHITECTURE = {
    "image": {"channels": 2, "resolution": 1},
    "generator": {"kind": "perceptron", "latent_dim": 4, "hidden": [{"width": 8}]},
    "discriminator": {"kind": "perceptron", "hidden": [{"width": 8}]},
}


@pytest.fixture(scope="module")
def roll() -> Dataset:
    return load_dataset(DataConfig("swiss_roll", limit=500))


@pytest.fixture(scope="module")
def resources(roll: Dataset) -> Resources:
    """The Swiss roll, and the default scorer of points."""
    return load_resources(
        DataConfig("swiss_roll", limit=500),
        roll,
        protocol=None,
        seed=0,
        device=choose_device("cpu"),
        inception_weights=None,
        announce=pytest.fail,
    )


def test_an_image_protocol_is_refused_for_points(roll: Dataset) -> None:
    with pytest.raises(InputError, match="scores images, and swiss_roll has points"):
        load_resources(
            DataConfig("swiss_roll"),
            roll,
            protocol="inception-5k",
            seed=0,
            device=choose_device("cpu"),
            inception_weights=None,
            announce=pytest.fail,
        )


def test_a_run_keeps_scores_weights_and_a_picture_of_every_rung(tmp_path: Path, resources: Resources) -> None:
    architecture = Architecture.from_tree(ARCHITECTURE, "test")
    run = Run(architecture, resources, tmp_path / "run", seed=0, images_planned=256, precision="float32")
    rungs = [run.advance(images) for images in (64, 192, 256)]
    for rung in rungs:
        assert rung.scores.modes_covered is not None
        assert rung.scores.near_share is not None
        assert 0.0 <= rung.scores.near_share <= 1.0
        assert rung.scores.transport_distance is not None
        assert rung.scores.transport_distance > 0.0
        assert rung.scores.frechet_distance is None
        assert (tmp_path / "run" / f"samples-{rung.images_seen}.png").is_file()
    load_discriminator(architecture, tmp_path / "run" / "discriminator.safetensors")
    generator = load_generator(architecture, tmp_path / "run" / "generator.safetensors")
    spec = architecture.latent_generator
    points = torch.cat(list(generate(generator, architecture, resources, 500, "float32")))
    assert points.shape == (500, 2, 1, 1)
    assert points.dtype == torch.float32
    seed = resources.scorer.protocol.seed
    noise = draw_latents(500, spec.latent_dim, spec.latent_distribution, seed)
    with torch.inference_mode():
        by_hand = torch.cat([generator(noise[:250]), generator(noise[250:])])
    assert torch.equal(points, by_hand)  # to the last bit, on which scores depend
    assert (tmp_path / "run" / "samples.png").read_bytes() == scatter_png(points, resources.images)


def test_a_run_writes_nothing_where_it_may_not(tmp_path: Path, resources: Resources) -> None:
    """Its folder is another process's by now, which is found out between two rungs, or by who interrupts it."""
    is_ours = True

    def check() -> None:
        if not is_ours:
            raise PermissionError

    folder = tmp_path / "run"
    checkpoints = Checkpoints(folder, lambda _: None)
    architecture = Architecture.from_tree(ARCHITECTURE, "test")
    run = Run(
        architecture,
        resources,
        folder,
        seed=0,
        images_planned=256,
        precision="float32",
        checkpoints=checkpoints,
        check=check,
    )
    run.advance(64)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    is_ours = False
    with pytest.raises(PermissionError):
        run.advance(192)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.advance(256, interrupt)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
