"""Trains on all cores in two ways, in turn: one process with a thread a core, or one process a core.

    python scripts/bench_threads.py

Prints images a second of both, and their ratio from one run, for a plain, a residual and a dense generator.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
from multiprocessing.synchronize import Barrier
from typing import Any

import torch

from nas_gan.nets import build_networks
from nas_gan.spec import Architecture
from nas_gan.training import Trainer, TrainingData

CONNECTIONS = ("plain", "residual", "dense")
WARM_UP_IMAGES = 256


def build_architecture(connect: str) -> Architecture:
    """Return a GAN for digits of the size that the default search proposes."""
    stages: list[dict[str, Any]] = [{"depth": 2, "connect": connect}] * 2
    tree = {
        "image": {"channels": 1, "resolution": 28},
        "generator": {"width": 16, "stages": stages},
        "discriminator": {"width": 16, "stages": stages},
    }
    return Architecture.from_tree(tree, f"{connect} architecture")


def train(connect: str, threads: int, images: int, barrier: Barrier, seconds: Any) -> None:
    """Train in this process, and put the wall time of `images` images into `seconds`."""
    torch.set_num_threads(threads)
    architecture = build_architecture(connect)
    networks = build_networks(architecture, 0)
    random = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (2048, 1, 28, 28), dtype=torch.uint8, generator=random)
    trainer = Trainer(*networks, TrainingData(pictures, None), architecture.game, seed=0)
    trainer.advance(WARM_UP_IMAGES)
    barrier.wait()
    began = time.monotonic()
    trainer.advance(WARM_UP_IMAGES + images)
    seconds.put(time.monotonic() - began)


def measure(connect: str, processes: int, threads: int, images: int) -> float:
    """Measure images a second of all processes together."""
    context = multiprocessing.get_context("spawn")
    barrier, seconds = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=train, args=(connect, threads, images, barrier, seconds))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    slowest: float = max(seconds.get() for _ in workers)
    for worker in workers:
        worker.join()
    return processes * images / slowest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=4096, help="images a process (default 4096)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of both ways (default 3)")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores; images a second, medians of {arguments.repeats} turns")
    print(f"{'':10}{'1 process':>12}{f'{cores} processes':>14}{'ratio':>8}")
    for connect in CONNECTIONS:
        threaded, separate = [], []
        for _ in range(arguments.repeats):
            threaded.append(measure(connect, 1, cores, arguments.images))
            separate.append(measure(connect, cores, 1, arguments.images))
        ratio = statistics.median(many / one for one, many in zip(threaded, separate, strict=True))
        one, many = statistics.median(threaded), statistics.median(separate)
        print(f"{connect:10}{one:12,.0f}{many:14,.0f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
