"""Neural architecture search for GAN topologies: what the command line does, as functions.

    import nas_gan

    run = nas_gan.train("reference/thesis_mnist_m0_bn", images=300_000, out="m0")
    run.generate(16, labels=3)

Importing it is quick and prints nothing: torch, Optuna and plotly are imported once something needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# The package first, so that the function of its name stays `nas_gan.search` when more of it is imported.
from nas_gan import search as _package
from nas_gan.api.data import Data, load_dataset
from nas_gan.api.draw import draw
from nas_gan.api.evaluation import Evaluation, evaluate_images
from nas_gan.api.events import Interrupted, Message, OnTraining, Scored, TrainingEvent, TrainingProgress
from nas_gan.api.generator import Labels, TrainedGenerator, load
from nas_gan.api.run import Run, load_run
from nas_gan.api.search import search
from nas_gan.api.search_state import RunningTrial, SearchProgress, SearchStarted
from nas_gan.api.space import Space, load_space
from nas_gan.api.study import Study, Trial, Trials, load_study
from nas_gan.api.train import train
from nas_gan.errors import InputError
from nas_gan.version import __version__

del _package

_LATER = {
    "Architecture": "nas_gan.spec",
    "Image": "nas_gan.spec",
    "NotAPoint": "nas_gan.space",
    "Choice": "nas_gan.search.schedulers.interface",
    "Decision": "nas_gan.jobs.job",
    "Observation": "nas_gan.search.samplers.observation",
    "Paused": "nas_gan.search.schedulers.interface",
    "Rung": "nas_gan.search.schedulers.interface",
    "Sampler": "nas_gan.search.samplers.interface",
    "Scheduler": "nas_gan.search.schedulers.interface",
    "Signal": "nas_gan.search.schedulers.interface",
}


def __getattr__(name: str) -> object:
    """Import what takes long once it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from nas_gan.jobs.job import Decision
    from nas_gan.search.samplers.interface import Sampler
    from nas_gan.search.samplers.observation import Observation
    from nas_gan.search.schedulers.interface import Choice, Paused, Rung, Scheduler, Signal
    from nas_gan.space import NotAPoint
    from nas_gan.spec import Architecture, Image

__all__ = [
    "Architecture",
    "Choice",
    "Data",
    "Decision",
    "Evaluation",
    "Image",
    "InputError",
    "Interrupted",
    "Labels",
    "Message",
    "NotAPoint",
    "Observation",
    "OnTraining",
    "Paused",
    "Run",
    "Rung",
    "RunningTrial",
    "Sampler",
    "Scheduler",
    "Scored",
    "SearchProgress",
    "SearchStarted",
    "Signal",
    "Space",
    "Study",
    "TrainedGenerator",
    "TrainingEvent",
    "TrainingProgress",
    "Trial",
    "Trials",
    "__version__",
    "draw",
    "evaluate_images",
    "load",
    "load_dataset",
    "load_run",
    "load_space",
    "load_study",
    "search",
    "train",
]
