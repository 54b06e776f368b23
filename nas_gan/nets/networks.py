"""Generator and discriminator as modules, built from their plans."""

from __future__ import annotations

from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from nas_gan.nets.build_layer import build_chain, build_layer
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan, StagePlan


class Verdict(NamedTuple):
    """What a discriminator says of images: `score` [n], and `class_logits` [n, classes] if it classifies."""

    score: Tensor
    class_logits: Tensor | None


@final
class Stages(nn.Module):
    """Stages in turn, with skips from earlier maps."""

    def __init__(self, plans: tuple[StagePlan, ...]) -> None:
        super().__init__()
        self.bodies = nn.ModuleList(build_chain(plan.body) for plan in plans)
        self.skips = nn.ModuleList(build_chain(plan.skip) for plan in plans)
        self.skip_from = tuple(plan.skip_from for plan in plans)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        reached = [x]
        for body, skip, source in zip(self.bodies, self.skips, self.skip_from, strict=True):
            after = body(reached[-1], condition)
            reached.append(after if source < 0 else after + skip(reached[source], condition))
        return reached[-1]


@final
class Generator(nn.Module):
    """From latents [n, latent_dim] and labels int64 [n] to images [n, channels, resolution, resolution].

    Labels are ignored, and may be None, where the generator is unconditional. Values are in [-1, 1].
    """

    def __init__(self, plan: GeneratorPlan) -> None:
        super().__init__()
        self.embedding_joins_latent = plan.embedding_joins_latent
        self.embedding = nn.Embedding(plan.classes, plan.embedding_dim) if plan.embedding_dim else None
        self.stem = build_chain(plan.stem)
        self.stages = Stages(plan.stages)
        self.head = build_chain(plan.head)

    def forward(self, latent: Tensor, labels: Tensor | None = None) -> Tensor:
        condition = labels
        if self.embedding is not None:
            embedded = self.embedding(labels)
            if self.embedding_joins_latent:
                latent = torch.cat((latent, embedded), dim=1)
            else:
                condition = embedded
        maps = self.stem(latent[:, :, None, None], condition)
        images: Tensor = self.head(self.stages(maps, condition), condition)
        return images


@final
class Discriminator(nn.Module):
    """From images [n, channels, resolution, resolution] and labels int64 [n] to a verdict.

    Labels are ignored, and may be None, where the discriminator is unconditional. Scores are unbounded.
    """

    def __init__(self, plan: DiscriminatorPlan) -> None:
        super().__init__()
        self.stem = build_chain(plan.stem)
        self.stages = Stages(plan.stages)
        self.head = build_chain(plan.head)
        self.score = build_layer(plan.score)
        features = plan.head.outputs.channels
        self.projection = nn.Embedding(plan.projection_classes, features) if plan.projection_classes else None
        self.class_logits = build_layer(plan.class_logits) if plan.class_logits else None

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Verdict:
        features = self.head(self.stages(self.stem(images, labels), labels))
        score = self.score(features).squeeze(1)
        if self.projection is not None:
            score = score + (features * self.projection(labels)).sum(dim=1)
        return Verdict(score, self.class_logits(features) if self.class_logits else None)
