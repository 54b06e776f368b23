"""Time of an update: our training loop against a bare PyTorch loop, and any other, over the same architectures.

    python scripts/bench_step.py                                # six architectures, some minutes
    python scripts/bench_step.py --repeats 40                   # a narrower spread
    python scripts/bench_step.py --precision float32 --generated-batch fresh
    python scripts/bench_step.py --other their_loop.py          # and another project's loop

The bare loop does what training needs and nothing else: it keeps no curve, watches nothing, tells nobody; algorithm,
precision and layout are ours. Another project's loop is as that project ships it. It is a Python file with a function
`build_loop(generator, discriminator, images, batch_size, latent_dim)`, which is given two new networks of the same
architecture (`generator(latents)` gives images, `discriminator(images).score` scores [n]), real images, uint8
[n, c, h, w], and the latents' size, and returns an object whose `advance(updates)` takes so many updates of Adam
(rate 2e-4, β 0.5 and 0.999) on the non-saturating loss.

All loops take turns, so that what else the machine does meets each of them; each turn of ours ends as
`Trainer.advance` does, with the curve read and the weights checked. Time is the process's own CPU time, in which
other programs don't count.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Protocol, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas_gan.data import DataConfig, load_dataset
from nas_gan.nets import Networks, build_networks
from nas_gan.spec import Architecture
from nas_gan.training import Precision, Trainer, TrainingData, fastest_precision

GOAL = 1.05
"""Ours to bare, at most."""

OTHER_GOAL = 1.8
"""Another project's to ours, at least."""

DECAY = 0.999
LEARNING_RATE = 2e-4
BETAS = (0.5, 0.999)
CONNECTIONS: dict[str, dict[str, Any]] = {
    "plain": {"connect": "plain", "depth": 2},
    "residual": {"connect": "residual", "depth": 1},
    "dense": {"connect": {"kind": "dense", "growth": 8}, "depth": 3},
}


class Loop(Protocol):
    """A training loop."""

    def advance(self, updates: int) -> None:
        """Take so many updates."""


@final
@dataclass(frozen=True)
class Ratio:
    """How many times as long one loop takes as another: quartiles over pairs of turns."""

    lower: float
    middle: float
    upper: float

    @staticmethod
    def of(times: list[float], others: list[float]) -> Ratio:
        """Summarise seconds, turn by turn."""
        return Ratio(*quantiles([one / other for one, other in zip(times, others, strict=True)]))

    def __str__(self) -> str:
        return f"{self.middle:.3f} ({self.lower:.3f} to {self.upper:.3f})"


@final
class OurLoop:
    """The package's trainer, as a run has it."""

    def __init__(self, trainer: Trainer, batch_size: int) -> None:
        self._trainer = trainer
        self._batch_size = batch_size

    def advance(self, updates: int) -> None:
        self._trainer.advance(self._trainer.images_seen + updates * self._batch_size)


@final
class BareLoop:
    """GAN training as one writes it by hand, for an unconditional architecture with the non-saturating loss."""

    def __init__(
        self, networks: Networks, images: Tensor, architecture: Architecture, precision: Precision, seed: int
    ) -> None:
        self.autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
        self.shares = architecture.training.generated_batch == "shared"
        self.generator, self.discriminator = networks
        self.images = images
        self.batch_size = architecture.training.batch_size
        self.latent_dim = architecture.latent_generator.latent_dim
        self.random = torch.Generator().manual_seed(seed)
        self.order = torch.randperm(len(images), generator=self.random)
        self.generator_adam, self.discriminator_adam = (
            torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True)
            for network in networks
        )
        average = copy.deepcopy(self.generator).requires_grad_(False)
        self.averaged, self.live = averaged_tensors(average), averaged_tensors(self.generator)

    def advance(self, updates: int) -> None:
        """Take so many updates: a step of the discriminator, one of the generator, one of the average."""
        generator, discriminator, random, autocast = (
            self.generator,
            self.discriminator,
            self.random,
            self.autocast,
        )
        parameters = list(generator.parameters())
        for _ in range(updates):
            if len(self.order) < self.batch_size:
                self.order = torch.randperm(len(self.images), generator=random)
            chosen, self.order = self.order[: self.batch_size], self.order[self.batch_size :]
            real = self.images[chosen].float().div_(127.5).sub_(1.0)
            latent = torch.randn(self.batch_size, self.latent_dim, generator=random)
            with torch.set_grad_enabled(self.shares), autocast:
                generated = generator(latent)
            with autocast:
                real_score, score = discriminator(real).score, discriminator(generated.detach()).score
            loss = F.softplus(-real_score.float()).mean() + F.softplus(score.float()).mean()
            self.discriminator_adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.discriminator_adam.step()

            with autocast:
                if not self.shares:
                    latent = torch.randn(self.batch_size, self.latent_dim, generator=random)
                    generated = generator(latent)
                score = discriminator(generated).score
            loss = F.softplus(-score.float()).mean()
            self.generator_adam.zero_grad()
            # Gradients of the discriminator's weights aren't needed here; to make them would flatter our loop.
            loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
            self.generator_adam.step()

            with torch.no_grad():
                torch._foreach_lerp_(self.averaged, self.live, 1 - DECAY)


