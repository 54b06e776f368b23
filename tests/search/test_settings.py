"""Settings of a search, and recipe files: every mistake is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nas_gan.errors import InputError
from nas_gan.search.recipe_file import load_recipe
from nas_gan.search.settings import SearchSettings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "trials 0: must be at least 1"),
        ({"images": -5}, "images -5: must be at least 1"),
        ({"max_parameters": 0}, "max_parameters 0"),
        ({"timeout_seconds": 0.0}, "timeout_seconds 0"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds nan"),
        ({"sampler": "grid"}, "sampler grid: not known; use one of tpe, local, random, rnn"),
        ({"pruner": "sha"}, "pruner sha"),
        ({"metric": "ms-ssim"}, "metric ms-ssim: not known; use one of fid, is, kid"),
        ({"metric": "fid,fid"}, "metric fid,fid: names one of them twice"),
        ({"metric": "macs,fid"}, "metric macs,fid: macs is a cost, which the smallest network always wins"),
        (
            {"metric": "fid,macs", "sampler": "tpe"},
            "sampler tpe: sees fid alone, and the search is after fid, macs",
        ),
        ({"metric": "fid, macs", "signal": "is"}, "signal is: rungs compare fid, macs"),
        ({"study": "a/b"}, "study 'a/b'"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_a_bad_setting_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        SearchSettings(**({"study": "study"} | settings))
    assert message in str(caught.value)


def test_a_recipe_sets_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text('space = "tiny"\ntrials = 3\nimages = "2k"\n')
    assert load_recipe(file) == {"space": "tiny", "trials": 3, "images": 2000}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trails = 3\n", "trails: not known"),
        ('trials = "3"\n', "trials '3': must be a whole number"),
        ("trials = true\n", "trials true: must be a whole number"),
        ("trials = \n", "not valid TOML"),
    ],
)
def test_a_bad_recipe_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_recipe(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not readable"):
        load_recipe(tmp_path / "none.toml")


def test_several_metrics_are_one_setting() -> None:
    settings = SearchSettings(study="study", metric="fid, macs,latency", sampler="random")
    assert (settings.metric, settings.metrics) == ("fid,macs,latency", ("fid", "macs", "latency"))
    assert SearchSettings(study="study").metrics == ()
