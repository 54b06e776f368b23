"""Plans of whole networks: trees of layers with shapes and cost, and no tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from nas_gan.spec.layers import STANDARD, Draw, Linear, Maps, Sequence


@final
@dataclass(frozen=True)
class StagePlan:
    """One stage. `skip_from` indexes the maps before it (0: after the stem, k: after stage k-1); -1: none."""

    body: Sequence
    skip_from: int
    skip: Sequence

    @property
    def outputs(self) -> Maps:
        """The shape after the stage."""
        return self.body.outputs

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        return self.body.parameters + self.skip.parameters

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.body.macs + self.skip.macs


@final
@dataclass(frozen=True)
class GeneratorPlan:
    """A generator: latent (and label) → stem → stages → head. A perceptron has hidden layers as stages.

    `embedding_dim`: of a label embedding that the whole network shares, 0 for none; it joins the latent if
    `embedding_joins_latent`, and otherwise feeds the conditional normalisations. `embedding`: how it starts.
    """

    latent_dim: int
    classes: int
    embedding_dim: int
    embedding_joins_latent: bool
    stem: Sequence
    stages: tuple[StagePlan, ...]
    head: Sequence
    embedding: Draw = STANDARD

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        layers = self.stem.parameters + sum(stage.parameters for stage in self.stages) + self.head.parameters
        return layers + self.classes * self.embedding_dim

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.stem.macs + sum(stage.macs for stage in self.stages) + self.head.macs


@final
@dataclass(frozen=True)
class DiscriminatorPlan:
    """A discriminator: image (and label) → stem → stages → head → score, with projection or class logits.

    `projection_classes` is 0 and `class_logits` None where the discriminator has no such part. `projection`: how
    the vectors of the classes start.
    """

    stem: Sequence
    stages: tuple[StagePlan, ...]
    head: Sequence
    score: Linear
    projection_classes: int
    class_logits: Linear | None
    projection: Draw = STANDARD

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        layers = self.stem.parameters + sum(stage.parameters for stage in self.stages) + self.head.parameters
        ends = self.score.parameters + (self.class_logits.parameters if self.class_logits else 0)
        return layers + ends + self.projection_classes * self.head.outputs.channels

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        layers = self.stem.macs + sum(stage.macs for stage in self.stages) + self.head.macs
        return layers + self.score.macs + (self.class_logits.macs if self.class_logits else 0)
