"""Measures what a GPU makes of this package: one command, under nine minutes, one JSON.

    python scripts/bench_gpu.py -o gpu.json
    python scripts/bench_gpu.py --data cifar10-jpeg.zip -o gpu.json       # the search on real pictures
    python scripts/bench_gpu.py --device cpu --minutes 0.2 --seconds 0.1  # does it run at all? seconds

In this order, and each part only while there is time (`left_out` names the others):

- loops: images a second of six architectures (three kinds of connection, at 32×32 and at 64×64), conditions as in a
  search: our trainer, a bare loop, and the bare loop with `torch.compile`, whose compilation isn't counted
- variants, of the plain one at 32×32: our trainer in float32 and in bfloat16; the bare loop with channels last, and as
  a CUDA graph of the whole update (data, noise, both steps, optimisers, moving average)
- workers: images a second in all, of 1, 2, 4 and 8 processes on the device
- search: a search for what is left of the time

What a device can't do is in the JSON as its reason. Nothing is printed but where it is, and what it does just now.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor

from nas_gan.errors import one_line
from nas_gan.nets import build_networks
from nas_gan.spec import Architecture
from nas_gan.training import Precision, Trainer, TrainingData, fastest_precision

MINUTES, SECONDS = 8.5, 4.0
LEAST_SEARCH_SECONDS = 30.0
WORKERS = (1, 2, 4, 8)
BATCH, LATENT, DECAY, RATE, BETAS = 64, 64, 0.999, 2e-4, (0.5, 0.999)
CONNECTIONS: dict[str, dict[str, Any]] = {
    "plain": {"connect": "plain", "depth": 2},
    "residual": {"connect": "residual", "depth": 1},
    "dense": {"connect": {"kind": "dense", "growth": 8}, "depth": 3},
}
UPDATES_A_TURN = 10
Advance = Callable[[], None]


def make_architecture(connection: str, resolution: int) -> Architecture:
    """Return a generator and a discriminator of one kind of connection for colour images."""
    stages = [CONNECTIONS[connection]] * (3 if resolution == 32 else 4)
    adam = {"kind": "adam", "learning_rate": RATE, "beta1": BETAS[0], "beta2": BETAS[1]}
    return Architecture.from_tree(
        {
            "image": {"channels": 3, "resolution": resolution},
            "generator": {"width": 16, "latent_dim": LATENT, "stages": stages},
            "discriminator": {"width": 16, "stages": stages},
            "loss": "non_saturating",
            "optimisers": {"generator": adam, "discriminator": adam},
            "training": {"batch_size": BATCH, "moving_average": DECAY, "generated_batch": "shared"},
        },
        connection,
    )


def make_images(resolution: int, device: torch.device) -> Tensor:
    """Noise uint8 [n, 3, r, r] on the device: how fast a network trains isn't the images' matter."""
    random = torch.Generator().manual_seed(0)
    shape = (1024, 3, resolution, resolution)
    return torch.randint(0, 256, shape, generator=random, dtype=torch.uint8).to(device)


@final
class BareLoop:
    """GAN training as one writes it by hand, all of it on the device and without a word to the host."""

    def __init__(
        self,
        architecture: Architecture,
        images: Tensor,
        precision: Precision,
        *,
        compiled: bool = False,
        channels_last: bool = False,
    ) -> None:
        self.images, self.precision, device = images, precision, images.device
        self.generator, self.discriminator = (
            net.to(device).train() for net in build_networks(architecture, 0)
        )
        if channels_last:
            for network in (self.generator, self.discriminator):
                network.to(memory_format=torch.channels_last)
        on_gpu = device.type == "cuda"
        self.adams = [
            torch.optim.Adam(network.parameters(), lr=RATE, betas=BETAS, fused=True, capturable=on_gpu)
            for network in (self.generator, self.discriminator)
        ]
        self.live: list[Tensor] = list(self.generator.parameters())
        self.averaged = [copy.deepcopy(parameter.detach()) for parameter in self.live]
        if compiled:
            self.generator.compile()
            self.discriminator.compile()

    def __call__(self) -> None:
        """Take one update: a step of the discriminator, one of the generator, one of the average."""
        device = self.images.device
        mixed = torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.precision == "bfloat16")
        chosen = torch.randint(len(self.images), (BATCH,), device=device)
        real = self.images[chosen].float().div_(127.5).sub_(1.0)
        with mixed:
            generated = self.generator(torch.randn(BATCH, LATENT, device=device), None)
            real_score = self.discriminator(real, None).score
            score = self.discriminator(generated.detach(), None).score
        loss = F.softplus(-real_score.float()).mean() + F.softplus(score.float()).mean()
        self.adams[1].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.adams[1].step()
        with mixed:
            score = self.discriminator(generated, None).score
        loss = F.softplus(-score.float()).mean()
        self.adams[0].zero_grad()
        loss.backward(inputs=self.live)  # type: ignore[no-untyped-call]
        self.adams[0].step()
        with torch.no_grad():
            torch._foreach_lerp_(self.averaged, self.live, 1 - DECAY)


def our_loop(architecture: Architecture, images: Tensor, precision: Precision) -> Advance:
    """Return the package's trainer, a window of the curve a turn."""
    networks, data = build_networks(architecture, 0), TrainingData(images, None)
    trainer = Trainer(*networks, data, architecture.game, 0, precision, guarded=False)
    return lambda: trainer.advance(trainer.images_seen + UPDATES_A_TURN * BATCH)


def turns_of(update: Advance) -> Advance:
    """As many updates as one turn of our loop takes."""

    def advance() -> None:
        for _ in range(UPDATES_A_TURN):
            update()

    return advance


