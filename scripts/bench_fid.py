"""Time of the Fréchet distance: ours from ready statistics, against torch-fidelity's from the same statistics.

    python scripts/bench_fid.py                # 2048 dimensions, a minute or two
    python scripts/bench_fid.py --dimensions 512 --repeats 5

The two take turns, so that what else the machine does meets both. √Σ of the real images is made beforehand: in a
search it is made once and every score uses it. OMP_NUM_THREADS sets the threads of both.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_statistics_to_metric

from nas_gan.metrics.frechet import compute_frechet_distance, compute_real_statistics
from nas_gan.metrics.statistics import Moments


def draw_features(count: int, dimensions: int, scale: float, generator: torch.Generator) -> Tensor:
    """Return features as an extractor gives them: float32, correlated, never negative."""
    mixing = torch.randn(dimensions, dimensions, generator=generator) / dimensions**0.5
    return scale * torch.relu(torch.randn(count, dimensions, generator=generator) @ mixing)


def collect(features: Tensor) -> Moments:
    """Return the moments of all rows."""
    moments = Moments(features.shape[1])
    moments.update(features)
    return moments


def compute_by_torch_fidelity(real: Moments, generated: Moments) -> float:
    """Compute torch-fidelity's distance between the same statistics."""
    statistics = [{"mu": m.mean.numpy(), "sigma": m.covariance.numpy()} for m in (real, generated)]
    return float(fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID])


def measure(action: Callable[[], float]) -> tuple[float, float]:
    """Return seconds taken, and what came out."""
    start = time.perf_counter()
    value = action()
    return time.perf_counter() - start, value


def main() -> None:
    """Parse the command line, measure in turn, print a table and the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dimensions", type=int, default=2048, help="length of a feature vector")
    parser.add_argument("--images", type=int, default=5000, help="real and generated images each")
    parser.add_argument("--few", type=int, default=500, help="generated images for the route from features")
    parser.add_argument("--repeats", type=int, default=3, help="turns; the median counts")
    options = parser.parse_args()

    generator = torch.Generator().manual_seed(0)
    real = collect(draw_features(options.images, options.dimensions, 1.0, generator))
    features = draw_features(options.images, options.dimensions, 1.2, generator)
    generated, few = collect(features), features[: options.few]
    moments_of_few = collect(few)
    start = time.perf_counter()
    statistics = compute_real_statistics(real)
    root_seconds = time.perf_counter() - start
    print(f"{options.dimensions} dimensions, {options.images} images, {torch.get_num_threads()} threads")
    print(f"√Σ of the real images, made once: {root_seconds:.2f} s")

    routes: dict[str, Callable[[], float]] = {
        "torch-fidelity": lambda: compute_by_torch_fidelity(real, generated),
        "ours": lambda: compute_frechet_distance(statistics, generated),
        f"ours, moments of {len(few)}": lambda: compute_frechet_distance(statistics, moments_of_few),
        f"ours, features of {len(few)}": lambda: compute_frechet_distance(statistics, few),
    }
    turns = [{name: measure(route) for name, route in routes.items()} for _ in range(options.repeats)]
    seconds = {name: median(turn[name][0] for turn in turns) for name in routes}
    values = {name: turns[0][name][1] for name in routes}
    print(f"{'route':<24} {'seconds':>9} {'distance':>14}")
    for name in routes:
        print(f"{name:<24} {seconds[name]:>9.3f} {values[name]:>14.7f}")
    difference = abs(values["ours"] / values["torch-fidelity"] - 1)
    print(
        f"ours is {seconds['torch-fidelity'] / seconds['ours']:.1f} times as fast; values differ by {difference:.1e}"
    )


if __name__ == "__main__":
    main()
