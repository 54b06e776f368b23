"""Bundles of every kind of generator work elsewhere, are compared before they are there, and whole or absent."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from nas_gan.errors import InputError
from nas_gan.export import (
    BundleFacts,
    Forms,
    MismatchError,
    load_folder,
    write_bundle,
)
from nas_gan.export.bundle import Bundle
from nas_gan.export.card import card_text
from nas_gan.export.compare import compare_form, expect_images
from nas_gan.nets import Generator, draw_labels, draw_latents
from nas_gan.nets.layers import SelfAttention
from nas_gan.spec import Architecture, content_hash

Maker = Callable[..., Architecture]
Trainer = Callable[[Architecture], Generator]

LINEAR = {"kind": "conditional_batch_norm", "parameters": {"kind": "linear", "embedding_dim": 5}}
HIDDEN = {"kind": "hidden_concat", "stage": 1, "embedding_dim": 3}
FILES = {
    "architecture.json",
    "card.md",
    "generator.pt2",
    "generator.safetensors",
    "model.py",
    "record.json",
    "samples.png",
}
FORMS = ("generator.safetensors", "model.py", "generator.pt2", "generator.onnx")
GENERATORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {"latent_distribution": "uniform"}),
    "residual": ({"connect": "residual", "depth": 2, "norm": "layer", "upsample": "pixel_shuffle"}, {}),
    "dense": ({"connect": "dense", "depth": 3, "norm": "instance", "upsample": "bilinear", "skip": 1}, {}),
    "concat": ({"upsample": "nearest", "preactivation": True}, {"conditioning": "concat"}),
    "hidden_concat": ({"kernel": 4}, {"conditioning": HIDDEN}),
    "embedded": ({}, {"conditioning": "conditional_batch_norm"}),
    "attentive": ({"norm": "layer"}, {"attention": {"kind": "self", "stage": 1}}),
    "spectral": (
        {"connect": "residual", "spectral_norm": True},
        {"conditioning": LINEAR, "spectral_norm": True},
    ),
}

ELSEWHERE = """
import runpy, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"nas_gan", "pydantic", "optuna", "PIL", "torchvision", "numpy"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
sys.path.insert(0, sys.argv[1])
from model import sample
import torch

torch.set_num_threads(1)
print(sample(5, class_=2, seed=3).double().flatten().tolist())
sys.argv = ["model.py", sys.argv[2], "--count", "10"]
runpy.run_path(sys.path[0] + "/model.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def spectral(
    tmp_path_factory: pytest.TempPathFactory,
    make_architecture: Maker,
    trained_generator: Trainer,
    facts: BundleFacts,
) -> tuple[Bundle, Architecture, Generator]:
    """A bundle with all there can be."""
    stage, fields = GENERATORS["spectral"]
    architecture = make_architecture(stage, **fields)
    generator = trained_generator(architecture)
    folder = tmp_path_factory.mktemp("bundles") / "new" / "bundle"
    return write_bundle(folder, architecture, generator, facts, onnx=True), architecture, generator


