"""The card of a bundle: what the generator is, how good, how it was made, how to use it and make it again."""

from __future__ import annotations

import hashlib
import html
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nas_gan.errors import printable
from nas_gan.export.compare import DISCRIMINATOR_MODEL_FILE, MODEL_FILE, ONNX_FILE, PROGRAM_FILE
from nas_gan.export.facts import BundleFacts
from nas_gan.export.forms import Forms
from nas_gan.export.load import ARCHITECTURE_FILE, DISCRIMINATOR_FILE, WEIGHTS_FILE
from nas_gan.export.programs import input_names
from nas_gan.export.translation_source import EXAMPLE_FILE
from nas_gan.spec import Architecture, compute_cost, content_hash
from nas_gan.version import __version__

CONTENTS = {
    ARCHITECTURE_FILE: "both networks, losses and optimisers",
    WEIGHTS_FILE: "the generator's weights, the moving average of training",
    MODEL_FILE: "the generator as Python, for torch and safetensors",
    PROGRAM_FILE: "the generator as an exported PyTorch program",
    ONNX_FILE: "the generator for ONNX runtimes",
    DISCRIMINATOR_FILE: "the discriminator's weights, as training left them",
    DISCRIMINATOR_MODEL_FILE: "the discriminator as Python, for torch and safetensors",
    "record.json": "what was kept of the training run, for nas_gan",
    "samples.png": "a picture of samples",
    EXAMPLE_FILE: "an image to translate",
}


def card_text(architecture: Architecture, facts: BundleFacts, folder: Path, forms: Forms) -> str:
    """Write the card, in Markdown, of the files in `folder`."""
    sections = {
        "Scores": _scores(facts),
        "Cost": _cost(architecture),
        "Data": _data(architecture, facts),
        "Training": _training(facts),
        "Topology": f"```text\n{facts.topology.strip()}\n```",
        "Use": _use(architecture, folder),
        "Train it again": f"```sh\n{retraining_command(facts)}\n```",
        "Files": _files(folder, forms),
    }
    title = (
        f"# Generator of {_plain(facts.name)}\n\nWritten by nas_gan {__version__}. "
        f"Architecture `{content_hash(architecture)}`.\n\n![Samples](samples.png)"
    )
    return "\n\n".join([title, *(f"## {name}\n\n{text}" for name, text in sections.items())]) + "\n"


def retraining_command(facts: BundleFacts) -> str:
    """Write the command that, in the bundle's folder, trains the architecture as it was trained before."""
    options = {
        "--data": facts.data["source"],
        "--resolution": facts.data.get("resolution"),
        "--limit": facts.data.get("limit"),
        "--data-root": facts.data.get("root"),
        "--images": facts.images_seen,
        "--seed": facts.seed,
        "--protocol": facts.protocol.get("name"),
    }
    words = ["python", "-m", "nas_gan", "train", ARCHITECTURE_FILE]
    for option, value in options.items():
        words += [] if value is None else [option, str(value)]
    return printable(f"{shlex.join(words)} -o DIR")


def _scores(facts: BundleFacts) -> str:
    protocol = {name: value for name, value in facts.protocol.items() if value is not None}
    return (
        f"{_table(('score', 'value'), facts.scores)}\n\n"
        "They may be compared with scores of this protocol only:\n\n"
        f"{_table(('protocol', 'value'), protocol.items())}"
    )


def _cost(architecture: Architecture) -> str:
    cost = compute_cost(architecture)
    rows = (
        ("generator", f"{cost.generator_parameters:,}", f"{cost.generator_macs:,}"),
        ("discriminator", f"{cost.discriminator_parameters:,}", f"{cost.discriminator_macs:,}"),
    )
    return _table(("network", "parameters", "multiply-adds an image"), rows)


def _data(architecture: Architecture, facts: BundleFacts) -> str:
    image = architecture.image
    rows: dict[str, Any] = {
        "name": facts.data["source"],
        "fingerprint": facts.data_fingerprint,
        "image": f"{image.channels} × {image.resolution} × {image.resolution}",
        "classes": image.classes or "none",
    }
    if facts.class_names:
        rows["classes from 0 on"] = ", ".join(facts.class_names)
    if facts.data.get("limit") is not None:
        rows["training images at most"] = facts.data["limit"]
    return _table(("data", "value"), rows.items())


