"""`model.py` of a translation's bundle; see `nas_gan.export.model_source`."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from nas_gan.export import picture
from nas_gan.export.emit import emit_layer
from nas_gan.export.load import WEIGHTS_FILE
from nas_gan.export.model_source import ALWAYS_USED, used_modules
from nas_gan.nets import generate
from nas_gan.spec import Architecture, plan_translation
from nas_gan.version import __version__

EXAMPLE_FILE = "example.png"


def translation_source(architecture: Architecture) -> str:
    """Write the module: a generator's class, `load`, `translate`, and a command line that translates a picture."""
    plan = plan_translation(architecture)[0]
    image = architecture.image
    shape = f"{image.channels}, {image.resolution}, {image.resolution}"
    layers = emit_layer(plan)
    copied: list[Callable[..., object]] = [*ALWAYS_USED, *used_modules(layers)]
    copied += [generate.to_uint8, picture.write_png]
    sources = [inspect.getsource(each).rstrip() for each in copied]
    mode = "L" if image.channels == 1 else "RGB"
    head = f'''"""A generator that translates images [{shape}], written by nas_gan {__version__}.

Needs torch and safetensors only, and Pillow to read pictures; the weights are in {WEIGHTS_FILE} beside this file.

    from model import load, translate

    images = translate(images)  # float32 [n, {shape}] in [-1, 1], both

    python model.py {EXAMPLE_FILE} translated.png
"""

from __future__ import annotations

import argparse
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = "{WEIGHTS_FILE}"
CHANNELS, SIDE = {image.channels}, {image.resolution}'''
    tail = f'''def build() -> Chain:
    """Build the layers of either direction."""
    return {_indented(layers)}


def load(folder: Path = Path(__file__).parent, back: bool = False) -> Chain:
    """Load the generator to the target, or `back` to the origin, in evaluation mode, on the CPU."""
    prefix = "back." if back else "forth."
    weights = {{
        name.removeprefix(prefix): tensor
        for name, tensor in load_file(folder / WEIGHTS).items()
        if name.startswith(prefix)
    }}
    generator = build()
    generator.load_state_dict(weights)
    return generator.eval()


def translate(images: Tensor, back: bool = False) -> Tensor:
    """Translate images float32 [n, {shape}] in [-1, 1]."""
    with torch.inference_mode():
        return load(back=back)(images)


def read_picture(path: Path) -> Tensor:
    """Read a picture as float32 [1, {shape}] in [-1, 1], resized if it must be."""
    from PIL import Image

    with Image.open(path) as picture:
        pixels = picture.convert("{mode}").resize((SIDE, SIDE)).tobytes()
    values = torch.frombuffer(bytearray(pixels), dtype=torch.uint8)
    return values.view(1, SIDE, SIDE, CHANNELS).permute(0, 3, 1, 2) / 127.5 - 1


def main() -> None:
    """Translate a picture and write the result as a PNG."""
    parser = argparse.ArgumentParser(description="Translate a picture.")
    parser.add_argument("source", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--back", action="store_true", help="from the target to the origin")
    arguments = parser.parse_args()
    images = translate(read_picture(arguments.source), arguments.back)
    write_png(to_uint8(images), columns=1, path=arguments.file)
    print(f"{{arguments.file}}: mean {{images.mean():.4f}}, deviation {{images.std():.4f}}")


if __name__ == "__main__":
    main()'''
    return "\n\n\n".join([head, *sources, tail]) + "\n"


def _indented(expression: str) -> str:
    return expression.replace("\n", "\n    ")
