"""Single changes of the best are trained beside it with the same fresh seeds, and nothing is trained twice."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from nas_gan.explain.confirm import Change, Confirmed, compare, confirm, plan_changes
from nas_gan.explain.effects import Case, Worth, measure_worth
from nas_gan.explain.page import build_explanation_page
from nas_gan.explain.study import Explanation
from nas_gan.explain.words import confirmed_line, explanation_facts, worth_line
from nas_gan.runs.resources import image_of
from nas_gan.runs.run import Run
from nas_gan.search.catalogue import Trial
from nas_gan.search.ingredients import Ingredients, gather
from nas_gan.search.settings import SearchSettings
from nas_gan.space import load_space
from nas_gan.table.points import fill_known

SPACE = """
[generator]
kind = "perceptron"
latent_dim = { choice = [2, 3] }
[[generator.hidden]]
width = 4
[discriminator]
kind = "perceptron"
[[discriminator.hidden]]
width = 4
[training]
batch_size = { choice = [8, 16] }
"""
WORTH = Worth("norm", "none", "batch", 9.0, 2.0, 16.0, 1.3, 31)


@pytest.fixture
def ingredients(tmp_path: Path) -> Ingredients:
    """A study of points in the plane with perceptrons of a few units."""
    file = tmp_path / "little.toml"
    file.write_text(SPACE)
    settings = SearchSettings(
        space=str(file),
        data="swiss_roll",
        limit=200,
        protocol="plane-1k",
        images=64,
        rungs=(64,),
        precision="float32",
    )
    return gather(settings, load_space(str(file)), torch.device("cpu"), pytest.fail, lambda _: None)


def _explain(ingredients: Ingredients) -> Explanation:
    """Trials whose score follows one hole."""
    image, cases = image_of(ingredients.resources.dataset), []
    for seed in range(16):
        holes = fill_known(ingredients.space, image, {}, random.Random(seed)).holes
        score = (2.0 if holes["training.batch_size"] == 16 else 1.0) * (1 + seed / 100)
        cases.append(Case(holes, score))
    best = min(cases, key=lambda case: case.score)
    trial = Trial(3, "complete", best.score, "", None, None, None)
    return Explanation(64, tuple(cases), tuple(measure_worth(cases)), trial, best.holes)


def test_the_largest_effects_on_the_best_are_trained_and_not_twice(
    ingredients: Ingredients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanation = _explain(ingredients)
    changes = plan_changes(explanation, ingredients, 2)
    assert changes[0].worth.hole == "training.batch_size"
    assert (changes[0].value, changes[0].worth.instead) == (16, "8")
    assert changes[0].architecture.training.batch_size == 16
    trained: list[int] = []
    advance = Run.advance

    def counted(run: Run, *arguments: Any) -> Any:
        trained.append(run.architecture.training.batch_size)
        return advance(run, *arguments)

    monkeypatch.setattr(Run, "advance", counted)

    def stop(text: str) -> None:
        if text.startswith("best, seed 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        confirm(explanation, changes[:1], ingredients, tmp_path / "runs", 2, stop)
    assert trained == [8, 16]
    (confirmed,) = confirm(explanation, changes[:1], ingredients, tmp_path / "runs", 2, lambda _: None)
    assert trained == [8, 16, 8, 16]
    assert confirmed.ratio == compare(confirmed.scores, confirmed.best_scores)
    assert all(score is not None and score > 0 for score in (*confirmed.scores, *confirmed.best_scores))
    page = build_explanation_page(explanation, "little", "transport", [confirmed])
    assert confirmed_line(confirmed, "transport").partition(":")[0] in page
    facts = json.loads(json.dumps(explanation_facts(explanation, "little", "transport", [confirmed])))
    assert facts["confirmed"][0]["scores"] == list(confirmed.scores)


def test_pairs_are_compared_by_their_ratios() -> None:
    ratio = compare([2.0, 8.0], [1.0, 2.0])
    assert ratio is not None
    # Student's t of one degree of freedom: 12.706.
    half = 12.7062 * (math.log(2) / math.sqrt(2)) / math.sqrt(2)
    assert ratio == pytest.approx(
        [math.sqrt(8), math.sqrt(8) * math.exp(-half), math.sqrt(8) * math.exp(half)], rel=1e-4
    )
    assert compare([2.0, None], [1.0, 2.0]) is None


def test_an_effect_in_a_line(ingredients: Ingredients) -> None:
    assert worth_line(WORTH, "fid") == "norm: none instead of batch: FID +9.00 ± 7.00 (+30%), 31 trials"
    architecture = plan_changes(_explain(ingredients), ingredients, 1)[0].architecture
    change = Change(WORTH, "none", architecture)
    agrees = Confirmed(
        change, (13.0, 13.1, 12.9), (10.0, 10.0, 10.0), compare([13.0, 13.1, 12.9], [10.0] * 3)
    )
    assert confirmed_line(agrees, "fid") == (
        "norm: none instead of batch: FID 13.00 in place of 10.00 (+30%, +28% to +33%, 3 seeds): as estimated"
    )
    failed = Confirmed(change, (None, 13.0), (10.0, 10.0), None)
    assert confirmed_line(failed, "fid").endswith("can't be told; 1 of 2 trainings failed, 1 scored")