def capture(loop: BareLoop) -> Advance:
    """Return the whole update as a CUDA graph."""
    if loop.images.device.type != "cuda":
        raise RuntimeError("a CPU has no CUDA graphs")
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            loop()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loop()
    return graph.replay


def measure(build: Callable[[], Advance], device: torch.device, seconds: float) -> float | str:
    """Measure images a second, after one turn that isn't counted; the reason where it can't be done."""
    try:
        advance = build()
        advance()
        _wait_for(device)
        began, turns = time.perf_counter(), 0
        while turns == 0 or time.perf_counter() - began < seconds:
            advance()
            _wait_for(device)
            turns += 1
        return turns * UPDATES_A_TURN * BATCH / (time.perf_counter() - began)
    except Exception as error:
        return one_line(error)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measure_loops(device: torch.device, seconds: float, is_late: Callable[[], bool]) -> dict[str, Any]:
    """Measure three loops over six architectures, as far as there is time."""
    precision = fastest_precision(device)
    found: dict[str, Any] = {}
    for resolution in (32, 64):
        images = make_images(resolution, device)
        for connection in CONNECTIONS:
            if is_late():
                return found
            architecture = make_architecture(connection, resolution)
            builds: dict[str, Callable[[], Advance]] = {
                "ours": lambda a=architecture, i=images: our_loop(a, i, precision),  # type: ignore[misc]
                "bare": lambda a=architecture, i=images: turns_of(BareLoop(a, i, precision)),  # type: ignore[misc]
            }
            if device.type == "cuda":  # a CPU's compiler takes longer than all else here
                builds["compiled"] = lambda a=architecture, i=images: turns_of(  # type: ignore[misc]
                    BareLoop(a, i, precision, compiled=True)
                )
            found[f"{connection} {resolution}"] = {
                name: measure(build, device, seconds) for name, build in builds.items()
            }
    return found


def measure_variants(device: torch.device, seconds: float) -> dict[str, float | str]:
    """Precisions, layouts and a CUDA graph, of the plain architecture at 32×32."""
    images, architecture, fastest = (
        make_images(32, device),
        make_architecture("plain", 32),
        fastest_precision(device),
    )
    builds: dict[str, Callable[[], Advance]] = {
        "ours, float32": lambda: our_loop(architecture, images, "float32"),
        "ours, bfloat16": lambda: our_loop(architecture, images, "bfloat16"),
        "bare": lambda: turns_of(BareLoop(architecture, images, fastest)),
        "bare, channels last": lambda: turns_of(BareLoop(architecture, images, fastest, channels_last=True)),
        "bare, CUDA graph": lambda: turns_of(capture(BareLoop(architecture, images, fastest))),
    }
    return {name: measure(build, device, seconds) for name, build in builds.items()}


def measure_workers(device: torch.device, seconds: float, is_late: Callable[[], bool]) -> dict[str, Any]:
    """Measure images a second of several processes side by side, each one's own and all together."""
    found: dict[str, Any] = {}
    for count in WORKERS:
        if is_late():
            break
        command = [sys.executable, __file__, "--device", str(device), "--seconds", str(seconds), "--worker"]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
        answers = [process.communicate()[0].strip() for process in started]
        speeds = [float(answer) for answer in answers if _is_number(answer)]
        found[str(count)] = {"images_a_second": sum(speeds), "ended": len(speeds), "each": answers}
    return found


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def measure_search(device: torch.device, data: str, seconds: float) -> dict[str, Any]:
    """Search for so long; return what it came to, as `search --json` says it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "nas_gan", "search", "--data", data, "--device", str(device), "--json"),
            *("--timeout", f"{seconds:.0f}", "--out", folder),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        return {"failed": ended.stderr.strip().splitlines()[-1:]}
    return {"seconds": seconds, "data": data, **json.loads(ended.stdout)}


def run(device: torch.device, data: str, minutes: float, seconds: float) -> dict[str, Any]:
    """Run all parts for which there is time; `left_out` names those for which there was none."""
    began = time.monotonic()

    def left() -> float:
        return minutes * 60 - (time.monotonic() - began)

    on_gpu = device.type == "cuda"
    found: dict[str, Any] = {
        "device": torch.cuda.get_device_name(device) if on_gpu else "cpu",
        "torch": torch.__version__,
        "precision": fastest_precision(device),
        "left_out": [],
    }
    parts: dict[str, Callable[[], Any]] = {
        "loops": lambda: measure_loops(device, seconds, lambda: left() < 0.5 * minutes * 60),
        "variants": lambda: measure_variants(device, seconds),
        "workers": lambda: measure_workers(device, seconds, lambda: left() < 0.3 * minutes * 60),
        "search": lambda: measure_search(device, data, left() - 20.0),
    }
    for name, part in parts.items():
        if left() < (LEAST_SEARCH_SECONDS + 20.0 if name == "search" else 0.0):
            found["left_out"].append(name)
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        found[name] = part()
    return {**found, "wall_seconds": time.monotonic() - began}


def main() -> int:
    """Measure and write; 0 when done, 2 for bad input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1 or cpu [cuda]")
    parser.add_argument("--data", default="mnist5k", help="what is searched on: as search takes it [mnist5k]")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"in all, about [{MINUTES}]")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each measurement [{SECONDS}]")
    parser.add_argument("-o", "--output", type=Path, help="file of the JSON [standard output]")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.error(
            f"--device {options.device}: torch finds no GPU here; give --device cpu to see whether it runs"
        )
    if options.worker:
        build = make_architecture("plain", 32), make_images(32, device), fastest_precision(device)
        print(measure(lambda: our_loop(*build), device, options.seconds))
        return 0
    text = json.dumps(run(device, options.data, options.minutes, options.seconds), indent=1)
    if options.output is None:
        print(text)
    else:
        options.output.write_text(text + "\n", encoding="utf-8")
        print(f"Wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
