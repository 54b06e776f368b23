"""What each layer of a plan starts with, from what the training says of all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import final

from nas_gan.spec.game import FanInWeights, HeWeights, NormalWeights, SameWeights, Training
from nas_gan.spec.layers import (
    STANDARD,
    Attention,
    Closeness,
    Concatenation,
    ConditionalNormalisation,
    Convolution,
    Draw,
    LabelPlanes,
    Layer,
    Linear,
    Maps,
    Normalisation,
    Sequence,
    Sum,
    TransposedConvolution,
)
from nas_gan.spec.padded import PaddedConvolution
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan, StagePlan

HE = Draw(math.sqrt(2.0), over_fan_in=True)


def start_generator(plan: GeneratorPlan, training: Training) -> GeneratorPlan:
    """Say in a generator's plan how every layer starts."""
    start = _Start.of(training)
    return replace(
        plan,
        stem=start.sequence(plan.stem),
        stages=start.stages(plan.stages),
        head=start.sequence(plan.head),
        embedding=start.embedding if plan.embedding_dim else plan.embedding,
    )


def start_discriminator(plan: DiscriminatorPlan, training: Training) -> DiscriminatorPlan:
    """Say in a discriminator's plan how every layer starts.

    The vectors of a projection are weights of its features like those of the score, and start like them, as in
    the code of Miyato & Koyama 2018 and Brock et al. 2018.
    """
    start = _Start.of(training)
    logits = plan.class_logits
    return replace(
        plan,
        stem=start.sequence(plan.stem),
        stages=start.stages(plan.stages),
        head=start.sequence(plan.head),
        score=replace(plan.score, weights=start.linear),
        class_logits=None if logits is None else replace(logits, weights=start.linear),
        projection=start.linear,
    )


def start_sequence(sequence: Sequence, training: Training) -> Sequence:
    """Say in a plan that is one sequence how every layer starts."""
    return _Start.of(training).sequence(sequence)


@final
@dataclass(frozen=True)
class _Start:
    """`weights` of convolutions, `linear` of layers between vectors, `gains` of maps from an embedding to gains."""

    weights: Draw
    linear: Draw
    gains: Draw
    embedding: Draw
    gain_deviation: float

    @staticmethod
    def of(training: Training) -> _Start:
        weights = _draw_of(training.initial)
        same = isinstance(training.linear_initial, SameWeights)
        return _Start(
            weights=weights,
            linear=weights if same else _draw_of(training.linear_initial),
            # No rectifier follows those maps, and their gains are to start near 1.
            gains=weights if isinstance(training.initial, NormalWeights) else STANDARD,
            embedding=Draw(training.embedding_deviation),
            gain_deviation=training.gain_deviation,
        )

    def stages(self, stages: tuple[StagePlan, ...]) -> tuple[StagePlan, ...]:
        return tuple(
            replace(stage, body=self.sequence(stage.body), skip=self.sequence(stage.skip)) for stage in stages
        )

    def sequence(self, sequence: Sequence) -> Sequence:
        return replace(sequence, layers=tuple(self._layer(layer) for layer in sequence.layers))

    def _layer(self, layer: Layer) -> Layer:  # noqa: PLR0911 - one a kind of layer
        match layer:
            case Sequence():
                return self.sequence(layer)
            case Sum():
                return replace(layer, body=self.sequence(layer.body), shortcut=self.sequence(layer.shortcut))
            case Concatenation():
                return replace(layer, branches=tuple(self.sequence(branch) for branch in layer.branches))
            case Linear() | Closeness() | Convolution(kernel=1, inputs=Maps(resolution=1)):
                return replace(layer, weights=self.linear)
            case Convolution() | TransposedConvolution() | PaddedConvolution() | Attention():
                return replace(layer, weights=self.weights)
            case ConditionalNormalisation():
                return replace(layer, weights=self.gains)
            case LabelPlanes():
                return replace(layer, embedding=self.embedding)
            case Normalisation(kind="batch"):
                return replace(layer, gain_deviation=self.gain_deviation)
            case _:
                return layer


def _draw_of(initial: NormalWeights | HeWeights | FanInWeights | SameWeights) -> Draw:
    match initial:
        case NormalWeights(deviation=deviation):
            return Draw(deviation)
        case FanInWeights(variance=variance):
            return Draw(math.sqrt(variance), over_fan_in=True)
        case _:
            return HE
