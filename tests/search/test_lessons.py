"""A search leans to what earlier studies of its database found good."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import create_trial

from nas_gan.errors import InputError
from nas_gan.search.lessons import learn_from
from nas_gan.search.settings import SearchSettings
from nas_gan.search.storage.database import open_storage

RATES = FloatDistribution(1e-4, 1e-1, log=True)


@pytest.fixture
def storage(tmp_path: Path) -> RDBStorage:
    """A database in which large rates were good in one study of FID and small ones in a study of IS."""
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    cases = (("large", StudyDirection.MINIMIZE, 1e-2), ("small", StudyDirection.MAXIMIZE, 1e-3))
    for name, direction, best in cases:
        study = optuna.create_study(study_name=name, storage=storage, direction=direction)
        for number in range(12):
            rate = 1e-2 if number % 2 else 1e-3
            is_good = rate == best
            value = float(number) + 100 * (is_good == (direction is StudyDirection.MAXIMIZE))
            params = {"rate": rate, name: 0.5}
            kinds: dict[str, BaseDistribution] = {"rate": RATES, name: FloatDistribution(0, 1)}
            study.add_trial(create_trial(params=params, distributions=kinds, value=value))
    optuna.create_study(study_name="empty", storage=storage)
    return storage


def test_good_trials_are_told_by_each_study_s_own_direction(storage: RDBStorage) -> None:
    large = learn_from(storage, ["large"])["rate"]
    assert large[1e-2] > 1.5
    assert large[1e-3] < 0.5
    small = learn_from(storage, ["small"])["rate"]
    assert small[1e-3] > 1.5
    assert small[1e-2] < 0.5


def test_several_studies_are_weighed_alike(storage: RDBStorage) -> None:
    one, other = (learn_from(storage, [name])["rate"] for name in ("large", "small"))
    both = learn_from(storage, ["large", "small"])
    assert both["rate"] == {rate: pytest.approx((one[rate] + other[rate]) / 2) for rate in one}
    assert both.keys() == {"rate", "large", "small"}
    assert learn_from(storage, []) == {}


def test_what_teaches_nothing_is_refused(storage: RDBStorage) -> None:
    with pytest.raises(InputError, match="learn_from empty: has no scored trial to learn from"):
        learn_from(storage, ["large", "empty"])
    with pytest.raises(InputError, match="learn_from nowhere: no such study"):
        learn_from(storage, ["nowhere"])
    with pytest.raises(InputError, match="large: only `sampler` local learns from other studies"):
        SearchSettings(sampler="tpe", learn_from=("large",))
    with pytest.raises(InputError, match="mine: is this study"):
        SearchSettings(study="mine", learn_from=("large", "mine"))
