"""How to search: what the command line and a recipe file can set."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final, get_args

from nas_gan.data.config import DataConfig
from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS, SCORE_KINDS, Metric
from nas_gan.search.storage.names import check_name

SamplerKind = Literal["tpe", "local", "random", "rnn"]
PrunerKind = Literal["asha", "median", "none"]
Placement = Literal["processes", "ray"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]


# SQLite counts time in whole seconds; six signs that are missing have to be more than one of them.
SHORTEST_BEAT_SECONDS = 0.5


@final
@dataclass(frozen=True)
class SearchConfig:
    """One search. Names in errors are those of the command line's flags. `metric` and `protocol` follow from the
    data where they are None.

    `trials`: in total, whoever ran them. `timeout_seconds`: of this call; a trial that leads its rung
    then may go on for `grace_seconds`. `images`: a trial's at most.
    `workers`: processes; 0 for one a core on a CPU and one on a GPU. `gpus`: which of them to use, several workers on
    each if `workers_per_gpu` is more than 1; empty for the one of `device`. `heartbeat_seconds`: between two signs of
    life of a worker; the trial of one that misses a few is given to another.

    `start`: architectures to try before any that is proposed, each a file, a bundled name or STUDY:TRIAL; a new study
    begins with those that the space names, too, unless not `space_starts`.

    `pruner`: what decides at rungs. `rungs`: images after which trials are scored, the last one `images`; empty for a
    ninth, a third and all of it. `reduction`: one trial in so many goes on from a rung. `signal`: what is compared
    there, a metric or a score's name; None for the study's metric. `promote`: whether paused trials go on when worse
    ones have come. `keep_paused`: bytes of checkpoints of paused trials, at most; None for any number.

    `on`: what runs the workers, processes of this machine or Ray; with Ray, `address` is that of a cluster, None for
    this machine, and `gpus_per_trial` the share of a GPU that a worker gets, 0 for training on a CPU. `out` may be a
    URL of any file system that fsspec knows.
    """

    study: str
    space: str = "resdense"
    data: DataConfig = field(default_factory=DataConfig)
    storage: str = "runs/studies.db"
    trials: int = 20
    timeout_seconds: float | None = None
    grace_seconds: float = 0.0
    images: int = 18_000
    sampler: SamplerKind = "local"
    start: tuple[str, ...] = ()
    space_starts: bool = True
    pruner: PrunerKind = "asha"
    rungs: tuple[int, ...] = ()
    reduction: int = 3
    signal: str | None = None
    promote: bool = False
    keep_paused: int | None = None
    metric: Metric | None = None
    max_parameters: int | None = None
    max_macs: int | None = None
    seed: int = 0
    precision: PrecisionChoice = "auto"
    device: str = "auto"
    out: str = "runs"
    protocol: str | None = None
    inception_weights: str | None = None
    workers: int = 0
    gpus: tuple[int, ...] = ()
    workers_per_gpu: int = 1
    heartbeat_seconds: float = 30.0
    on: Placement = "processes"
    address: str | None = None
    gpus_per_trial: float = 0.0

    def __post_init__(self) -> None:
        for flag, value, least in (
            ("--trials", self.trials, 1),
            ("--images", self.images, 1),
            ("--max-parameters", self.max_parameters, 1),
            ("--max-macs", self.max_macs, 1),
            ("--seed", self.seed, 0),
            ("--workers", self.workers, 0),
            ("--workers-per-gpu", self.workers_per_gpu, 1),
            ("--reduction", self.reduction, 2),
            ("--keep-paused", self.keep_paused, 0),
        ):
            if value is not None and value < least:
                raise InputError(f"{flag} {value}: must be at least {least}")
        if self.timeout_seconds is not None and not self.timeout_seconds > 0:
            raise InputError(f"--timeout {self.timeout_seconds:g}: must be more than 0 seconds")
        if not 0 <= self.grace_seconds < float("inf"):
            raise InputError(f"--grace {self.grace_seconds:g}: must be at least 0 seconds")
        if not self.heartbeat_seconds >= SHORTEST_BEAT_SECONDS:
            raise InputError(
                f"--heartbeat {self.heartbeat_seconds:g}: must be at least {SHORTEST_BEAT_SECONDS:g} seconds"
            )
        object.__setattr__(self, "start", tuple(self.start))  # JSON has lists
        self._check_rungs()
        self._check_gpus()
        self._check_ray()
        for flag, choice, known in (
            ("--sampler", self.sampler, get_args(SamplerKind)),
            ("--pruner", self.pruner, get_args(PrunerKind)),
            ("--metric", self.metric, (None, *METRICS)),
            ("--signal", self.signal, (None, *METRICS, *SCORE_KINDS)),
            ("--precision", self.precision, get_args(PrecisionChoice)),
            ("--on", self.on, get_args(Placement)),
        ):
            if choice not in known:
                raise InputError(f"{flag} {choice}: not known; use one of {', '.join(filter(None, known))}")
        check_name(self.study, "--study")

    def _check_rungs(self) -> None:
        object.__setattr__(self, "rungs", tuple(self.rungs))  # JSON has lists
        shown = ",".join(map(str, self.rungs))
        if self.rungs and (list(self.rungs) != sorted(set(self.rungs)) or self.rungs[0] < 1):
            raise InputError(f"--rungs {shown}: give numbers of images, the smallest first")
        if self.rungs and self.rungs[-1] != self.images:
            raise InputError(f"--rungs {shown}: the last one must be --images {self.images}")

    def _check_gpus(self) -> None:
        shown = ",".join(map(str, self.gpus))
        if not self.gpus and self.workers_per_gpu > 1:
            raise InputError(f"--workers-per-gpu {self.workers_per_gpu}: say which GPUs with --gpus 0,1")
        if len(set(self.gpus)) < len(self.gpus) or any(gpu < 0 for gpu in self.gpus):
            raise InputError(f"--gpus {shown}: give each number once, from 0 on, such as 0,1")
        if self.gpus and self.workers:
            raise InputError(f"--workers {self.workers}: with --gpus, give --workers-per-gpu instead")
        if self.gpus and self.device != "auto":
            raise InputError(f"--device {self.device}: --gpus {shown} says it already; give one of the two")

    def _check_ray(self) -> None:
        share = self.gpus_per_trial
        if not 0 <= share <= 1:
            raise InputError(
                f"--gpus-per-trial {share:g}: a trial takes one GPU at most; give a share such as 0.5, or 1"
            )
        if self.on != "ray":
            for flag, value in (("--address", self.address), ("--gpus-per-trial", share)):
                if value:
                    raise InputError(f"{flag} {value}: is for workers that Ray places; add --on ray")
        elif self.gpus:
            shown = ",".join(map(str, self.gpus))
            raise InputError(f"--gpus {shown}: Ray shares the GPUs out; give --gpus-per-trial")
        elif self.device.startswith("cuda") and not share:
            raise InputError(f"--device {self.device}: with --on ray, ask for GPUs with --gpus-per-trial 1")


# What a recipe file may set, with the type of each value; a flag of the same name wins over it.
RECIPE_KEYS: dict[str, tuple[type, ...]] = {
    "space": (str,),
    "data": (str,),
    "resolution": (int,),
    "data_root": (str,),
    "limit": (int,),
    "study": (str,),
    "storage": (str,),
    "trials": (int,),
    "timeout": (str, int),
    "images": (str, int),
    "sampler": (str,),
    "start": (str, list),
    "space_starts": (bool,),
    "grace": (str, int),
    "pruner": (str,),
    "rungs": (str,),
    "reduction": (int,),
    "signal": (str,),
    "promote": (bool,),
    "keep_paused": (str,),
    "metric": (str,),
    "max_parameters": (str, int),
    "max_macs": (str, int),
    "seed": (int,),
    "precision": (str,),
    "device": (str,),
    "out": (str,),
    "protocol": (str,),
    "inception_weights": (str,),
    "workers": (int,),
    "gpus": (str, int),
    "workers_per_gpu": (int,),
    "heartbeat": (str, int),
    "on": (str,),
    "address": (str,),
    "gpus_per_trial": (int, float),
}

KIND_NAMES = {bool: "true or false", str: "text", int: "a whole number", float: "a fraction", list: "a list"}


def load_recipe(path: Path) -> dict[str, Any]:
    """Reads a recipe: a TOML file of the search's flags, `-` written as `_`.

    Raises InputError that names the file, the key, the value and the remedy.
    """
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--study-file {path}: not readable ({error}); give a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"--study-file {path}: not valid TOML: {error}") from None
    for key, value in recipe.items():
        if key not in RECIPE_KEYS:
            raise InputError(f"{path}: {key}: not known; use some of {', '.join(RECIPE_KEYS)}")
        kinds = RECIPE_KEYS[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            wanted = " or ".join(KIND_NAMES[kind] for kind in kinds)
            raise InputError(f"{path}: {key}: {value!r} must be {wanted}")
    return recipe
