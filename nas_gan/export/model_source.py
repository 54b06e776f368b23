"""`model.py` of a bundle: one generator as readable Python that needs torch and safetensors only.

Classes and functions that aren't particular to the generator are copied from this package's own source, so
the two can't drift apart.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from textwrap import indent

from nas_gan.export import picture
from nas_gan.export.emit import call, emit_layer, listing, table
from nas_gan.export.load import WEIGHTS_FILE
from nas_gan.nets import generate
from nas_gan.nets import layers as modules
from nas_gan.spec import Architecture, GeneratorPlan, plan_generator
from nas_gan.spec.layers import Maps
from nas_gan.spec.plans import StagePlan
from nas_gan.version import __version__

ALWAYS_USED = (modules.Conditioned, modules.Chain)
USED_BY_SOME = (
    modules.Added,
    modules.Concatenated,
    modules.SamePadding,
    modules.LabelPlanes,
    modules.EmbeddedBatchNorm,
    modules.LinearBatchNorm,
    modules.Reshape,
    modules.SelfAttention,
    modules.VectorLinear,
    modules.ThinnedConvolution,
    modules.SumPool,
    modules.MeanPool,
    modules.MinibatchDeviation,
    modules.MinibatchDiscrimination,
)


def model_source(architecture: Architecture) -> str:
    """Write the module: the generator's class, `load`, `sample`, and a command line that makes a PNG."""
    plan = plan_generator(architecture)
    generator = _generator_class(plan)
    used = [*ALWAYS_USED, *used_modules(generator)]
    functions: list[Callable[..., object]] = [generate.draw_latents]
    functions += [generate.draw_labels] if plan.classes else []
    functions += [generate.generate_images, generate.to_uint8, picture.write_png]
    parts = [
        *(inspect.getsource(layer).rstrip() for layer in used),
        generator,
        load_function("Generator"),
        _sample(plan, architecture.latent_generator.latent_distribution),
        *(inspect.getsource(function).rstrip() for function in functions),
        _command_line(conditional=plan.classes > 0),
    ]
    body = "\n\n\n".join(parts)
    return f"{_head(plan, functional='F.' in body)}\n\n\n{body}\n"


def used_modules(source: str) -> list[type]:
    """List the package's own modules that a network's class uses."""
    return [layer for layer in USED_BY_SOME if f"{layer.__name__}(" in source]


def _head(plan: GeneratorPlan, functional: bool) -> str:
    choose = ", class_=0" if plan.classes else ""
    functional_import = "import torch.nn.functional as F\n" if functional else ""
    return f'''"""A generator of images {_shape(plan.head.outputs)}, written by nas_gan {__version__}.

Needs torch and safetensors only; the weights are in {WEIGHTS_FILE} beside this file.

    from model import load, pictures, sample

    images = sample(16{choose}, seed=0)  # float32 {_tensor(plan, "16")} in [-1, 1]
    pictures(1{choose}, seed=0)[0].save("sample.png")  # with Pillow

    python model.py samples.png --count 64 --seed 0
"""

from __future__ import annotations

import argparse
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, final

import torch
{functional_import}from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = "{WEIGHTS_FILE}"
BATCH_SIZE = {generate.BATCH_SIZE}  # bounds the memory that many or large images take'''


def _generator_class(plan: GeneratorPlan) -> str:
    labels = f" and labels int64 [n], 0 to {plan.classes - 1}," if plan.classes else ""
    text = f"Latents float32 [n, {plan.latent_dim}]{labels} to images {_tensor(plan)} in [-1, 1]."
    forward = "forward(self, latent: Tensor, labels: Tensor | None = None) -> Tensor"
    return network_class("Generator", text, forward, _members(plan), _steps(plan))


def network_class(name: str, text: str, forward: str, members: list[str], steps: list[str]) -> str:
    """Write the class of a network: what its docstring says, how its forward pass is called, and the statements."""
    lines = [
        f'"""{text}"""',
        "",
        "def __init__(self) -> None:",
        indent("super().__init__()\n" + "\n".join(members), "    "),
        "",
        f"def {forward}:",
        indent("\n".join(steps), "    "),
    ]
    return f"class {name}(nn.Module):\n" + indent("\n".join(lines), "    ")


def load_function(name: str) -> str:
    """Write the function that makes a network of the class with this name and loads its weights."""
    network = name.lower()
    return f'''def load(folder: Path = Path(__file__).parent) -> {name}:
    """The {network} with the weights in `folder`, in evaluation mode, on the CPU."""
    {network} = {name}()
    {network}.load_state_dict(load_file(folder / WEIGHTS))
    return {network}.eval()'''


