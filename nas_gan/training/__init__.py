"""Training what generates or translates against what judges it: updates, the loop, its curves and guards."""

from nas_gan.training.batches import TrainingData
from nas_gan.training.curves import CurvePoint
from nas_gan.training.guards import Diverged, check_samples
from nas_gan.training.precision import Precision, autocast, fastest_precision
from nas_gan.training.state import State
from nas_gan.training.trainer import Progress, Trainer

__all__ = [
    "CurvePoint",
    "Diverged",
    "Precision",
    "Progress",
    "State",
    "Trainer",
    "TrainingData",
    "autocast",
    "check_samples",
    "fastest_precision",
]
