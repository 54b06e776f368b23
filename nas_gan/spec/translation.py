"""The networks of a translation: from images of one domain to images of another, and patches that are judged.

Of each there are two, alike but for their weights, one a domain: "Unpaired Image-to-Image Translation using
Cycle-Consistent Adversarial Networks" (Zhu et al. 2017, arXiv 1703.10593, section 7.2), as its public code is
(github.com/junyanz/pytorch-CycleGAN-and-pix2pix).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_gan.spec.parts import Frozen, Unconditional, Width


class Translator(Frozen):
    """From an image to an image of the same shape, in [-1, 1] both (Johnson et al. 2016).

    Instance normalisation without gains follows all convolutions but the last.
    """

    kind: Literal["translator"] = "translator"
    width: Width = 64
    """Channels at full resolution, doubled at each halving."""
    depth: Annotated[int, Field(ge=0, le=4)] = 2
    """Halvings of the resolution."""
    blocks: Annotated[int, Field(ge=0, le=32)] = 9
    """Residual blocks, at the lowest resolution."""

    @property
    def conditioning(self) -> Unconditional:
        """None: a translation uses no labels."""
        return Unconditional()


class PatchDiscriminator(Frozen):
    """From an image to a map of scores, each of a patch (Isola et al. 2016, section 3.2.2)."""

    kind: Literal["patch"] = "patch"
    width: Width = 64
    """Channels of the first convolution; the next ones have 2, 4 and at most 8 times as many."""
    layers: Annotated[int, Field(ge=1, le=6)] = 3
    """Convolutions that halve the resolution, rounded down; one of stride 1 comes after them."""

    @property
    def conditioning(self) -> Unconditional:
        """None: a translation uses no labels."""
        return Unconditional()
