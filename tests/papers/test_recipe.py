"""Recipes of papers: what they may say, budgets in images, and orderings worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.data import DataConfig
from nas_gan.errors import InputError
from nas_gan.metrics.scores import SCORE_KINDS, Scores
from nas_gan.papers.plan import Conditions, Job, Options, plan_scorings, put_value, resolve_run
from nas_gan.papers.recipe import Recipe, RunRecipe, load_reproduction
from nas_gan.papers.results import Finished, RunResult, Summary, compare_orderings, summarise
from nas_gan.papers.search import value_at
from nas_gan.papers.widths import scale_widths
from nas_gan.runs.record import RungRecord, RunRecord, write_record
from nas_gan.runs.training_run import spread_scorings
from nas_gan.search.given import find_architecture, pair
from nas_gan.spec import Architecture, Cost, Image, content_hash

TREE: dict[str, Any] = {
    "image": {"channels": 1, "resolution": 8, "classes": 2},
    "generator": {"latent_dim": 3, "width": 2, "stages": [{}]},
    "discriminator": {"width": 2, "stages": [{}]},
    "training": {"batch_size": 8, "discriminator_steps": 2},
}
RECIPE = """
kind = "train"
title = "t"
paper = "p"
claim = "c"
data = "mnist5k"
protocol = "classifier-1k"
budget = { iterations = 100 }
[[runs]]
name = "A"
architecture = "a.toml"
"""
UPDATE = 16  # images of TREE between two updates of the generator


def _architecture(**changes: Any) -> Architecture:
    return Architecture.from_tree(TREE | changes, "test")


def _recipe(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": "train",
        "title": "t",
        "paper": "p",
        "claim": "c",
        "data": "mnist5k",
        "protocol": "classifier-1k",
        "budget": {"iterations": 100},
        "runs": [{"name": "A", "architecture": "a.toml"}],
    }
    return Recipe.model_validate_json(json.dumps(fields | changes))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('kind = "train"\n', "", "has no kind, so it is a recipe of a search"),
        ('kind = "train"', 'kind = "tarin"', "kind: "),
        ("iterations = 100", 'iterations = "100"', "budget.iterations"),
        ("{ iterations = 100 }", "{}", "budget: give one of iterations, epochs and images"),
        ("iterations = 100", "iterations = 100, epochs = 2", "budget: give one of"),
        ('name = "A"', 'name = "../A"', "runs.0.name"),
        ('name = "A"', 'name = "A"\npublished = { speed = 3.0 }', "published of run A: 'speed' is not known"),
        ('name = "A"', 'name = "A"\nwidth = 3', "runs.0.width"),
        ('title = "t"', 'title = "t"\nscores = ["beauty"]', "scores: no score is called 'beauty'"),
        (
            'title = "t"',
            'title = "t"\nscored_at = [50, 200]',
            "scored_at goes beyond the budget of 100 iterations",
        ),
        ('title = "t"', 'title = "t"\nwidths = 2.0', "widths: "),
        ('title = "t"', 'title = "t"\norderings = [["A", "B"]]', "orderings: no run is called 'B'"),
        ('kind = "train"', 'kind = "search"', 'kind "search" needs a table [search]'),
        (
            "[[runs]]",
            '[[runs]]\nname = "a"\narchitecture = "b.toml"\n[[runs]]',
            "runs need names that differ",
        ),
        ('data = "mnist5k"', "data = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in RECIPE
    file = tmp_path / "recipe.toml"
    file.write_text(RECIPE.replace(before, after))
    with pytest.raises(InputError) as caught:
        load_reproduction(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(
    amount=st.integers(1, 10**6),
    scale=st.floats(1e-6, 1.0),
    scorings=st.integers(1, 400),
    unit=st.sampled_from(["iterations", "epochs", "images"]),
)
def test_scorings_are_whole_updates_up_to_the_budget(
    amount: int, scale: float, scorings: int, unit: str
) -> None:
    recipe = _recipe(budget={unit: amount}, scorings=scorings)
    marks = plan_scorings(recipe, Options(scale=scale), _architecture(), 5000)
    wanted = amount * scale * {"iterations": UPDATE, "epochs": 5000, "images": 1}[unit]
    assert list(marks) == sorted(set(marks))
    assert all(mark >= UPDATE and mark % UPDATE == 0 for mark in marks)
    assert abs(marks[-1] - wanted) <= UPDATE
    assert len(marks) == min(scorings, marks[-1] // UPDATE)


def test_scorings_of_a_paper_shrink_with_its_budget() -> None:
    recipe = _recipe(budget={"iterations": 2000}, scored_at=[10, 100, 1500])
    architecture = _architecture()
    assert plan_scorings(recipe, Options(), architecture, 1) == tuple(
        UPDATE * updates for updates in (10, 100, 1500, 2000)
    )
    assert plan_scorings(recipe, Options(scale=0.01), architecture, 1) == (UPDATE, 15 * UPDATE, 20 * UPDATE)
    assert plan_scorings(recipe, Options(scorings=2), architecture, 1) == (1000 * UPDATE, 2000 * UPDATE)


def test_six_scorings_are_spread_evenly() -> None:
    assert spread_scorings(300_000, 6) == (50_000, 100_000, 150_000, 200_000, 250_000, 300_000)
    assert spread_scorings(2, 6) == (1, 2)


@pytest.mark.parametrize(
    "options", [{"scale": 0.0}, {"scale": 1.5}, {"scale": float("nan")}, {"seeds": 0}, {"widths": 1.5}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"^{next(iter(options))} "):
        Options(**options)


def test_a_run_sets_values_by_their_path(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(TREE))
    run = RunRecipe(
        name="A", architecture=str(file), set={"generator.stages.0.depth": 3, "generator.width": 5}
    )
    built = resolve_run(run, Image(channels=1, resolution=8, classes=2), "recipe: runs.A")
    assert built.model_dump()["generator"]["stages"][0]["depth"] == 3
    assert built.model_dump()["generator"]["width"] == 5
    with pytest.raises(InputError, match=r"runs.A: set: generator.widht: no 'widht' there"):
        put_value(built.model_dump(mode="json"), "generator.widht", 1, "runs.A")
    with pytest.raises(InputError, match=r"stages.7.depth: no '7' there; there is 0 to 0"):
        put_value(built.model_dump(mode="json"), "generator.stages.7.depth", 1, "runs.A")


def test_widths_are_scaled_and_nothing_else() -> None:
    stage = {"connect": {"kind": "dense", "growth": 6}, "width": 10, "depth": 2}
    given_one = _architecture(
        generator={"latent_dim": 8, "width": 6, "stem_width": 3, "stages": [stage]},
        discriminator={
            "kind": "perceptron",
            "hidden": [{"width": 1}, {"width": 14}],
            "minibatch": "discrimination",
        },
    )
    tree = scale_widths(given_one, 0.5, "test").model_dump()
    generator, discriminator = tree["generator"], tree["discriminator"]
    assert (generator["latent_dim"], generator["width"], generator["stem_width"]) == (8, 3, 2)
    assert generator["stages"][0]["width"] == 5
    assert generator["stages"][0]["connect"]["growth"] == 3
    assert [hidden["width"] for hidden in discriminator["hidden"]] == [1, 7]
    assert discriminator["minibatch"]["hidden"] == 64
    assert scale_widths(given_one, 1.0, "test") is given_one
    bare = scale_widths(_architecture(), 0.5, "test").model_dump()["discriminator"]
    assert (bare["stem_width"], bare["stages"][0]["width"]) == (0, None)  # none, and the network's


def test_a_pair_takes_the_discriminator_and_its_optimiser() -> None:
    adam = {"generator": {"learning_rate": 0.1}, "discriminator": {"learning_rate": 0.2}}
    other = {"generator": {"learning_rate": 0.3}, "discriminator": {"learning_rate": 0.4}}
    one = _architecture(optimisers=adam)
    two = _architecture(
        discriminator={"width": 9, "stages": [{}]}, optimisers=other, loss="hinge", training={"batch_size": 4}
    )
    both = pair(one, two, "one against two")
    assert (both.generator, both.training, both.loss) == (one.generator, one.training, one.loss)
    assert both.discriminator == two.discriminator
    assert both.optimisers.generator == one.optimisers.generator
    assert both.optimisers.discriminator == two.optimisers.discriminator


def test_a_pair_that_does_not_fit_is_refused() -> None:
    large = _architecture(image={"channels": 3, "resolution": 8, "classes": 2})
    with pytest.raises(
        InputError, match="x against y: one is for 1 channels of 8 pixels, the other for 3 of 8"
    ):
        pair(_architecture(), large, "x against y")
    conditional = _architecture(
        generator=TREE["generator"] | {"conditioning": "concat"},
        discriminator=TREE["discriminator"] | {"conditioning": "projection"},
    )
    with pytest.raises(InputError, match="condition both networks, or neither"):
        pair(_architecture(), conditional, "x against y")


def test_bundled_architectures_are_found_by_name() -> None:
    given_one = find_architecture("reference/thesis_mnist_m0_bn", "none.db")
    built = given_one.resolve(Image(channels=1, resolution=28, classes=10))
    assert built.image.resolution == 28
    with pytest.raises(InputError, match="did you mean 'reference/thesis_mnist_m0_bn'"):
        find_architecture("reference/thesis_mnist_m0_b", "none.db")


def _job(tmp_path: Path, name: str = "A", published: dict[str, Any] | None = None, seed: int = 0) -> Job:
    run = RunRecipe(name=name, architecture="a.toml", published=published or {})
    conditions = Conditions(DataConfig(), "classifier-1k", None, "cpu")
    folder = tmp_path / name / f"seed-{seed}"
    return Job(run, seed, _architecture(), conditions, "data", (UPDATE, 2 * UPDATE), folder)


def _record(job: Job, scores: list[float], **changes: Any) -> RunRecord:
    rungs = tuple(
        RungRecord(
            images_seen=images,
            scores=Scores(images=10, protocol_fingerprint="p", inception_score=score),
            training_seconds=1.0,
            scoring_seconds=1.0,
        )
        for images, score in zip(job.scored_at, scores, strict=False)
    )
    record = RunRecord(
        outcome="complete",
        reason="",
        architecture=job.architecture,
        architecture_hash=content_hash(job.architecture),
        recipe_hash="",
        cost=Cost(generator_parameters=1, generator_macs=1, discriminator_parameters=1, discriminator_macs=1),
        data={"source": "mnist5k"},
        data_fingerprint="data",
        class_names=(),
        protocol={"name": "classifier-1k", "seed": 0},
        seed=job.seed,
        precision="float32",
        images_planned=job.images,
        images_seen=job.images,
        rungs=rungs,
        curve=(),
        reused_from=None,
        device="cpu",
        versions={},
        started_at="",
        wall_seconds=3.0,
    )
    return record.model_copy(update=changes)


def test_only_a_run_that_ended_counts_as_finished(tmp_path: Path) -> None:
    job = _job(tmp_path)
    assert job.find_finished() is None
    job.folder.mkdir(parents=True)
    for outcome, finished in (
        ("interrupted", False),
        ("failed", False),
        ("pruned", True),
        ("complete", True),
    ):
        write_record(job.folder, _record(job, [1.0, 2.0], outcome=outcome))
        assert (job.find_finished() is not None) == finished
    for change in (
        {"images_planned": 5},
        {"data_fingerprint": "other"},
        {"protocol": {"name": "other", "seed": 0}},
    ):
        write_record(job.folder, _record(job, [1.0, 2.0], **change))
        with pytest.raises(InputError, match="was trained with something else"):
            job.find_finished()


MakeResult = Callable[..., RunResult]


@pytest.fixture
def make_result(tmp_path: Path) -> MakeResult:
    """A run's result from the scorings of each seed: `make_result("A", 9.1, [[1, 2], [3, 2]])`."""

    def make(name: str, published: Any, seeds: list[list[float]]) -> RunResult:
        figures = {} if published is None else {"inception_score": published}
        jobs = tuple(_job(tmp_path, name, figures, seed) for seed in range(len(seeds)))
        finished = tuple(
            Finished(job, _record(job, scores)) for job, scores in zip(jobs, seeds, strict=True) if scores
        )
        return RunResult(jobs[0].run, jobs, finished)

    return make


