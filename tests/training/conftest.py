"""Networks of a few weights, a handful of images, and a training configuration to vary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from pydantic import BaseModel, TypeAdapter
from torch import Tensor, nn

from nas_gan.spec.game import Adam, Game, LossField, Optimisers, Regularisers, Training
from nas_gan.training import Precision, Trainer, TrainingData

SIDE = 4
CLASSES = 3
ADAM = Adam(learning_rate=2e-3, beta1=0.5, beta2=0.999, weight_decay=0.0)


class TinyVerdict(NamedTuple):
    score: Tensor
    class_logits: Tensor | None


class TinyGenerator(nn.Module):
    """A linear layer, a convolution with batch normalisation, and an embedding of the label if there is one."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.stem = nn.Linear(latent_dim, 4 * SIDE * SIDE)
        self.embedding = nn.Embedding(CLASSES, 4 * SIDE * SIDE)
        self.body = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1), nn.Tanh())
        self.seen_labels: list[Tensor | None] = []

    def forward(self, latent: Tensor, labels: Tensor | None) -> Tensor:
        self.seen_labels.append(labels)
        features = self.stem(latent)
        if labels is not None:
            features = features + self.embedding(labels)
        images: Tensor = self.body(features.view(-1, 4, SIDE, SIDE))
        return images


class TinyDiscriminator(nn.Module):
    """A convolution, a linear score, and a linear classifier beside it; remembers what it was shown."""

    def __init__(self, *, classifies: bool) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.LeakyReLU(0.2), nn.Flatten())
        self.score = nn.Linear(4 * SIDE * SIDE, 1)
        self.classifier = nn.Linear(4 * SIDE * SIDE, CLASSES) if classifies else None
        self.seen: list[tuple[int, Tensor | None]] = []

    def forward(self, images: Tensor, labels: Tensor | None) -> TinyVerdict:
        self.seen.append((len(images), labels))
        features = self.features(images)
        logits = None if self.classifier is None else self.classifier(features)
        return TinyVerdict(self.score(features).flatten(), logits)


@dataclass(frozen=True)
class Setup:
    """Fresh networks with seeded weights, and a trainer of them."""

    generator: TinyGenerator
    discriminator: TinyDiscriminator
    data: TrainingData
    game: Game
    trainer: Trainer


LOSS: TypeAdapter[Any] = TypeAdapter(LossField)
REGULARISERS: TypeAdapter[Any] = TypeAdapter(Regularisers)


def _game(**changes: Any) -> Game:
    """Values aren't checked: networks that stand still are of use here, and batches of one image."""

    def taken(model: type[BaseModel]) -> dict[str, Any]:
        return {name: changes.pop(name) for name in model.model_fields if name in changes}

    training = {"batch_size": 8, "moving_average": 0.9} | taken(Training)
    optimisers = {"generator": ADAM, "discriminator": ADAM} | taken(Optimisers)
    return Game(
        training=Training.model_construct(**training),
        optimisers=Optimisers.model_construct(**optimisers),
        **({"latent_dim": 5} | changes),
    )


@pytest.fixture(scope="session")
def make_game() -> Callable[..., Game]:
    """A small unconditional game with the given fields changed, those of its training and optimisers too."""
    return _game


@pytest.fixture
def data() -> TrainingData:
    """50 images, brighter to the left in a random degree; labels 0, 1, 2 in the shares 30, 15, 5."""
    random = torch.Generator().manual_seed(0)
    ramp = torch.linspace(1.0, 0.0, SIDE)
    brightness = torch.randint(100, 256, (50, 1, SIDE, 1), generator=random)
    return TrainingData((brightness * ramp).to(torch.uint8), torch.tensor([0] * 30 + [1] * 15 + [2] * 5))


@pytest.fixture
def make_setup(data: TrainingData) -> Callable[..., Setup]:
    """Networks and a trainer for a game, the same ones each time."""

    def make(
        game: Game,
        loss: str = "non_saturating",
        data: TrainingData = data,
        penalty: str | None = None,
        precision: Precision = "float32",
        seed: int = 7,
    ) -> Setup:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            generator = TinyGenerator(game.latent_dim)
            discriminator = TinyDiscriminator(classifies=game.auxiliary_weight > 0)
        more = REGULARISERS.validate_python((penalty,) if penalty else ())
        changes = {"loss": LOSS.validate_python(loss), "regularisers": (*game.regularisers, *more)}
        game = game.model_copy(update=changes)
        trainer = Trainer(generator, discriminator, data, game, seed, precision)
        return Setup(generator, discriminator, data, game, trainer)

    return make
