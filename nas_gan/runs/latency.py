"""How long a generator takes for one image."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch

from nas_gan.training import Precision, autocast

WARM_UP, REPEATS = 5, 30


def measure_latency(make_one: Callable[[], object], device: torch.device, precision: Precision) -> float:
    """Return the median milliseconds of making one image; what else the machine does at the time counts.

    `make_one`: calls the network, in evaluation mode, with a batch of one on the device.
    """
    times = []
    with torch.inference_mode(), autocast(device, precision):
        for _ in range(WARM_UP + REPEATS):
            began = time.perf_counter()
            make_one()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - began)
    return 1e3 * median(times[WARM_UP:])
