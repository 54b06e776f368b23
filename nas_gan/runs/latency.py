"""How long a generator takes for one image."""

from __future__ import annotations

import time
from statistics import median

import torch

from nas_gan.nets import Generator, draw_latents
from nas_gan.runs.scoring import Resources, choose_labels
from nas_gan.spec import Architecture
from nas_gan.training import Precision, autocast

WARM_UP, REPEATS = 5, 30


def measure_latency(
    generator: Generator, architecture: Architecture, resources: Resources, precision: Precision
) -> float:
    """Return the median milliseconds from latent to image, one image at a time, on the device of the resources.

    `generator` is in evaluation mode. What else the machine does at the time counts.
    """
    network, device = architecture.generator, resources.device
    latent = draw_latents(1, network.latent_dim, network.latent_distribution, 0).to(device)
    labels = choose_labels(architecture, resources, 1)
    labels = None if labels is None else labels.to(device)
    times = []
    with torch.inference_mode(), autocast(device, precision):
        for _ in range(WARM_UP + REPEATS):
            began = time.perf_counter()
            generator(latent, labels)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - began)
    return 1e3 * median(times[WARM_UP:])
