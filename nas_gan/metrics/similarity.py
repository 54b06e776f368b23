"""How alike two images are in structure, and so how far a generator has collapsed within a class.

The multi-scale structural similarity (MS-SSIM) of Wang, Simoncelli and Bovik, "Multi-scale structural similarity for
image quality assessment" (2003), on the index of Wang et al., "Image quality assessment: from error visibility to
structural similarity" (2004). Its mean over random pairs of one class tells whether the images of that class vary, as
in Odena, Olah and Shlens, "Conditional image synthesis with auxiliary classifier GANs" (2017).

The paper's five scales take images of 176 pixels. Smaller ones get the scales whose side still holds the window of 11
pixels (28 and 32 pixels: two), with the weights of those scales divided by their sum; below 11 pixels the window is as
large as the image allows, and its deviation shrinks with it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW = 11
WINDOW_DEVIATION = 1.5  # pixels
STABILISERS = (0.01**2, 0.03**2)  # the paper's C1 and C2, for pixels in [0, 1]
PAIRS = 1_000  # shared among the classes
FEWEST_PAIRS = 20  # of one class
PAIRS_AT_ONCE = 100


def count_scales(resolution: int) -> int:
    """Return how many scales images of so many pixels a side bear: 1 to 5."""
    scales = 1
    while scales < len(SCALE_WEIGHTS) and resolution >> scales >= WINDOW:
        scales += 1
    return scales


def compute_similarity(left: Tensor, right: Tensor) -> Tensor:
    """Return MS-SSIM of each pair of uint8 images [n, c, r, r]: float64 [n], in [0, 1], and 1 for equal images.

    Computed channel by channel and averaged. Windows lie within the image; means over 2 × 2 pixels lead from one
    scale to the next. A scale on which two images are opposites counts as 0, since the paper's powers of negative
    numbers do not exist.
    """
    scales = count_scales(left.shape[-1])
    weights = torch.tensor(SCALE_WEIGHTS[:scales], dtype=torch.float64)
    weights = weights / weights.sum()
    first, second = (images.cpu().to(torch.float64) / 255 for images in (left, right))
    similarity = torch.ones(left.shape[:2], dtype=torch.float64)
    for scale, weight in enumerate(weights):
        luminance, structure = _compare(first, second)
        coarsest = scale == scales - 1
        similarity *= (luminance * structure if coarsest else structure).mean((2, 3)).clamp(min=0) ** weight
        if not coarsest:
            first, second = F.avg_pool2d(first, 2), F.avg_pool2d(second, 2)
    return similarity.mean(1)


def compute_class_similarity(images: Tensor, labels: Tensor | None, seed: int) -> float | None:
    """Return the mean MS-SSIM of random pairs of uint8 images [n, c, r, r] within a class, averaged over the classes.

    1,000 pairs in all, the same for the same seed and labels (int64 [n]). Without labels, pairs of any two images. A
    class of fewer than two images is left out; None where that leaves nothing.
    """
    groups = _group(len(images), labels)
    if not groups:
        return None
    count = max(FEWEST_PAIRS, PAIRS // len(groups))
    generator = torch.Generator().manual_seed(seed)
    means = [_mean_over_pairs(images, _draw_pairs(group, count, generator)) for group in groups]
    return sum(means) / len(means)


def _compare(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return luminance, and contrast times structure, of every window: two maps [n, c, s, s]."""
    mean_first, mean_second = _blur(first), _blur(second)
    variance_first = _blur(first * first) - mean_first * mean_first
    variance_second = _blur(second * second) - mean_second * mean_second
    covariance = _blur(first * second) - mean_first * mean_second
    small, large = STABILISERS
    luminance = (2 * mean_first * mean_second + small) / (mean_first**2 + mean_second**2 + small)
    return luminance, (2 * covariance + large) / (variance_first + variance_second + large)


def _blur(images: Tensor) -> Tensor:
    """Return means under a Gaussian window, wherever it lies within the image: columns, then rows, as matrix
    products.
    """
    band = _band(images.shape[-1])
    return band @ images @ band.T


def _band(side: int) -> Tensor:
    """Return the window at each of its places: float64 [places, side]."""
    taps = min(WINDOW, side - (side + 1) % 2)
    deviation = WINDOW_DEVIATION * taps / WINDOW
    offsets = torch.arange(taps, dtype=torch.float64) - taps // 2
    window = torch.exp(-offsets.square() / (2 * deviation**2))
    places = side - taps + 1
    band = torch.zeros(places, side, dtype=torch.float64)
    for place in range(places):
        band[place, place : place + taps] = window / window.sum()
    return band


def _group(count: int, labels: Tensor | None) -> list[Tensor]:
    """Return places of the images of each class that has two or more."""
    if labels is None:
        groups = [torch.arange(count)]
    else:
        labels = labels.cpu()
        groups = [(labels == number).nonzero().flatten() for number in range(int(labels.max()) + 1)]
    return [group for group in groups if len(group) >= 2]


def _draw_pairs(group: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return pairs int64 [count, 2] of two different places."""
    first = torch.randint(len(group), (count,), generator=generator)
    step = torch.randint(1, len(group), (count,), generator=generator)
    return torch.stack([group[first], group[(first + step) % len(group)]], dim=1)


def _mean_over_pairs(images: Tensor, pairs: Tensor) -> float:
    parts = torch.split(pairs, PAIRS_AT_ONCE)
    found = [compute_similarity(images[part[:, 0]], images[part[:, 1]]) for part in parts]
    return torch.cat(found).mean().item()
