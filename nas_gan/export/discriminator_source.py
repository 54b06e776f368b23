"""`discriminator.py` of a bundle: its discriminator as readable Python that needs torch and safetensors only."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from nas_gan.export.emit import emit_layer
from nas_gan.export.load import DISCRIMINATOR_FILE
from nas_gan.export.model_source import (
    ALWAYS_USED,
    load_function,
    network_class,
    stage_members,
    stage_steps,
    used_modules,
)
from nas_gan.nets import layers as modules
from nas_gan.nets.networks import Verdict
from nas_gan.spec import Architecture, DiscriminatorPlan, plan_discriminator
from nas_gan.version import __version__


def discriminator_source(architecture: Architecture) -> str:
    """Write the module: the discriminator's class, and `load`."""
    plan = plan_discriminator(architecture)
    discriminator = _discriminator_class(plan)
    used = [*ALWAYS_USED, *used_modules(discriminator)]
    copied: list[Callable[..., object]] = [Verdict, *used]
    if any("Minibatch" in layer.__name__ for layer in used):
        copied.append(modules._widened)
    parts = [
        *(inspect.getsource(one).rstrip() for one in copied),
        discriminator,
        load_function("Discriminator"),
    ]
    return f"{_head(plan)}\n\n\n" + "\n\n\n".join(parts) + "\n"


def _head(plan: DiscriminatorPlan) -> str:
    maps = plan.stem.inputs
    side = maps.resolution
    return f'''"""A discriminator of images {maps.channels} × {side} × {side}, written by nas_gan {__version__}.

Needs torch and safetensors only; the weights are in {DISCRIMINATOR_FILE} beside this file.

    from discriminator import load

    # Of images float32 [n, {maps.channels}, {side}, {side}] in [-1, 1]; labels int64 [n], None where none are used.
    score, class_logits = load()(images, labels)
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = "{DISCRIMINATOR_FILE}"'''


def _discriminator_class(plan: DiscriminatorPlan) -> str:
    members = [
        f"self.stem = {emit_layer(plan.stem)}",
        *stage_members(plan.stages),
        f"self.head = {emit_layer(plan.head)}",
        f"self.score = {emit_layer(plan.score)}",
    ]
    steps = [
        *stage_steps(plan.stages, "images", ", labels"),
        f"features = self.head(x{len(plan.stages)}, labels)",
        "score = self.score(features).squeeze(1)",
    ]
    if plan.projection_classes:
        members.append(
            f"self.projection = nn.Embedding({plan.projection_classes}, {plan.head.outputs.channels})"
        )
        steps.append("score = score + (features * self.projection(labels)).sum(dim=1)")
    logits = "None"
    if plan.class_logits:
        members.append(f"self.class_logits = {emit_layer(plan.class_logits)}")
        logits = "self.class_logits(features)"
    text = (
        "Images float32 in [-1, 1] and labels int64 [n] to a verdict; labels may be None where none are used."
    )
    forward = "forward(self, images: Tensor, labels: Tensor | None = None) -> Verdict"
    steps.append(f"return Verdict(score, {logits})")
    return network_class("Discriminator", text, forward, members, steps)