def _training(facts: BundleFacts) -> str:
    rows: dict[str, Any] = {
        "weights": facts.weights,
        "images seen": f"{facts.images_seen:,}",
        "seed": facts.seed,
        "time": f"{facts.wall_seconds:,.0f} s, with scoring",
        "device": facts.device,
        "versions": ", ".join(f"{name} {version}" for name, version in facts.versions.items()),
    }
    return _table(("training", "value"), rows.items())


def _use(architecture: Architecture, folder: Path) -> str:
    ways = {MODEL_FILE: _use_model, PROGRAM_FILE: _use_program, ONNX_FILE: _use_onnx}
    return "\n\n".join(describe(architecture) for name, describe in ways.items() if (folder / name).exists())


def _use_model(architecture: Architecture) -> str:
    image = architecture.image
    if architecture.translates:
        return f"""`python {MODEL_FILE} {EXAMPLE_FILE} translated.png` translates a picture. In Python:

```python
from model import translate

images = translate(images)  # float32 [n, {image.channels}, {image.resolution}, {image.resolution}] in [-1, 1], both
images = translate(images, back=True)  # from the target to the origin
```"""
    choose = "class_=1, " if architecture.conditional else ""
    shape = f"{image.channels}, {image.resolution}, {image.resolution}"
    return f"""`python {MODEL_FILE} grid.png --count 64` makes a picture. In Python:

```python
from model import load, pictures, sample

images = sample(16, {choose}seed=0)  # float32 [16, {shape}] in [-1, 1]
pictures(1, {choose}seed=0)[0].save("sample.png")  # PIL images, with Pillow
generator = load()  # a torch.nn.Module
```"""


def _use_program(architecture: Architecture) -> str:
    if architecture.translates:
        latents = "images"
    else:
        generator = architecture.latent_generator
        uniform, size = generator.latent_distribution == "uniform", f"2, {generator.latent_dim}"
        latents = f"torch.rand({size}) * 2 - 1" if uniform else f"torch.randn({size})"
    labels = ", torch.tensor([0, 1])" if architecture.conditional else ""
    return f"""As a program, without {MODEL_FILE}, for any number of images:

```python
generator = torch.export.load("{PROGRAM_FILE}").module()
images = generator({latents}{labels})
```"""


def _use_onnx(architecture: Architecture) -> str:
    values = {"latent": "latents", "origin": "images", "labels": "labels"}
    feed = ", ".join(f'"{name}": {values[name]}' for name in input_names(architecture))
    arrays = "float32 and int64 arrays" if architecture.conditional else "a float32 array"
    return f"""With ONNX Runtime, from {arrays}:

```python
session = onnxruntime.InferenceSession("{ONNX_FILE}")
(images,) = session.run(None, {{{feed}}})
```"""


def _files(folder: Path, forms: Forms) -> str:
    rows = []
    for name, content in CONTENTS.items():
        path = folder / name
        if not path.exists():
            continue
        difference = f"{forms.differences[name]:.2g}" if name in forms.differences else ""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rows.append((name, content, difference, f"`{digest}`"))
    text = (
        "Where a difference is given, the file was loaded again and its images (or verdicts) compared with those of "
        "the network in memory; it is the largest of any value. Computing in float32 instead of float64 makes "
        f"one of up to {forms.rounding:.2g} there.\n\n"
        + _table(("file", "what", "difference", "SHA-256"), rows)
    )
    if not forms.failures:
        return text
    return f"{text}\n\nNot here, since they failed:\n\n{_table(('file', 'why'), forms.failures.items())}"


def _plain(value: object) -> str:
    """Write a value on one line, as text: names come from data and databases of others, and Markdown takes HTML."""
    return html.escape(printable(" ".join(str(value).split())), quote=False)


def _table(headings: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    """Write a Markdown table; what would end a cell is escaped."""
    lines = [headings, ("---",) * len(headings), *rows]
    cells = [[_plain(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
