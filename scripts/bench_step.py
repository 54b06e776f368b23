"""Time of an update: our training loop against a bare PyTorch loop over networks of the same architecture.

    python scripts/bench_step.py                 # six architectures, a few minutes
    python scripts/bench_step.py --repeats 40    # a narrower spread

The bare loop does what training needs and nothing else: it keeps no curve, watches nothing, tells nobody. The two
take turns, so that what else the machine does meets both; each turn of ours ends as `Trainer.advance` does, with
the curve read and the weights checked. Time is the process's own CPU time, in which other programs don't count.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas_gan.data import DataConfig, load_dataset
from nas_gan.nets import Networks, build_networks
from nas_gan.spec import Architecture
from nas_gan.training import Trainer, TrainingData

GOAL = 1.05
DECAY = 0.999
LEARNING_RATE = 2e-4
BETAS = (0.5, 0.999)
CONNECTIONS: dict[str, dict[str, Any]] = {
    "plain": {"connect": "plain", "depth": 2},
    "residual": {"connect": "residual", "depth": 1},
    "dense": {"connect": {"kind": "dense", "growth": 8}, "depth": 3},
}


@final
@dataclass(frozen=True)
class Measured:
    """Seconds of an update, median over turns, and the ratio ours to bare: quartiles over pairs of turns."""

    bare_seconds: float
    our_seconds: float
    ratio: float
    lower_ratio: float
    upper_ratio: float


@final
class BareLoop:
    """GAN training as one writes it by hand, for an unconditional architecture with the non-saturating loss."""

    def __init__(self, networks: Networks, images: Tensor, architecture: Architecture, seed: int) -> None:
        self.generator, self.discriminator = networks
        self.images = images
        self.batch_size = architecture.training.batch_size
        self.latent_dim = architecture.generator.latent_dim
        self.random = torch.Generator().manual_seed(seed)
        self.order = torch.randperm(len(images), generator=self.random)
        self.generator_adam, self.discriminator_adam = (
            torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=BETAS, fused=True)
            for network in networks
        )
        average = copy.deepcopy(self.generator).requires_grad_(False)
        self.averaged, self.live = averaged_tensors(average), averaged_tensors(self.generator)

    def advance(self, updates: int) -> None:
        """Takes so many updates: a step of the discriminator, one of the generator, one of the average."""
        generator, discriminator, random = self.generator, self.discriminator, self.random
        parameters = list(generator.parameters())
        for _ in range(updates):
            if len(self.order) < self.batch_size:
                self.order = torch.randperm(len(self.images), generator=random)
            chosen, self.order = self.order[: self.batch_size], self.order[self.batch_size :]
            real = self.images[chosen].float().div_(127.5).sub_(1.0)
            with torch.no_grad():
                generated = generator(torch.randn(self.batch_size, self.latent_dim, generator=random))
            real_loss = F.softplus(-discriminator(real).score).mean()
            loss = real_loss + F.softplus(discriminator(generated).score).mean()
            self.discriminator_adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.discriminator_adam.step()

            generated = generator(torch.randn(self.batch_size, self.latent_dim, generator=random))
            loss = F.softplus(-discriminator(generated).score).mean()
            self.generator_adam.zero_grad()
            # Gradients of the discriminator's weights aren't needed here; to make them would flatter our loop.
            loss.backward(inputs=parameters)  # type: ignore[no-untyped-call]
            self.generator_adam.step()

            with torch.no_grad():
                torch._foreach_lerp_(self.averaged, self.live, 1 - DECAY)


def averaged_tensors(generator: nn.Module) -> list[Tensor]:
    """Parameters and running statistics."""
    statistics = [buffer for name, buffer in generator.named_buffers() if "running_" in name]
    return [*generator.parameters(), *statistics]


def make_architecture(connection: str, channels: int, resolution: int) -> Architecture:
    """A generator and a discriminator of one kind of connection, the discriminator without normalisation."""
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
            "training": {"batch_size": 32, "moving_average": DECAY},
        },
        connection,
    )


def measure(architecture: Architecture, images: Tensor, updates: int, repeats: int) -> Measured:
    """Lets both loops take turns of `updates` updates; the first turn of each isn't counted."""
    trainer = Trainer(*build_networks(architecture, 0), TrainingData(images, None), architecture.game, 1)
    networks = build_networks(architecture, 0)
    for network in networks:
        # The layout that the trainer gives its networks on a CPU: the loops are compared, not the layouts.
        network.to(memory_format=torch.channels_last)
    bare = BareLoop(networks, images, architecture, 1)
    batch_size = architecture.training.batch_size

    turns = []
    for _ in range(repeats + 1):
        ours = seconds_of(lambda: trainer.advance(trainer.images_seen + updates * batch_size))
        turns.append((ours / updates, seconds_of(lambda: bare.advance(updates)) / updates))
    our_seconds, bare_seconds = zip(*turns[1:], strict=True)
    ratios = [ours / theirs for ours, theirs in turns[1:]]
    lower, _, upper = quantiles(ratios, method="inclusive")
    return Measured(median(bare_seconds), median(our_seconds), median(ratios), lower, upper)


def seconds_of(action: Callable[[], None]) -> float:
    """CPU seconds that an action takes."""
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
    options = parser.parse_args()
    if options.repeats < 2 or min(options.updates, options.threads) < 1:
        parser.error("at least 2 repeats, 1 update and 1 thread")
    torch.set_num_threads(options.threads)

    digits = load_dataset(DataConfig()).train.images
    padded = F.pad(digits, (2, 2, 2, 2)).expand(-1, 3, -1, -1).contiguous()
    print(f"{'architecture':<20} {'bare ms':>8} {'ours ms':>8} {'ratio':>7}   half of all pairs")
    worst = 0.0
    for images in (digits, padded):
        for connection in CONNECTIONS:
            channels, resolution = images.shape[1:3]
            architecture = make_architecture(connection, channels, resolution)
            found = measure(architecture, images, options.updates, options.repeats)
            worst = max(worst, found.ratio)
            print(
                f"{f'{connection} {resolution}×{resolution}×{channels}':<20} {found.bare_seconds * 1e3:>8.1f} "
                f"{found.our_seconds * 1e3:>8.1f} {found.ratio:>7.3f}   "
                f"{found.lower_ratio:.3f} to {found.upper_ratio:.3f}",
                flush=True,
            )
    met = worst <= GOAL
    print(f"worst ratio {worst:.3f}: the goal of {GOAL:.2f} is {'met' if met else 'not met'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