def test_scores_over_seeds_by_hand(make_result: MakeResult) -> None:
    result = make_result("A", 9.1, [[1.0, 2.0], [6.0, 4.0], []])
    best, last = result.summarise("inception_score", "best"), result.summarise("inception_score", "last")
    assert best is not None
    assert last is not None
    assert (best.mean, best.seeds) == (4.0, 2)
    assert best.deviation == pytest.approx(8**0.5)  # of 2 and 6: √((2² + 2²) / 1)
    assert last.mean == 3.0
    assert last.deviation == pytest.approx(2**0.5)
    assert result.summarise("frechet_distance", "best") is None
    assert summarise([]) is None


def test_oscillation_and_collapse_by_hand(make_result: MakeResult) -> None:
    kind = SCORE_KINDS["inception_score"]
    steady, falling = make_result("A", None, [[1.0, 2.0]]), make_result("B", None, [[6.0, 4.5], [2.0, 2.0]])
    assert steady.swing(kind) is None  # two scorings don't tell
    assert steady.lost(kind) == Summary(0.0, None, 1)
    lost = falling.lost(kind)  # 1.5 and 0
    assert lost is not None
    assert lost.mean == 0.75
    assert lost.deviation == pytest.approx(1.5 / 2**0.5)
    job = replace(steady.jobs[0], scored_at=(16, 32, 48, 64))
    # Changes of 1, 1, 1, and of 2, -1, 3 with mean 4/3.
    for scores, swing in (([1.0, 2.0, 3.0, 4.0], 0.0), ([1.0, 3.0, 2.0, 5.0], (13 / 3) ** 0.5)):
        result = RunResult(job.run, (job,), (Finished(job, _record(job, scores)),))
        found = result.swing(kind)
        assert found is not None
        assert found.mean == pytest.approx(swing)


