"""Spaces that are functions of a trial."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from nas_gan.errors import InputError
from nas_gan.space import HoleSummary, load_space, sample
from nas_gan.spec import Architecture, Image
from nas_gan.spec.networks import ConvolutionalDiscriminator, ConvolutionalGenerator

GOOD = """
def tables(trial):
    width = trial.suggest_int("width", 8, 32, step=8)
    return {
        "generator": {"stages": [{}, {}], "width": width},
        "discriminator": {"stages": [{}, {}], "width": width},
        "loss": trial.suggest_categorical("loss", ["hinge", "non_saturating"]),
        "optimisers": {"generator": {"learning_rate": trial.suggest_float("rate", 1e-4, 1e-3, log=True)}},
    }

def architecture(trial):
    from nas_gan.spec import Architecture
    return Architecture.from_tree({"image": {"channels": 1, "resolution": 28, "classes": 10}, **tables(trial)}, "f")
"""

Write = Callable[[str], str]


def generator_of(architecture: Architecture) -> ConvolutionalGenerator:
    assert isinstance(architecture.generator, ConvolutionalGenerator)
    return architecture.generator


def discriminator_of(architecture: Architecture) -> ConvolutionalDiscriminator:
    assert isinstance(architecture.discriminator, ConvolutionalDiscriminator)
    return architecture.discriminator


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a module that can be imported from the working folder, and returns its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/nowhere"])
    module = f"space_of_{tmp_path.name}"

    def write_text(text: str) -> str:
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
        return module

    return write_text


@pytest.mark.parametrize("function", ["tables", "architecture"])
def test_function_is_a_space(write: Write, digits: Image, function: str) -> None:
    space = load_space(f"{write(GOOD)}:{function}")
    space.check(digits)
    assert space.size(digits) is None
    assert space.holes(digits) == (
        HoleSummary("width", "int", "8 to 32, step 8", ""),
        HoleSummary("loss", "choice", "hinge, non_saturating", ""),
        HoleSummary("rate", "float", "0.0001 to 0.001, log", ""),
    )
    first, again = (sample(space, digits, random.Random(3)) for _ in range(2))
    assert first == again
    assert first.image == digits
    assert generator_of(first).width == discriminator_of(first).width


def test_function_of_a_real_trial(write: Write, digits: Image) -> None:
    space = load_space(f"{write(GOOD)}:tables")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    made: list[Architecture] = []

    def objective(trial: optuna.Trial) -> float:
        made.append(space.fill(trial, digits))
        return 0.0

    study.optimize(objective, n_trials=3)
    assert [trial.params["width"] for trial in study.trials] == [generator_of(each).width for each in made]


def test_pruning_inside_the_function_is_for_the_study(write: Write, digits: Image) -> None:
    text = "import optuna\ndef space(trial):\n    raise optuna.TrialPruned('too large')\n"
    space = load_space(f"{write(text)}:space")
    with pytest.raises(optuna.TrialPruned):
        space.check(digits)


BAD_MODULES = [
    ("def space(:", "importing 'MODULE' failed: SyntaxError"),
    ("import nothing_of_this_name", "importing 'MODULE' failed: ModuleNotFoundError"),
    ("other = 3", "'MODULE' has nothing called 'space'"),
    ("space = 3", "MODULE:space: is no function"),
]


@pytest.mark.parametrize(("text", "message"), BAD_MODULES)
def test_module_that_cannot_be_used(write: Write, text: str, message: str) -> None:
    module = write(text)
    with pytest.raises(InputError) as caught:
        load_space(f"{module}:space")
    assert message.replace("MODULE", module) in str(caught.value)


def test_module_that_is_missing() -> None:
    with pytest.raises(InputError, match="importing 'no_such_module_here' failed: ModuleNotFoundError"):
        load_space("no_such_module_here:space")


BAD_FUNCTIONS = [
    ("return 3", "returned int; return an Architecture or its tables"),
    ("return None", "returned NoneType"),
    ("return {'generator': {}}", "generator.stages: is missing"),
    ("return {'generator': {1, 2}}", "not plain data"),
    ("raise ValueError('two\\nlines')", "raised ValueError: two lines; mend the function"),
    ("trial.suggest_colour('x')", "raised AttributeError"),
    (
        "return {'image': {'channels': 3, 'resolution': 28}, 'generator': {'stages': [{}] * 2}, "
        "'discriminator': {'stages': [{}] * 2}}",
        "its architecture is for 3×28×28 with 0 classes and the data has 1×28×28 with 10 classes",
    ),
]


@pytest.mark.parametrize(("body", "message"), BAD_FUNCTIONS)
def test_function_that_makes_no_architecture(write: Write, digits: Image, body: str, message: str) -> None:
    space = load_space(f"{write(f'def space(trial):{chr(10)}    {body}')}:space")
    with pytest.raises(InputError) as caught:
        space.check(digits)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fingerprint_is_of_the_function(write: Write) -> None:
    module = write(GOOD)
    assert load_space(f"{module}:tables").fingerprint == load_space(f"{module}:tables").fingerprint
    assert load_space(f"{module}:tables").fingerprint != load_space(f"{module}:architecture").fingerprint


def test_an_architecture_has_no_point_in_a_function(write: Write, digits: Image) -> None:
    space = load_space(write(GOOD) + ":tables")
    with pytest.raises(InputError, match="a Python function can't be asked for the point of an architecture"):
        space.locate(sample(space, digits, random.Random(0)))
    assert space.starts(digits) == ()
