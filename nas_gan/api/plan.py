"""What fits into a search's time on this machine, after a minute's measurement, and what it may be expected to gain."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, final

from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.runs.scoring import Resources
    from nas_gan.search.ingredients import Ingredients
    from nas_gan.search.settings import SearchSettings
    from nas_gan.spec import Architecture
    from nas_gan.training import Precision

MEASURING_SECONDS = 60.0
TRAINING_SECONDS = 3.0
"""Of one architecture, after its first slow updates."""

FEWEST_MEASURED = 3
TABLE, TABLE_RUNGS = "enumerated-14", (6_000, 18_000)
REPLAYS = 300


@final
@dataclass(frozen=True)
class Pace:
    """What one architecture of the space takes on this machine, in one process.

    `first_seconds`: up to the first rung, scoring included; `trial_seconds`: to the end, and scored at each rung.
    """

    name: str
    parameters: int
    macs: int
    images_per_second: float
    scoring_seconds: float
    first_seconds: float
    trial_seconds: float


@final
@dataclass(frozen=True)
class Expected:
    """What searches of as much compute came to on the table of real GANs: FID over that of its median architecture.

    `trainings`: compute in trainings to the end, as many as the table can answer for. `median`, `low`, `high`: of the
    pick, the latter two of the middle 95 % of `REPLAYS` searches of random proposals. `architectures`: in the table.
    """

    trainings: float
    architectures: int
    median: float
    low: float
    high: float


@final
@dataclass(frozen=True)
class Plan:
    """What fits. `trials`: with the scheduler; `trainings`: as many would be trained to their end without one."""

    seconds: float
    workers: int
    device: str
    paces: tuple[Pace, ...]
    trials: int
    trainings: int
    expected: Expected | None

    def facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def plan_search(
    settings: SearchSettings,
    seconds: float,
    announce: Callable[[str], None],
    measuring_seconds: float = MEASURING_SECONDS,
) -> Plan:
    """Measure for about a minute, and compute what fits. No study is made, and nothing is kept.

    The machine is measured in one process: workers side by side are taken not to slow each other down. Raises
    InputError for what a search with these settings would refuse before its first trial.
    """
    import torch

    from nas_gan.jobs.processes import default_workers
    from nas_gan.runs.resources import choose_device
    from nas_gan.search.ingredients import gather
    from nas_gan.space import load_space

    device = choose_device(settings.device)
    space = load_space(settings.space)
    ingredients = gather(settings, space, device, announce, lambda _: None)
    threads = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        paces = _measure(ingredients, measuring_seconds, announce)
    finally:
        torch.set_num_threads(threads)
    workers = settings.workers or default_workers(device.type)
    available = seconds * workers
    trial = fmean(_mean_seconds(pace, settings) for pace in paces)
    trainings = available / fmean(pace.trial_seconds for pace in paces)
    return Plan(
        seconds, workers, device.type, paces, int(available / trial), int(trainings), expect(trainings)
    )


def expect(trainings: float, repeats: int = REPLAYS) -> Expected | None:
    """Replay searches of so many trainings' compute on the table; None where that may train nothing to its end.

    More than a quarter of its architectures would take isn't asked of the table: soon a search has met them all.
    """
    from nas_gan.table import load_table
    from nas_gan.table.tasks import Conditions, mean_cost, replay_schedulers

    if trainings < 1:
        return None
    rows = [row for row in load_table(TABLE) if row.seed == 0]
    asked = min(trainings, len(rows) / 4)
    conditions = Conditions(TABLE_RUNGS, 3, "fid", asked * mean_cost(rows), repeats)
    usual = median(row.final.frechet_distance for row in rows if row.final is not None)
    picks = sorted(
        course.at(conditions.budget) / usual for course in replay_schedulers(rows, "halving", conditions)
    )
    low, high = picks[round(0.025 * (repeats - 1))], picks[round(0.975 * (repeats - 1))]
    if not math.isfinite(high):
        return None
    return Expected(asked, len(rows), median(picks), low, high)


def plan_lines(plan: Plan) -> list[str]:
    """Say a plan in words."""
    from nas_gan.report.numbers import format_count, format_seconds

    ordered = sorted(plan.paces, key=lambda pace: pace.trial_seconds)
    lines = [
        f"In {format_seconds(plan.seconds)} on {plan.workers} × {plan.device}, measured on {len(ordered)} networks:"
    ]
    for label, pace in (
        ("cheapest", ordered[0]),
        ("middle", ordered[len(ordered) // 2]),
        ("dearest", ordered[-1]),
    ):
        count = int(plan.seconds * plan.workers / pace.trial_seconds)
        lines.append(
            f"  {count:,} trials trained to their end if all were as the {label}: {format_count(pace.macs)} "
            f"multiply-adds, {format_seconds(pace.trial_seconds)} each, {pace.images_per_second:,.0f} images/s "
            f"({pace.name})"
        )
    lines.append(
        f"About {plan.trials:,} trials where rungs pause the others, in the time that {plan.trainings:,} take to their "
        "end. The search itself prefers cheap networks, so there may be more."
    )
    if plan.expected is None:
        end = "is less than one trial to its end" if plan.trainings < 1 else "may train no trial to its end"
        lines.append(f"That {end}: give it more time, or fewer `images`.")
        return lines
    known = plan.expected
    lines.append(
        f"Expect of it, by {REPLAYS} random searches with rungs on the table of real GANs ({known.architectures} "
        f"small networks, 14×14 digits; {known.trainings:.0f} trainings' compute): a pick of {known.median:.2f} times "
        f"the FID of the median network, {known.low:.2f} to {known.high:.2f} in 95 % of searches."
    )
    if known.trainings < plan.trainings:
        lines.append("The table can't say what more time than that gains.")
    return lines


def _mean_seconds(pace: Pace, settings: SearchSettings) -> float:
    """Return what a trial takes in the mean, where one in `reduction` goes on from each rung of asha."""
    if settings.pruner != "asha":
        return pace.trial_seconds
    total, before, share = 0.0, 0, 1.0
    for images in settings.rungs:
        total += share * ((images - before) / pace.images_per_second + pace.scoring_seconds)
        before, share = images, share / settings.reduction
    return total


def _measure(ingredients: Ingredients, seconds: float, announce: Callable[[str], None]) -> tuple[Pace, ...]:
    """Train and score starts and random architectures for a moment each, until the time is up."""
    began, paces = time.monotonic(), []
    for name, architecture in _candidates(ingredients):
        announce(f"measures {name}")
        paces.append(_time(name, architecture, ingredients))
        if time.monotonic() - began > seconds and len(paces) >= FEWEST_MEASURED:
            break
    return tuple(paces)


def _candidates(ingredients: Ingredients) -> Iterator[tuple[str, Architecture]]:
    from nas_gan.runs.resources import image_of
    from nas_gan.search.samplers.limits import Limits
    from nas_gan.search.starts import starts_of
    from nas_gan.space import sample
    from nas_gan.table.points import fill_known

    config, space, pick = ingredients.config, ingredients.space, random.Random(ingredients.config.seed)
    image = image_of(ingredients.resources.dataset)
    limits, refused = Limits(config.max_parameters, config.max_macs), 0
    for name, point in starts_of(space, image) if config.space_starts else []:
        yield name, fill_known(space, image, point, pick).architecture
    while True:
        architecture = sample(space, image, pick)
        if limits.admit(architecture):
            yield "at random", architecture
            continue
        refused += 1
        if refused > 1_000:
            raise InputError("no architecture within the limits was found; raise max_parameters or max_macs")


def _time(name: str, architecture: Architecture, ingredients: Ingredients) -> Pace:
    from nas_gan.spec import compute_cost

    definition = ingredients.definition
    speed, scoring = measure_speed(architecture, ingredients.resources, definition.precision)
    cost, rungs = compute_cost(architecture), definition.rungs
    return Pace(
        name,
        cost.parameters,
        cost.macs,
        speed,
        scoring,
        rungs[0] / speed + scoring,
        definition.images / speed + len(rungs) * scoring,
    )


def measure_speed(
    architecture: Architecture, resources: Resources, precision: Precision
) -> tuple[float, float]:
    """Train for `TRAINING_SECONDS` and score once; return images a second of training, and seconds of scoring."""
    from nas_gan.runs.task import choose_task
    from nas_gan.training import Trainer, TrainingData

    task = choose_task(architecture, resources, precision)
    generating, discriminating = task.build(0)
    data = TrainingData(resources.images, resources.labels, resources.origin)
    trainer = Trainer(generating, discriminating, data, architecture.game, 0, precision, guarded=False)
    step = architecture.game.training.images_per_update
    trainer.advance(2 * step)
    seen, began = trainer.images_seen, time.monotonic()
    while time.monotonic() - began < TRAINING_SECONDS:
        trainer.advance(trainer.images_seen + 4 * step)
    speed = (trainer.images_seen - seen) / (time.monotonic() - began)
    began = time.monotonic()
    task.score(generating.eval(), full=False)
    return speed, time.monotonic() - began
