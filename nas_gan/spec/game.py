"""How two networks play against each other: loss, regulariser, optimisers and training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_gan.spec.parts import BY_KIND, BY_NAME, Frozen

# --- losses --------------------------------------------------------------------------------------


class MinimaxLoss(Frozen):
    """The generator minimises log(1 - D), which saturates (Goodfellow et al. 2014)."""

    kind: Literal["minimax"] = "minimax"


class NonSaturatingLoss(Frozen):
    """The generator maximises log D (Goodfellow et al. 2014)."""

    kind: Literal["non_saturating"] = "non_saturating"


class LeastSquaresLoss(Frozen):
    """Squared distances of the score from 1 for real and 0 for generated (Mao et al. 2016)."""

    kind: Literal["least_squares"] = "least_squares"


class HingeLoss(Frozen):
    """Margins of 1 on the score (Lim & Ye 2017)."""

    kind: Literal["hinge"] = "hinge"


class WassersteinLoss(Frozen):
    """The difference of mean scores (Arjovsky et al. 2017); wants clipping or a gradient penalty."""

    kind: Literal["wasserstein"] = "wasserstein"


class FisherLoss(Frozen):
    """The difference of mean scores, whose second moment is held at 1 (Mroueh & Sercu 2017).

    `rho`: weight of the squared violation, and step of the multiplier.
    """

    kind: Literal["fisher"] = "fisher"
    rho: float = Field(default=1e-6, gt=0.0, le=10.0)


class CycleLoss(Frozen):
    """What a translation plays for (Zhu et al. 2017): least squares in both domains, and images that are to stay.

    `cycle_weight`: of the mean absolute difference that there and back leaves. `identity_weight`: of that between an
    image and its translation to the domain it is of already, 0 to leave that out. `pool_size`: how many translated
    images are kept of each domain, to show to its discriminator some of them instead of new ones.
    """

    kind: Literal["cycle"] = "cycle"
    cycle_weight: float = Field(default=10.0, ge=0.0, le=1000.0)
    identity_weight: float = Field(default=5.0, ge=0.0, le=1000.0)
    pool_size: Annotated[int, Field(ge=0, le=1000)] = 50


Loss = MinimaxLoss | NonSaturatingLoss | LeastSquaresLoss | HingeLoss | WassersteinLoss | FisherLoss
LossField = Annotated[Annotated[Loss, BY_KIND], BY_NAME]
AnyLossField = Annotated[Annotated[Loss | CycleLoss, BY_KIND], BY_NAME]

# --- what else holds the discriminator back ------------------------------------------------------


class Clipping(Frozen):
    """Every weight of the discriminator is kept within ± `limit` (Arjovsky et al. 2017)."""

    kind: Literal["clipping"] = "clipping"
    limit: float = Field(default=0.01, gt=0.0, le=10.0)


class GradientPenalty(Frozen):
    """Gradients between real and generated images are drawn to norm 1 (Gulrajani et al. 2017)."""

    kind: Literal["gradient_penalty"] = "gradient_penalty"
    weight: float = Field(default=10.0, gt=0.0, le=1000.0)


class Dragan(Frozen):
    """Gradients around real images are drawn to norm 1 (Kodali et al. 2017)."""

    kind: Literal["dragan"] = "dragan"
    weight: float = Field(default=10.0, gt=0.0, le=1000.0)


class R1(Frozen):
    """Gradients at real images are drawn to 0, with half the weight (Mescheder et al. 2018)."""

    kind: Literal["r1"] = "r1"
    weight: float = Field(default=10.0, gt=0.0, le=1000.0)


Penalty = GradientPenalty | Dragan | R1
Regulariser = Clipping | Penalty
Regularisers = tuple[Annotated[Annotated[Regulariser, BY_KIND], BY_NAME], ...]

# --- optimisers ----------------------------------------------------------------------------------


class Adam(Frozen):
    """Adam (Kingma & Ba 2014); `weight_decay` is the L2 term added to the gradient."""

    kind: Literal["adam"] = "adam"
    learning_rate: float = Field(default=2e-4, gt=0.0, le=1.0)
    beta1: float = Field(default=0.5, ge=0.0, lt=1.0)
    beta2: float = Field(default=0.999, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0, le=1.0)


class Rmsprop(Frozen):
    """RMSprop (Tieleman & Hinton 2012); `decay` is of the mean square, `weight_decay` an L2 term."""

    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = Field(default=5e-5, gt=0.0, le=1.0)
    decay: float = Field(default=0.99, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0, le=1.0)


class DecayingAdam(Frozen):
    """Adam, whose learning rate falls linearly to 0 between `constant_images` and `decay_images` more.

    Images are counted of one domain, as the discriminators see them. For translations.
    """

    kind: Literal["decaying_adam"] = "decaying_adam"
    learning_rate: float = Field(default=2e-4, gt=0.0, le=1.0)
    beta1: float = Field(default=0.5, ge=0.0, lt=1.0)
    beta2: float = Field(default=0.999, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0, le=1.0)
    constant_images: Annotated[int, Field(ge=0)] = 0
    decay_images: Annotated[int, Field(ge=1)]

    def rate_at(self, images_seen: int) -> float:
        """The learning rate of a step that is taken after so many images."""
        left = 1.0 - (images_seen - self.constant_images) / self.decay_images
        return self.learning_rate * min(1.0, max(0.0, left))


Optimiser = Adam | Rmsprop | DecayingAdam
OptimiserField = Annotated[Optimiser, BY_KIND]


class Optimisers(Frozen):
    """One optimiser a network, Adam where no `kind` is given.

    `score_weight_decay`: weight decay of the discriminator's score layer; left out, as of its other layers.
    """

    generator: OptimiserField = Adam()
    discriminator: OptimiserField = Adam()
    score_weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] | None = None


# --- training ------------------------------------------------------------------------------------


class NormalWeights(Frozen):
    """N(0, deviation²) for every layer, as in DCGAN (Radford et al. 2015)."""

    kind: Literal["normal"] = "normal"
    deviation: float = Field(default=0.02, gt=0.0, le=1.0)


class HeWeights(Frozen):
    """N(0, 2 / fan-in), which keeps the variance through rectifiers (He et al. 2015)."""

    kind: Literal["he"] = "he"


class FanInWeights(Frozen):
    """N(0, variance / fan-in): 1 is Chainer's default (LeCun et al. 1998), a third the variance of PyTorch's."""

    kind: Literal["fan_in"] = "fan_in"
    variance: float = Field(default=1.0, gt=0.0, le=10.0)


class SameWeights(Frozen):
    """As all other layers."""

    kind: Literal["same"] = "same"


InitialField = Annotated[Annotated[NormalWeights | HeWeights | FanInWeights, BY_KIND], BY_NAME]
LinearInitialField = Annotated[
    Annotated[SameWeights | NormalWeights | HeWeights | FanInWeights, BY_KIND], BY_NAME
]


class Training(Frozen):
    """How the two networks are updated.

    `discriminator_steps`: discriminator updates a generator update. `generated_batch`: whether each step of an
    update draws a fresh batch of generated images, or the generator's step takes that of the discriminator's
    last one (shared). `halves`: whether a discriminator step moves it once by its whole loss (joint), or first by
    what it loses on generated images and then by the rest (apart). `moving_average`: decay of the scored
    generator's exponential moving average, an update; 0 for none. `initial`: weights that convolutions and linear
    layers start with, the vectors of a projection among them; `linear_initial`: of layers from vectors to vectors,
    if others; `embedding_deviation`: of embeddings of labels, around 0; `gain_deviation`: of the
    gains of batch normalisation, around 1.
    """

    batch_size: Annotated[int, Field(ge=1, le=8192)] = 64
    discriminator_steps: Annotated[int, Field(ge=1, le=20)] = 1
    generated_batch: Literal["fresh", "shared"] = "fresh"
    halves: Literal["joint", "apart"] = "joint"
    moving_average: float = Field(default=0.999, ge=0.0, lt=1.0)
    initial: InitialField = NormalWeights()
    linear_initial: LinearInitialField = SameWeights()
    embedding_deviation: float = Field(default=0.02, gt=0.0, le=10.0)
    gain_deviation: float = Field(default=0.0, ge=0.0, le=1.0)

    @property
    def images_per_update(self) -> int:
        """Real images shown to the discriminator between two steps of the generator."""
        return self.batch_size * self.discriminator_steps


class Game(Frozen):
    """All that training has to know of an architecture: what both networks play, and not what they are made of.

    With `conditional` both networks are given labels. `auxiliary_weight` weighs the auxiliary classifier's loss
    and is 0 without one. Labels are below `classes`, which is 0 for images without any.
    """

    loss: LossField = NonSaturatingLoss()
    regularisers: Regularisers = ()
    optimisers: Optimisers = Optimisers()
    training: Training = Training()
    latent_dim: Annotated[int, Field(ge=1)]
    latent_distribution: Literal["normal", "uniform"] = "normal"
    classes: Annotated[int, Field(ge=0)] = 0
    conditional: bool = False
    auxiliary_weight: Annotated[float, Field(ge=0.0)] = 0.0

    @property
    def uses_labels(self) -> bool:
        """Whether labels of the images enter training at all."""
        return self.conditional or self.auxiliary_weight > 0


class TranslationGame(Frozen):
    """The same of a translation: two generators and two discriminators."""

    loss: CycleLoss = CycleLoss()
    optimisers: Optimisers = Optimisers()
    training: Training = Training()