def _members(plan: GeneratorPlan) -> list[str]:
    """Return statements that make the generator's modules, in places that give the weights their names."""
    embedding = f"self.embedding = nn.Embedding({plan.classes}, {plan.embedding_dim})"
    return [
        *([embedding] if plan.embedding_dim else []),
        f"# {_shape(plan.stem.outputs)}",
        f"self.stem = {emit_layer(plan.stem)}",
        *stage_members(plan.stages),
        f"# {_shape(plan.head.outputs)}",
        f"self.head = {emit_layer(plan.head)}",
    ]


def stage_members(plans: tuple[StagePlan, ...]) -> list[str]:
    """Write the statement that makes a network's stages, in the places that give the weights their names."""
    bodies = [f"# {_shape(stage.outputs)}\n{emit_layer(stage.body)}" for stage in plans]
    skips = [
        f'"{index}": {emit_layer(stage.skip)}' for index, stage in enumerate(plans) if stage.skip_from >= 0
    ]
    stages = [f'"bodies": nn.ModuleList({listing(bodies)})']
    if skips:
        stages.append(f'"skips": nn.ModuleDict({table(skips)})')
    return [f"self.stages = nn.ModuleDict({table(stages)})"]


def _steps(plan: GeneratorPlan) -> list[str]:
    """Return statements of the forward pass, a line a stage."""
    steps = []
    condition = ", condition" if plan.classes else ""
    if plan.embedding_joins_latent:
        steps.append("latent = torch.cat((latent, self.embedding(labels)), dim=1)")
        condition = ""
    elif plan.classes:
        steps.append(f"condition = {'self.embedding(labels)' if plan.embedding_dim else 'labels'}")
    steps += stage_steps(plan.stages, "latent[:, :, None, None]", condition)
    return [*steps, f"return self.head(x{len(plan.stages)}{condition})"]


def stage_steps(plans: tuple[StagePlan, ...], inputs: str, condition: str) -> list[str]:
    """Write the statements from a network's inputs, through stem and stages, to the last maps; a line a stage."""
    steps = ['bodies = self.stages["bodies"]']
    if any(stage.skip_from >= 0 for stage in plans):
        steps = ['bodies, skips = self.stages["bodies"], self.stages["skips"]']
    steps.append(f"x0 = self.stem({inputs}{condition})")
    for index, stage in enumerate(plans):
        skip = f' + skips["{index}"](x{stage.skip_from}{condition})' if stage.skip_from >= 0 else ""
        steps.append(f"x{index + 1} = bodies[{index}](x{index}{condition}){skip}")
    return steps


def _sample(plan: GeneratorPlan, distribution: str) -> str:
    latents = call("draw_latents", "count", f"{plan.latent_dim}", f'"{distribution}"', "seed")
    choose = "class_: int | None = None, " if plan.classes else ""
    which = "of one class, or of all in turn" if plan.classes else "equal for equal seeds"
    labels = f"draw_labels(count, {plan.classes}, class_)" if plan.classes else "None"
    given = "class_, " if plan.classes else ""
    picture = "one[:, :, 0]" if plan.head.outputs.channels == 1 else "one"
    return f'''def sample(count: int, {choose}seed: int = 0) -> Tensor:
    """Images float32 {_tensor(plan, "count")} in [-1, 1], {which}."""
    latents = {latents}
    labels = {labels}
    return torch.cat(list(generate_images(load(), latents, labels)))


def pictures(count: int, {choose}seed: int = 0) -> list[Any]:
    """The same as PIL images; needs Pillow."""
    from PIL import Image

    pixels = to_uint8(sample(count, {given}seed)).permute(0, 2, 3, 1).numpy()
    return [Image.fromarray({picture}) for one in pixels]'''


def _command_line(conditional: bool) -> str:
    option = (
        '\n    parser.add_argument("--class", type=int, help="of all in turn, if left out", dest="class_")'
    )
    choose = "arguments.class_, " if conditional else ""
    return f'''def main() -> None:
    """Write samples as a PNG and say what they are."""
    parser = argparse.ArgumentParser(description="Write samples of the generator as a PNG.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=64){option if conditional else ""}
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    images = sample(arguments.count, {choose}arguments.seed)
    write_png(to_uint8(images), columns=8, path=arguments.file)
    shape = " × ".join(str(size) for size in images.shape)
    print(f"{{arguments.file}}: {{shape}}, mean {{images.mean():.4f}}, deviation {{images.std():.4f}}")


if __name__ == "__main__":
    main()'''


def _shape(maps: Maps) -> str:
    return f"{maps.channels} × {maps.resolution} × {maps.resolution}"


def _tensor(plan: GeneratorPlan, count: str = "n") -> str:
    maps = plan.head.outputs
    return f"[{count}, {maps.channels}, {maps.resolution}, {maps.resolution}]"