def averaged_tensors(generator: nn.Module) -> list[Tensor]:
    """Return parameters and running statistics."""
    statistics = [buffer for name, buffer in generator.named_buffers() if "running_" in name]
    return [*generator.parameters(), *statistics]


def make_architecture(connection: str, channels: int, resolution: int, generated_batch: str) -> Architecture:
    """Return a generator and a discriminator of one kind of connection, the discriminator without normalisation."""
    stages = [CONNECTIONS[connection]] * (2 if resolution == 28 else 3)
    width = 16 if resolution == 28 else 8
    adam = {"kind": "adam", "learning_rate": LEARNING_RATE, "beta1": BETAS[0], "beta2": BETAS[1]}
    return Architecture.from_tree(
        {
            "image": {"channels": channels, "resolution": resolution},
            "generator": {"width": width, "stages": stages},
            "discriminator": {"width": width, "stages": stages},
            "loss": "non_saturating",
            "optimisers": {"generator": adam, "discriminator": adam},
            "training": {"batch_size": 32, "moving_average": DECAY, "generated_batch": generated_batch},
        },
        connection,
    )


def build_loops(
    architecture: Architecture, images: Tensor, precision: Precision, other: Callable[..., Loop] | None
) -> list[Loop]:
    """Return the bare loop, ours, and the other one if there is one, each with networks of its own."""
    data, game = TrainingData(images, None), architecture.game
    bare = build_networks(architecture, 0)
    for network in bare:
        # The layout that the trainer gives its networks on a CPU: the loops are compared, not the layouts.
        network.to(memory_format=torch.channels_last)
    loops: list[Loop] = [
        BareLoop(bare, images, architecture, precision, 1),
        OurLoop(
            Trainer(*build_networks(architecture, 0), data, game, 1, precision), game.training.batch_size
        ),
    ]
    if other is not None:
        networks = build_networks(architecture, 0)
        loops.append(
            other(*networks, images, game.training.batch_size, architecture.latent_generator.latent_dim)
        )
    return loops


def measure(loops: list[Loop], updates: int, repeats: int) -> list[list[float]]:
    """Return seconds of an update, turn by turn, of each loop; the first turn of each isn't counted."""
    turns = [
        [seconds_of(lambda loop=loop: loop.advance(updates)) / updates for loop in loops]  # type: ignore[misc]
        for _ in range(repeats + 1)
    ]
    return [list(times) for times in zip(*turns[1:], strict=True)]


def load_other(path: Path) -> Callable[..., Loop]:
    """Load the function `build_loop` of a Python file; raises what the file raises, and AttributeError without one."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}: no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., Loop] = module.build_loop
    return found


def seconds_of(action: Callable[[], None]) -> float:
    """Return the CPU seconds that an action takes."""
    start = time.process_time()
    action()
    return time.process_time() - start


def main() -> int:
    """Parse the command line, measure, print a table and whether the goal is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=20, help="turns of each loop that count [20]")
    parser.add_argument("--updates", type=int, default=10, help="updates a turn [10]")
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch [1]")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto", help="[auto]")
    parser.add_argument("--generated-batch", choices=["fresh", "shared"], default="shared", help="[shared]")
    parser.add_argument("--other", type=Path, help="Python file with another project's loop")
    options = parser.parse_args()
    if options.repeats < 2 or min(options.updates, options.threads) < 1:
        parser.error("at least 2 repeats, 1 update and 1 thread")
    if options.other is not None and not options.other.is_file():
        parser.error(f"--other {options.other}: no such file")
    torch.set_num_threads(options.threads)
    auto = options.precision == "auto"
    precision = fastest_precision(torch.device("cpu")) if auto else options.precision
    other = None if options.other is None else load_other(options.other)

    digits = load_dataset(DataConfig()).train.images
    padded = F.pad(digits, (2, 2, 2, 2)).expand(-1, 3, -1, -1).contiguous()
    print(f"{precision}, generated batch {options.generated_batch}; CPU ms an update, ratios and quartiles")
    print(
        f"{'architecture':<20} {'bare':>7} {'ours':>7} {'ours to bare':>24}"
        + (f" {'other':>7} {'other to ours':>24}" if other else "")
    )
    worst, least = 0.0, float("inf")
    for images in (digits, padded):
        for connection in CONNECTIONS:
            channels, resolution = images.shape[1:3]
            architecture = make_architecture(connection, channels, resolution, options.generated_batch)
            times = measure(
                build_loops(architecture, images, precision, other), options.updates, options.repeats
            )
            to_bare = Ratio.of(times[1], times[0])
            worst = max(worst, to_bare.middle)
            name = f"{connection} {resolution}×{resolution}×{channels}"
            line = f"{name:<20} {median(times[0]) * 1e3:>7.1f} {median(times[1]) * 1e3:>7.1f} {to_bare!s:>24}"
            if other:
                to_ours = Ratio.of(times[2], times[1])
                least = min(least, to_ours.middle)
                line += f" {median(times[2]) * 1e3:>7.1f} {to_ours!s:>24}"
            print(line, flush=True)
    met = worst <= GOAL
    print(f"worst ratio {worst:.3f}: the goal of {GOAL:.2f} is {'met' if met else 'not met'}")
    if other:
        is_fast = least >= OTHER_GOAL
        print(f"least ratio {least:.3f}: the goal of {OTHER_GOAL:.2f} is {'met' if is_fast else 'not met'}")
        met = met and is_fast
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
