"""What any source gives, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from nas_gan.data.pixels import Pixels

Labels = NDArray[np.int64]


@final
@dataclass(frozen=True, eq=False)
class SourceArrays:
    """A source as read, before anything is resized, limited or held out.

    images, held_out_images: uint8 `[count, 1 or 3, height, width]`; the latter None where there is no split.
    labels, held_out_labels: int64 `[count]` indexing `class_names`; None when unlabelled.
    class_names: () when unlabelled.
    """

    images: Pixels
    labels: Labels | None = None
    held_out_images: Pixels | None = None
    held_out_labels: Labels | None = None
    class_names: tuple[str, ...] = ()