@pytest.mark.parametrize("name", [name for name in GENERATORS if name != "spectral"])
def test_every_form_gives_the_generators_images(
    tmp_path: Path, name: str, make_architecture: Maker, trained_generator: Trainer, facts: BundleFacts
) -> None:
    stage, fields = GENERATORS[name]
    architecture = make_architecture(stage, **fields)
    generator = trained_generator(architecture)
    folder = tmp_path / "bundle"
    folder.mkdir()  # an empty folder is no obstacle
    bundle = write_bundle(folder, architecture, generator, facts)
    assert set(bundle.files) == FILES == {path.name for path in folder.iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1  # as readable as any file
    assert bundle.forms.differences == {"generator.safetensors": 0.0, "model.py": 0.0, "generator.pt2": 0.0}
    program = torch.export.load(folder / "generator.pt2").module()
    for count in (1, 2, 7):
        inputs = [draw_latents(count, 3, "normal", seed=9)]
        inputs += [draw_labels(count, 4)] if architecture.conditional else []
        with torch.inference_mode():
            assert (program(*inputs) - generator(*inputs)).abs().max() <= 1e-6


def test_onnx_takes_any_number_of_images(spectral: tuple[Bundle, Architecture, Generator]) -> None:
    from onnxruntime import InferenceSession

    bundle, _, generator = spectral
    assert set(bundle.files) == FILES | {"generator.onnx"}
    assert bundle.forms.differences["generator.onnx"] <= 1e-5
    session = InferenceSession(bundle.folder / "generator.onnx")
    assert [given.name for given in session.get_inputs()] == ["latent", "labels"]
    latents, labels = draw_latents(7, 3, "normal", seed=2), draw_labels(7, 4)
    (images,) = session.run(["images"], {"latent": latents.numpy(), "labels": labels.numpy()})
    with torch.inference_mode():
        assert (torch.from_numpy(images) - generator(latents, labels)).abs().max() <= 1e-5


def test_the_module_works_where_nas_gan_is_not(
    tmp_path: Path, spectral: tuple[Bundle, Architecture, Generator]
) -> None:
    bundle, _, generator = spectral
    picture = tmp_path / "picture.png"
    # torch does without numpy, and warns that it is missing.
    options = ["-I", "-B", "-W", "ignore::UserWarning"]
    command = [sys.executable, *options, "-c", ELSEWHERE, str(bundle.folder), str(picture)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    numbers, facts = done.stdout.splitlines()
    with torch.inference_mode():
        expected = generator(draw_latents(5, 3, "normal", seed=3), torch.full((5,), 2))
    given = torch.tensor(json.loads(numbers), dtype=torch.float64).reshape(5, 3, 16, 16)
    assert (given - expected).abs().max() <= 1e-6
    assert facts.startswith(f"{picture}: 10 × 3 × 16 × 16, mean ")
    with Image.open(picture) as image:
        assert (image.mode, image.size) == ("RGB", (8 * 16, 2 * 16))


def test_nothing_in_the_program_is_a_pickle(spectral: tuple[Bundle, Architecture, Generator]) -> None:
    with zipfile.ZipFile(spectral[0].folder / "generator.pt2") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    # The protocol of every pickle begins with this byte, and torch.save wraps it in an archive of its own.
    assert not [name for name, content in contents.items() if content[:2] in (b"\x80\x02", b"PK")]
    assert all(content == b"" for name, content in contents.items() if "sample_inputs" in name)
    configs = [json.loads(content) for name, content in contents.items() if name.endswith("_config.json")]
    used = [entry["use_pickle"] for config in configs for entry in config["config"].values()]
    assert used
    assert not any(used)


def test_a_bundle_loads_like_a_run(spectral: tuple[Bundle, Architecture, Generator]) -> None:
    bundle, architecture, generator = spectral
    assert hashlib.sha256((bundle.folder / "architecture.json").read_bytes()).hexdigest() == content_hash(
        architecture
    )
    assert not [name for name in load_file(bundle.folder / "generator.safetensors") if "param" in name]
    found, loaded = load_folder(bundle.folder)
    assert found == architecture
    latents, labels = draw_latents(4, 3, "normal", seed=0), draw_labels(4, 4)
    with torch.inference_mode():
        assert torch.equal(loaded(latents, labels), generator(latents, labels))


@pytest.mark.parametrize("name", ["generator.safetensors", "model.py"])
def test_a_changed_file_is_noticed(
    tmp_path: Path, name: str, spectral: tuple[Bundle, Architecture, Generator]
) -> None:
    bundle, architecture, generator = spectral
    for file in bundle.files:
        (tmp_path / file).write_bytes((bundle.folder / file).read_bytes())
    expected = expect_images(architecture, generator)
    assert {form: compare_form(tmp_path, form, expected) for form in FORMS} == bundle.forms.differences
    if name == "model.py":
        source = (tmp_path / name).read_text()
        (tmp_path / name).write_text(source.replace("nn.Tanh()", "nn.Hardtanh()"))
    else:
        weights = load_file(tmp_path / name)
        weights["head.layers.0.weight"].view(-1)[0] += 0.01
        save_file(weights, tmp_path / name)
    with pytest.raises(MismatchError, match=f"{name}: its images differ"):
        compare_form(tmp_path, name, expected)


def test_rounding_is_allowed_for_and_no_more(make_architecture: Maker, trained_generator: Trainer) -> None:
    architecture = make_architecture()
    expected = expect_images(architecture, trained_generator(architecture))
    assert 0 < expected.rounding < 1e-6
    assert expected.allowed == 1e-5
    assert replace(expected, rounding=1e-4).allowed == pytest.approx(4e-4)
    assert replace(expected, rounding=1.0).allowed < 1 / 255
    assert replace(expected, rounding=math.nan).allowed == 1e-5


def test_the_other_forms_are_written_where_one_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_architecture: Maker,
    trained_generator: Trainer,
    facts: BundleFacts,
) -> None:
    def forward(_: nn.Module, x: Tensor) -> Tensor:
        return x + torch.zeros(len(x), 1, 1, 1)  # Python's own length, which tracing makes a constant

    monkeypatch.setattr(SelfAttention, "forward", forward)
    architecture = make_architecture(attention={"kind": "self", "stage": 1})
    generator = trained_generator(architecture)
    with torch.no_grad():
        for parameter in generator.get_submodule("stages.bodies.1").parameters():
            if parameter.ndim == 0:
                parameter.zero_()  # attention's own scale, so that model.py's attention adds nothing either
    bundle = write_bundle(tmp_path / "bundle", architecture, generator, facts, onnx=True)
    assert set(bundle.files) == FILES - {"generator.pt2"} == {path.name for path in bundle.folder.iterdir()}
    assert set(bundle.forms.differences) == {"generator.safetensors", "model.py"}
    assert set(bundle.forms.failures) == {"generator.pt2", "generator.onnx"}
    for reason in bundle.forms.failures.values():
        assert reason.startswith("UserError: Constraints violated (count)")
        assert "\n" not in reason
        assert len(reason) <= 300
    card = (bundle.folder / "card.md").read_text()
    assert "Not here, since they failed" in card
    assert "| generator.onnx | UserError: Constraints violated" in card
    assert "from model import load" in card
    for absent in ("torch.export.load", "InferenceSession"):
        assert absent not in card, absent


def test_a_generator_that_makes_no_numbers_leaves_no_bundle(
    tmp_path: Path, make_architecture: Maker, trained_generator: Trainer, facts: BundleFacts
) -> None:
    architecture = make_architecture()
    generator = trained_generator(architecture)
    with torch.no_grad():
        next(generator.head.parameters()).fill_(torch.nan)
    with pytest.raises(MismatchError, match="nan"):
        write_bundle(tmp_path / "bundle", architecture, generator, facts)
    assert not list(tmp_path.iterdir())


def test_a_taken_place_is_refused(
    tmp_path: Path, spectral: tuple[Bundle, Architecture, Generator], facts: BundleFacts
) -> None:
    _, architecture, generator = spectral
    (tmp_path / "file").write_text("mine")
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(InputError, match="exists already; give a new folder"):
            write_bundle(taken, architecture, generator, facts)
    with pytest.raises(InputError, match="can't be made"):
        write_bundle(tmp_path / "file" / "bundle", architecture, generator, facts)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_onnx_without_its_packages_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spectral: tuple[Bundle, Architecture, Generator],
    facts: BundleFacts,
) -> None:
    monkeypatch.setattr("nas_gan.export.programs.ONNX_PACKAGES", ("onnx", "no_such_package"))
    _, architecture, generator = spectral
    with pytest.raises(InputError, match=r"no_such_package not installed; .*pip install -e '\.\[onnx\]'"):
        write_bundle(tmp_path / "bundle", architecture, generator, facts, onnx=True)
    assert not list(tmp_path.iterdir())