def test_orderings_by_hand(make_result: MakeResult) -> None:
    results = [
        make_result("A", 9.0, [[5.0, 5.0]]),
        make_result("B", (9.5, 0.1), [[6.0, 6.0]]),  # paper: beats A; here too
        make_result(
            "C", (9.6, 0.2), [[7.0, 3.0], [5.2, 3.0]]
        ),  # paper: a tie with B; beats A; 6.1 ± 1.27 here
        make_result("D", 9.9, [[4.0, 4.0]]),  # paper: the best; here the worst
        make_result("E", None, [[9.0, 9.0]]),  # not in the paper's table, but in its text
        make_result("F", 9.8, [[]]),  # not trained
    ]
    recipe = _recipe(
        runs=[{"name": name, "architecture": "a"} for name in "ABCDEF"], orderings=[["E", "A"], ["E", "F"]]
    )
    found = {(one.better, one.worse): one.verdict for one in compare_orderings(recipe, results)}
    assert found == {
        ("E", "A"): "holds",
        ("B", "A"): "holds",
        ("C", "A"): "tie",
        ("D", "A"): "fails",
        ("D", "B"): "fails",
        ("D", "C"): "fails",
    }


def test_values_of_a_tree() -> None:
    tree = {"a": {"kind": "concat", "stages": [1, 2, 3]}, "b": True, "c": 2}
    assert value_at(tree, "a.kind") == "concat"
    assert value_at(tree, "a.stages") == 3.0
    assert value_at(tree, "a.stages.1") == 2.0
    assert value_at(tree, "b") == "true"
    assert value_at(tree, "c") == 2.0
    assert value_at(tree, "a.none.there") == "–"
