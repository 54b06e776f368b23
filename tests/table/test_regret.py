"""Regret: nothing where everything is trained, that of the worst where nothing is, and no less for less compute."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nas_gan.errors import InputError
from nas_gan.table import Row
from nas_gan.table.regret import measure_regrets
from nas_gan.table.tasks import Conditions, mean_cost

RUNGS = (100, 200, 300)
SCHEDULERS = ("none", "halving", "promotion")


def test_regret_is_how_much_worse_than_the_best_the_pick_is(make_row: Callable[..., Row]) -> None:
    rows = [make_row(number, (9.0, 9.0, 10.0 + number)) for number in range(11)]
    unit = mean_cost(rows)

    def regrets(trainings: float) -> tuple[dict[str, float], dict[str, float]]:
        conditions = Conditions(RUNGS, 3, "fid", trainings * unit, 40)
        found, more = measure_regrets(rows, SCHEDULERS, conditions, tables=4)
        assert all(one.low <= one.high for one in (*found.values(), *more.values()))
        return tuple({name: one.value for name, one in of.items()} for of in (found, more))  # type: ignore[return-value]

    everything, _ = regrets(1e6)
    assert everything["none"] == 0.0
    nothing, _ = regrets(1e-6)
    assert nothing == dict.fromkeys(SCHEDULERS, 1.0)
    some, more = regrets(3.0)
    assert 0.0 < some["none"] < 1.0
    assert more == {name: some[name] - some["promotion"] for name in ("none", "halving")}


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(InputError, match="no rows"):
        measure_regrets([], SCHEDULERS, Conditions(RUNGS, 3, "fid", 1.0, 1))
