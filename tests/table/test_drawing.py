from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from nas_gan.space import load_space
from nas_gan.spec import compute_cost, recipe_hash
from nas_gan.table import Row
from nas_gan.table.drawing import LAG, MOST_MACS, copy_row, draw, image_at, list_points
from nas_gan.table.points import fill_known
from nas_gan.table.sets import SETS, list_jobs

DRAWN, COPIED = SETS["random-14"], SETS["random-28"]
MUTANT = LAG + 8  # a mutant by its index, and late enough for rows 0 to 6 to be its parents

MakeRow = Callable[..., Row]


def test_a_drawn_architecture_follows_from_its_index() -> None:
    space = load_space("resdense")
    first, again, other = (draw(DRAWN, space, index, [], {}) for index in (3, 3, 4))
    assert first == again
    assert recipe_hash(first.architecture) != recipe_hash(other.architecture)
    assert first.origin == "random"
    assert first.architecture.image == image_at(14)


def test_architectures_above_the_cap_are_drawn_again() -> None:
    space = load_space("resdense")
    for index in range(6):
        drawn = draw(DRAWN, space, index, [], {})
        assert drawn.point is not None
        large = fill_known(space, image_at(28), drawn.point, random.Random(0)).architecture
        assert compute_cost(large).macs <= MOST_MACS


def test_each_third_is_a_mutant_of_a_start_or_of_a_good_row(make_row: MakeRow) -> None:
    space = load_space("resdense")
    rows = [make_row(index, (300.0, 200.0, 100.0 - index)) for index in range(7)]
    start = {"baselines/one": draw(DRAWN, space, 90, [], {}).point or {}}
    of_row = draw(DRAWN, space, MUTANT, rows, {})
    assert of_row.origin == "mutant"
    # The best five of those that are far enough behind.
    assert of_row.parent in {f"random-14/{index}" for index in range(2, 7)}
    parents = {draw(DRAWN, space, index, rows, start).parent for index in range(MUTANT, MUTANT + 12, 3)}
    assert "baselines/one" in parents
    assert parents - {"baselines/one"}


def test_a_mutant_without_parents_is_random(make_row: MakeRow) -> None:
    recent = [make_row(MUTANT - LAG + 1, (300.0, 200.0, 10.0)), make_row(0, (300.0,))]
    assert draw(DRAWN, load_space("resdense"), MUTANT, recent, {}).origin == "random"


def test_an_architecture_that_has_a_row_is_not_drawn_again(make_row: MakeRow) -> None:
    space = load_space("resdense")
    first = draw(DRAWN, space, 3, [], {})
    taken = make_row(2, (1.0,)).model_copy(update={"recipe_hash": recipe_hash(first.architecture)})
    assert recipe_hash(draw(DRAWN, space, 3, [taken], {}).architecture) != taken.recipe_hash


def test_a_copied_row_is_the_architecture_that_was_drawn_there(make_row: MakeRow) -> None:
    space = load_space("resdense")
    drawn = draw(DRAWN, space, 7, [], {})
    row = make_row(7, (1.0,), holes=drawn.holes).model_copy(update={"point": drawn.point})
    copied = copy_row(COPIED, space, row)
    assert copied.holes == drawn.point
    assert copied.architecture.image == image_at(28)


def test_points_are_shuffled_and_all_there() -> None:
    table_set = SETS["enumerated-14"]
    points = list_points(table_set, load_space(table_set.space))
    assert len({recipe_hash(point.architecture) for point in points}) == table_set.count


def test_a_sixth_of_the_architectures_has_three_seeds() -> None:
    jobs = [*list_jobs(replace(DRAWN, count=180))]
    repeated = {job.index for job in jobs if job.seed == 2}
    assert len(repeated) == 30
    assert len(jobs) == 180 + 60
    assert {index % 3 for index in repeated} == {0, 1, 2}
    assert jobs == sorted(jobs)
