"""`train --against` and `crossval`: real runs of tiny networks, on digits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nas_gan.cli import main
from nas_gan.runs.record import DISCRIMINATOR_FILE, load_record


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


RunCommand = Callable[..., Ended]
TINY = "[generator.stages]\nwidth = 2\n[discriminator.stages]\nwidth = {width}\n[training]\nbatch_size = 8\n"
TRAIN = ("--limit", "100", "--images", "16", "--protocol", "classifier-1k")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `one.toml`, `two.toml`, and the runs `one` and `pair`: one's generator, two's discriminator."""
    folder = tmp_path_factory.mktemp("trained")
    for name, width in (("one", 2), ("two", 3)):
        (folder / f"{name}.toml").write_text(TINY.format(width=width))
    one, two = str(folder / "one.toml"), str(folder / "two.toml")
    with pytest.MonkeyPatch.context() as patch:
        for arguments in (
            (one, "--scorings", "1", "-o", str(folder / "one")),
            (one, "--against", two, "--score-at", "8", "-o", str(folder / "pair")),
        ):
            patch.setattr(sys, "argv", ["nas-gan", "train", *arguments, *TRAIN])
            with pytest.raises(SystemExit) as ended:
                main.run()
            assert not ended.value.code
    return folder


def test_a_pair_is_trained_and_scored_when_asked(trained: Path) -> None:
    alone, pair = load_record(trained / "one"), load_record(trained / "pair")
    assert [rung.images_seen for rung in alone.rungs] == [16]
    assert [rung.images_seen for rung in pair.rungs] == [8, 16]
    assert pair.architecture.generator == alone.architecture.generator
    assert pair.architecture.discriminator != alone.architecture.discriminator


def test_every_discriminator_judges_every_generator(
    trained: Path, run_command: RunCommand, tmp_path: Path
) -> None:
    page = tmp_path / "table.html"
    runs = [str(trained / name) for name in ("one", "pair")]
    ended = run_command("crossval", *runs, "-n", "50", "--json", "-o", str(page))
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    assert facts["runs"] == runs
    assert [len(row) for row in facts["rates"]] == [2, 2]
    assert all(0.0 <= rate <= 1.0 for row in facts["rates"] for rate in row)
    assert f"{100 * facts['rates'][0][1]:.2f}" in page.read_text()
    shown = run_command("crossval", *runs, "-n", "50")
    assert all(len(line) <= 80 for line in shown.out.splitlines()[:1])
    assert "D 2" in shown.out


def test_what_cannot_be_crossed_is_one_line(trained: Path, run_command: RunCommand, tmp_path: Path) -> None:
    run = trained / "one"
    (tmp_path / "old").mkdir()
    for file in ("record.json", "architecture.json", "generator.safetensors"):
        (tmp_path / "old" / file).write_bytes((run / file).read_bytes())
    for arguments, said in (
        ((str(tmp_path / "none"),), "no such folder"),
        ((str(tmp_path),), "record.json: not readable"),
        ((str(tmp_path / "old"),), f"holds no {DISCRIMINATOR_FILE}"),
        ((str(run), "-n", "0"), "-n 0: must be at least 1"),
        ((str(run), "--data", "swiss_roll"), "has 2 of 1; give runs of one resolution"),
        ((str(run), "-o", str(tmp_path / "no" / "t.html")), "no folder"),
    ):
        ended = run_command("crossval", *arguments)
        assert ended.code == 2, ended.err
        assert said in ended.err
        assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scorings", "0"), "--scorings 0: must be at least 1"),
        (("--score-at", "1k,2k", "--images", "1500"), "2,000 is more than the 1,500 images"),
        (("--score-at", "8", "--scorings", "3"), "give one of the two"),
        (("--score-at", "many"), "--score-at many: give a whole number"),
        (("--against", "nowhere.toml"), "nowhere.toml: no such file"),
    ],
)
def test_bad_scorings_and_pairs_are_refused(
    trained: Path, run_command: RunCommand, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ended = run_command("train", str(trained / "one.toml"), "-o", str(tmp_path / "new"), *arguments)
    assert ended.code == 2
    assert said in ended.err