def test_the_card_says_it_all(spectral: tuple[Bundle, Architecture, Generator], facts: BundleFacts) -> None:
    bundle, architecture, _ = spectral
    card = (bundle.folder / "card.md").read_text()
    weights = hashlib.sha256((bundle.folder / "generator.safetensors").read_bytes()).hexdigest()
    for present in (
        "# Generator of trial 7 of study tiny-digits",
        content_hash(architecture),
        "| Fréchet distance | 12.5000 |",
        "| Inception Score | 9.2500 ± 0.1250 |",
        "| sample_count | 5000 |",
        "| fingerprint | 0123abcd |",
        r"| classes from 0 on | one \| two, three |",
        "| images seen | 60,000 |",
        "nas_gan 0.1.0, torch 2.14.1",
        facts.topology.strip(),
        "images = sample(16, class_=1, seed=0)  # float32 [16, 3, 16, 16] in [-1, 1]",
        "generator(torch.randn(2, 3), torch.tensor([0, 1]))",
        'session.run(None, {"latent": latents, "labels": labels})',
        "python -m nas_gan train architecture.json --data 'my digits' --resolution 16 --images 60000 --seed 11",
        weights,
    ):
        assert present in card, present
    assert (bundle.folder / "record.json").read_text() == facts.record_json
    assert (bundle.folder / "samples.png").read_bytes() == facts.samples_png


def test_the_card_leaves_out_what_is_not_there(
    tmp_path: Path, make_architecture: Maker, facts: BundleFacts
) -> None:
    scores = (("Kernel distance", "0.250000"),)
    for present in ("model.py", "generator.pt2"):
        (tmp_path / present).touch()
    card = card_text(
        make_architecture(latent_distribution="uniform"),
        replace(facts, scores=scores, class_names=(), data={"source": "digits", "limit": 100}),
        tmp_path,
        Forms({}, {}, rounding=1e-7),
    )
    assert "| Kernel distance | 0.250000 |" in card
    assert "Fréchet" not in card
    assert "torch.rand(2, 3) * 2 - 1)" in card
    assert "--data digits --limit 100 --images" in card
    for absent in ("class_", "onnx", "classes from 0", "labels", "failed"):
        assert absent not in card, absent


def test_names_of_others_are_text_on_the_card(
    spectral: tuple[Bundle, Architecture, Generator], facts: BundleFacts
) -> None:
    bundle, architecture, _ = spectral
    evil = "<img src=x onerror=alert(1)>"
    changed = replace(
        facts,
        name=f"trial 1 of study {evil}",
        class_names=(evil, "b"),
        versions={"nas_gan": "<script>"},
        data={**facts.data, "source": f"a\n```\n{evil}"},
    )
    card = card_text(architecture, changed, bundle.folder, bundle.forms)
    outside = "".join(card.split("```")[::2])
    assert "<img" not in outside
    assert "<script" not in outside
    assert "&lt;img src=x" in outside


def test_a_full_disk_is_told_with_the_bundles_name(
    tmp_path: Path,
    spectral: tuple[Bundle, Architecture, Generator],
    facts: BundleFacts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fill(*_: object, **__: object) -> Forms:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nas_gan.export.bundle.write_forms", fill)
    with pytest.raises(OSError, match="No space left") as caught:
        write_bundle(tmp_path / "bundle", *spectral[1:], facts)
    assert caught.value.filename == str(tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []
