from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.search.storage.database import open_storage
from nas_gan.space import FixedSuggest, bundled_spaces, load_space
from nas_gan.spec import Architecture, Image, compute_cost

DIGITS = Image(channels=1, resolution=28, classes=10)
COUNTABLE = """# Four architectures.
[generator]
latent_dim = { choice = [4, 8] }
[generator.stages]
depth = { int = [1, 2] }
[discriminator.stages]
"""


def test_all_bundled_spaces_are_listed_with_size_and_purpose(run_command: Any) -> None:
    ended = run_command("spaces")
    assert ended.code == 0
    assert ended.out.splitlines()[0].split() == ["space", "architectures", "what", "it", "is"]
    for name in bundled_spaces():
        assert f"\n{name} " in ended.out
    assert "at least" in ended.out
    assert "A space of very small networks" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_the_list_as_json_holds_sizes(run_command: Any) -> None:
    listed = {facts["name"]: facts for facts in json.loads(run_command("spaces", "--json").out)}
    assert set(listed) == set(bundled_spaces())
    size = load_space("tiny").size(DIGITS)
    assert size is not None
    assert listed["tiny"]["architectures"] == {"count": size.count, "exact": size.exact}
    assert listed["tiny"]["description"].startswith("A space of very small networks")


def test_one_space_shows_holes_size_and_samples(run_command: Any) -> None:
    out = run_command("spaces", "tiny", "--samples", "2").out
    assert "generator.stages.1.connect" in out
    assert "plain, residual, dense" in out
    assert "\n  [dense].growth" in out
    assert [line.partition(":")[0] for line in out.splitlines() if line.startswith("sample")] == [
        "sample 1",
        "sample 2",
    ]
    assert max(map(len, out.splitlines())) <= 80


def test_samples_as_json_are_architectures_with_their_cost(run_command: Any) -> None:
    arguments = ("spaces", "tiny", "--resolution", "32", "--channels", "3", "--classes", "0", "--json")
    facts = json.loads(run_command(*arguments).out)
    assert facts["image"] == {"channels": 3, "resolution": 32, "classes": 0}
    assert len(facts["samples"]) == 3
    for sampled in facts["samples"]:
        architecture = Architecture.from_tree(sampled["architecture"], "sample")
        assert architecture.image.resolution == 32
        assert not architecture.conditional
        assert sampled["cost"]["generator_macs"] == compute_cost(architecture).generator_macs
    paths = [hole["path"] for hole in facts["holes"]]
    assert paths == [
        hole.path for hole in load_space("tiny").holes(Image(channels=3, resolution=32, classes=0))
    ]


def test_a_seed_repeats_its_samples(run_command: Any) -> None:
    first, again, other = (
        json.loads(run_command("spaces", "tiny", "--seed", seed, "--json").out)["samples"]
        for seed in ("1", "1", "2")
    )
    assert first == again
    assert first != other


def test_a_countable_space_says_exactly_how_large_it_is(tmp_path: Path, run_command: Any) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(COUNTABLE)
    # Two latents, and a depth of 1 or 2 in each of the two stages that 28 pixels need.
    assert "exactly 8\n" in run_command("spaces", str(path)).out
    assert json.loads(run_command("spaces", str(path), "--json").out)["architectures"] == {
        "count": 8,
        "exact": True,
    }


def test_an_architecture_is_a_space_of_one(tmp_path: Path, run_command: Any) -> None:
    sampled = json.loads(run_command("spaces", "tiny", "--resolution", "16", "--json").out)["samples"][0]
    path = tmp_path / "architecture.json"
    path.write_text(json.dumps(sampled["architecture"]))
    facts = json.loads(run_command("spaces", str(path), "--json").out)
    assert facts["image"]["resolution"] == 16
    assert (facts["holes"], facts["architectures"]["count"]) == ([], 1)
    assert facts["samples"] == [sampled]
    shown = run_command("spaces", str(path)).out
    assert "hole  " not in shown
    assert sampled["topology"][0].split()[1] == f"z{sampled['architecture']['generator']['latent_dim']}"


def test_an_architecture_is_located(tmp_path: Path, run_command: Any) -> None:
    sampled = json.loads(run_command("spaces", "tiny", "--resolution", "16", "--json").out)["samples"][0]
    path = tmp_path / "architecture.json"
    path.write_text(json.dumps(sampled["architecture"]))
    ended = run_command("spaces", "tiny", "--locate", str(path), "--json")
    located = json.loads(ended.out)
    assert (ended.code, located["reason"]) == (0, None)
    image = Image(channels=1, resolution=16, classes=10)
    assert load_space("tiny").fill(FixedSuggest(located["point"]), image) == Architecture.from_tree(
        sampled["architecture"], "sample"
    )
    lines = run_command("spaces", "tiny", "--locate", str(path)).out.splitlines()
    assert [line.split()[0] for line in lines] == ["hole", *located["point"]]


