"""Samplers and schedulers of the user's own: the pages' examples, and one line for each way to be wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

import nas_gan
from nas_gan.errors import InputError
from nas_gan.search.plugins import name_class
from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.samplers.own import BadProposal
from nas_gan.search.schedulers.build import build_scheduler
from nas_gan.search.schedulers.interface import Choice, Paused, Rung, Scheduler, Signal
from nas_gan.space import load_space
from nas_gan.spec import Image

DOCS = Path(__file__).parents[2] / "docs"
TINY, IMAGE = load_space("tiny"), Image(channels=1, resolution=28, classes=10)
FID = Signal("FID")
WRONG = """
import nas_gan

class Idle(nas_gan.Sampler):
    pass

class Greedy(nas_gan.Sampler):
    def __init__(self, space):
        pass
    def propose(self, history):
        return {}

class Silent(nas_gan.Sampler):
    def propose(self, history):
        return None

class Empty(nas_gan.Sampler):
    def propose(self, history):
        return {}

class Outside(nas_gan.Sampler):
    def propose(self, history):
        import random
        return self.complete({}, random.Random(0)) | {"generator.latent_dim": 10**6}

class Broken(nas_gan.Sampler):
    def propose(self, history):
        return history[7]

class Wordy(nas_gan.Scheduler):
    def decide(self, number, rung):
        return "continue"
    def choose(self, paused, rungs, *, is_idle):
        return nas_gan.Choice(99)

class Torn(nas_gan.Scheduler):
    def decide(self, number, rung):
        raise KeyError(number)
"""


@pytest.fixture(scope="module", autouse=True)
def _modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The pages' examples as modules, and wrong ones."""
    folder = tmp_path_factory.mktemp("modules")
    for page in ("samplers", "schedulers"):
        (code,) = re.findall(
            r"^```python\n(.*?)^```", (DOCS / f"{page}.md").read_text(), re.MULTILINE | re.DOTALL
        )
        (folder / f"own_{page[:-1]}.py").write_text(code)
    (folder / "wrong_plugins.py").write_text(WRONG)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        yield


def _propose(where: str) -> dict[str, object]:
    study = optuna.create_study(sampler=build_sampler(where, 0, TINY, IMAGE))
    trial = study.ask()
    TINY.fill(trial, IMAGE)
    return trial.params


def test_the_sampler_of_the_page_gets_better() -> None:
    study = optuna.create_study(sampler=build_sampler("own_sampler:Evolution", 1, TINY, IMAGE))
    values = []
    for _ in range(40):
        trial = study.ask()
        architecture = TINY.fill(trial, IMAGE)
        values.append(abs(math.log10(architecture.optimisers.generator.learning_rate) + 2.3))
        trial.report(values[-1], 10)
        study.tell(trial, values[-1])
    assert sum(values[-15:]) < sum(values[:15])
    assert _propose("own_sampler:Evolution") == _propose("own_sampler:Evolution")


def test_a_hole_that_is_given_keeps_its_value() -> None:
    study = optuna.create_study(sampler=build_sampler("own_sampler:Evolution", 1, TINY, IMAGE))
    hole = "generator.latent_dim"
    study.enqueue_trial({hole: 5})
    trial = study.ask()
    TINY.fill(trial, IMAGE)
    assert trial.params[hole] == 5
    assert len(trial.params) > 1


def test_the_scheduler_of_the_page_pauses_what_is_far_behind() -> None:
    scheduler = build_scheduler("own_scheduler:NearTheBest", [FID])
    rung = Rung(2_000, {0: (100.0,), 1: (119.0,), 2: (130.0,), 3: (math.nan,)})
    verdicts = [scheduler.decide(number, rung).verdict for number in rung.scores]
    assert verdicts == ["continue", "continue", "pause", "stop"]
    assert scheduler.decide(2, rung).reason == (
        "FID 130 after 2,000 images: more than a fifth worse than 100"
    )
    more = build_scheduler("own_scheduler:NearTheBest", [Signal("IS", higher_is_better=True)])
    assert more.decide(0, Rung(9, {0: (5.0,), 1: (9.0,)})).verdict == "pause"
    assert scheduler.choose([Paused(2, 2_000, False)], {2_000: rung}, is_idle=True) == Choice()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nowhere:Sampler", "sampler nowhere:Sampler: importing 'nowhere' failed"),
        (
            "wrong_plugins:Nothing",
            "sampler wrong_plugins:Nothing: 'wrong_plugins' has nothing called 'Nothing'",
        ),
        ("wrong_plugins:Torn", "sampler wrong_plugins:Torn: is no Sampler; derive it from nas_gan.Sampler"),
        ("wrong_plugins:Idle", "sampler wrong_plugins:Idle: doesn't define propose"),
        ("wrong_plugins:Greedy", "sampler wrong_plugins:Greedy: can't be made as Greedy(space, image, seed)"),
    ],
)
def test_what_is_no_sampler_is_refused(where: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        build_sampler(where, 0, TINY, IMAGE)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Silent", "proposed None; return the value of each hole by its name"),
        ("Empty", r"proposed no \S+; return a value of it, or use complete"),
        ("Outside", "proposed generator.latent_dim 1000000, which isn't one of its values"),
        ("Broken", r"can't propose: IndexError: .* \(wrong_plugins.py:\d+\)"),
    ],
)
def test_what_is_no_point_is_said(name: str, said: str) -> None:
    with pytest.raises(BadProposal, match=f"^wrong_plugins:{name} {said}"):
        _propose(f"wrong_plugins:{name}")


def test_what_a_scheduler_can_not_mean_is_said() -> None:
    rung, paused = Rung(10, {1: (1.0,)}), [Paused(1, 10, False)]
    wordy = build_scheduler("wrong_plugins:Wordy", [FID])
    with pytest.raises(
        InputError, match="wrong_plugins:Wordy: decide returned 'continue'; return a Decision"
    ):
        wordy.decide(1, rung)
    with pytest.raises(InputError, match=r"choose returned Choice.*; return a Choice of paused trials"):
        wordy.choose(paused, {10: rung}, is_idle=False)
    with pytest.raises(InputError, match=r"wrong_plugins:Torn: decide raised KeyError: 1 \(wrong_plugins"):
        build_scheduler("wrong_plugins:Torn", [FID]).decide(1, rung)
    with pytest.raises(InputError, match="pruner wrong_plugins:Idle: is no Scheduler"):
        build_scheduler("wrong_plugins:Idle", [FID])


def test_a_class_is_named_as_workers_import_it() -> None:
    class Inside(Scheduler):
        pass

    assert name_class(nas_gan.Scheduler, "pruner") == "nas_gan.search.schedulers.interface:Scheduler"
    assert name_class("asha", "pruner") == "asha"
    with pytest.raises(
        InputError, match=r"^pruner .*Inside: is in .*; put it on the first level of a module"
    ):
        name_class(Inside, "pruner")
