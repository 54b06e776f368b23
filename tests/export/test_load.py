"""Folders of runs and bundles give their generator, or one line that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from nas_gan.errors import InputError
from nas_gan.export import load_folder
from nas_gan.export.plain import plain_generator
from nas_gan.nets import Generator, save_network
from nas_gan.spec import Architecture

Maker = Callable[..., Architecture]
Trainer = Callable[[Architecture], Generator]


def _write(folder: Path, architecture: Architecture, generator: Generator) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "architecture.json").write_text(json.dumps(architecture.model_dump(mode="json"), indent=1))
    save_network(generator, folder / "generator.safetensors")


@pytest.mark.parametrize("spectral", [True, False])
def test_weights_before_and_after_spectral_normalisation_are_read(
    tmp_path: Path, make_architecture: Maker, trained_generator: Trainer, spectral: bool
) -> None:
    architecture = make_architecture({"spectral_norm": spectral, "connect": "residual"})
    generator = trained_generator(architecture)
    _write(tmp_path / "run", architecture, generator)
    _write(tmp_path / "bundle", architecture, plain_generator(architecture, generator))
    latents = torch.randn(2, 3)
    for name in ("run", "bundle"):
        found, loaded = load_folder(tmp_path / name)
        assert found == architecture
        assert not loaded.training
        with torch.inference_mode():
            assert torch.equal(loaded(latents), generator(latents))


def test_what_is_missing_or_damaged_is_named(
    tmp_path: Path, make_architecture: Maker, trained_generator: Trainer
) -> None:
    architecture = make_architecture()
    _write(tmp_path, architecture, trained_generator(architecture))
    weights, described = tmp_path / "generator.safetensors", tmp_path / "architecture.json"
    whole, text = weights.read_bytes(), described.read_text()

    def refused(why: str) -> None:
        with pytest.raises(InputError, match=why):
            load_folder(tmp_path)

    with pytest.raises(InputError, match="no such folder"):
        load_folder(tmp_path / "nowhere")
    weights.write_bytes(whole[:-10])
    refused(r"generator\.safetensors: no usable weights")
    weights.write_bytes(b"\x80\x02not weights")
    refused(r"generator\.safetensors: no usable weights")
    weights.unlink()
    refused(r"generator\.safetensors: no usable weights")
    other = make_architecture(width=8)
    save_network(trained_generator(other), weights)
    refused("weights of another architecture")
    described.write_text("{")
    refused(r"architecture\.json: not readable as JSON")
    described.write_text("[]")
    refused(r"architecture\.json: not an architecture")
    described.write_text(text.replace('"width": 4', '"width": -4'))
    refused(r"architecture\.json: generator\.width")
    described.unlink()
    refused(r"architecture\.json: not readable")