def test_a_reference_is_located_for_its_own_images(run_command: Any) -> None:
    ended = run_command("spaces", "resdense", "--locate", "reference/thesis_cifar_m0_bn")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == (
        "reference/thesis_cifar_m0_bn isn't in resdense: "
        "generator.latent_dim: the space has 32, 64, 128, the architecture 100\n"
    )
    found = json.loads(
        run_command("spaces", "resdense", "--locate", "reference/thesis_cifar_m0_bn", "--json").out
    )
    assert found["point"] is None
    assert found["reason"]["path"] == "generator.latent_dim"


def test_a_trial_is_located(database: Path, run_command: Any) -> None:
    """Trial 3 of `digits`, a study of `tiny`, has the values that Optuna stored."""
    arguments = ("spaces", "tiny", "--locate", "digits:3", "--storage", str(database), "--json")
    located = json.loads(run_command(*arguments).out)["point"]
    stored = optuna.load_study(study_name="digits", storage=open_storage(str(database), create=False))
    assert located == stored.trials[3].params


def test_starts_are_shown(tmp_path: Path, run_command: Any) -> None:
    path = tmp_path / "mine.toml"
    (tmp_path / "small.toml").write_text(
        "[generator]\nlatent_dim = 8\n[generator.stages]\n[discriminator.stages]\n"
    )
    path.write_text('starts = ["small.toml", "baselines/plain"]\n' + COUNTABLE)
    out = run_command("spaces", str(path)).out
    assert "tried first    small.toml\n" in out
    assert (
        "baselines/plain isn't tried first: generator.latent_dim: the space has 4, 8, the architecture 64"
        in out
    )
    starts = json.loads(run_command("spaces", str(path), "--json").out)["starts"]
    assert [start["point"] is None for start in starts] == [False, True]
    assert starts[0]["point"] == {
        "generator.latent_dim": 8,
        "generator.stages.0.depth": 1,
        "generator.stages.1.depth": 1,
    }


def test_a_python_function_has_no_known_size(tmp_path: Path, run_command: Any, monkeypatch: Any) -> None:
    monkeypatch.delitem(sys.modules, "own_space", raising=False)
    (tmp_path / "own_space.py").write_text(
        "def gan(trial):\n"
        "    stages = [{'depth': trial.suggest_int('depth', 1, 3)}] * 2\n"
        "    return {'generator': {'stages': stages}, 'discriminator': {'stages': [{}, {}]}}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    out = run_command("spaces", "own_space:gan").out
    assert "not known: a Python function" in out
    assert "depth  1 to 3" in out


def test_the_schema_is_a_json_schema(run_command: Any) -> None:
    schema = json.loads(run_command("spaces", "--schema").out)
    assert schema["$schema"].startswith("http://json-schema.org/")
    assert {"generator", "discriminator"} <= set(schema["properties"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["resdence"], "resdence"),
        (["missing.toml"], "missing.toml"),
        (["tiny", "--resolution", "3"], "resolution: 3 can't be halved"),
        (["tiny", "--resolution", "0"], "--resolution 0"),
        (["tiny", "--resolution", "29"], "29"),
        (["tiny", "--channels", "9"], "--channels 9"),
        (["tiny", "--classes", "-1"], "--classes -1"),
        (["tiny", "--samples", "-1"], "--samples -1"),
        (["--locate", "baselines/plain"], "--locate baselines/plain: in which space?"),
        (["tiny", "--locate", "baselines/plane"], "did you mean 'baselines/plain'?"),
        (["tiny", "--locate", "resdense"], "has holes"),
        (["own_space:gan", "--locate", "baselines/plain"], "own_space:gan: a Python function can't"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], named: str, run_command: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "own_space.py").write_text("def gan(trial):\n    return {}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_space", raising=False)
    ended = run_command("spaces", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("error: ")
    assert named in ended.err


def test_a_file_for_other_images_says_so(tmp_path: Path, run_command: Any) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[image]\nresolution = 64\n" + COUNTABLE)
    assert "1×64×64" in run_command("spaces", str(path)).out
    ended = run_command("spaces", str(path), "--resolution", "32")
    assert ended.code == 2
    assert "64" in ended.err
