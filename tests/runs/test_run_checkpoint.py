"""A run in its folder: stopped, killed and continued; its checkpoints torn, altered and of other runs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import nas_gan
from nas_gan.data import DataConfig, load_dataset
from nas_gan.errors import InputError
from nas_gan.files import name_beside
from nas_gan.metrics.plane_protocol import PlaneRecipe
from nas_gan.metrics.plane_scorer import PlaneData, build_plane_scorer
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.record import RunRecord, load_record
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.runs.training_run import train_through
from nas_gan.spec import Architecture
from nas_gan.training import Progress
from nas_gan.training.checkpoint import read_checkpoint

ARCHITECTURE: dict[str, Any] = {
    "image": {"channels": 2, "resolution": 1},
    "generator": {"kind": "perceptron", "latent_dim": 4, "hidden": [{"width": 8, "norm": "batch"}]},
    "discriminator": {"kind": "perceptron", "hidden": [{"width": 8}], "spectral_norm": True},
    "loss": "fisher",
    "training": {"batch_size": 16},
}
BUDGETS = (16 * 45, 16 * 130)
KILLS = 12
NEVER = 1e9
EACH_UPDATE = 0.0


def load_small() -> Resources:
    """The Swiss roll, and a scorer of few points."""
    config, device = DataConfig("swiss_roll", limit=500), torch.device("cpu")
    dataset = load_dataset(config)
    modes = dataset.modes
    if modes is None:
        pytest.fail("the Swiss roll has modes")
    held_out = PlaneData(dataset.held_out.images, modes.anchors, modes.radius, dataset.fingerprint)
    scorer = build_plane_scorer(PlaneRecipe("small", 200, 50, 0.1), held_out)
    return Resources(config, dataset, dataset.train.images, dataset.train.labels, scorer, device)


@pytest.fixture(scope="module")
def resources() -> Resources:
    return load_small()


@pytest.fixture(scope="module")
def whole(resources: Resources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing happened to, and that wrote no checkpoints."""
    folder = tmp_path_factory.mktemp("whole")
    architecture = Architecture.from_tree(ARCHITECTURE, "test")
    run = Run(architecture, resources, folder, 3, BUDGETS[-1], precision="float32")
    assert train(run).outcome == "complete"
    return folder


@pytest.fixture(autouse=True)
def told_of_each_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_gan.training.trainer.PROGRESS_SECONDS", 0.0)


BuildRun = Callable[..., Run]


@pytest.fixture
def lines() -> list[str]:
    """What was announced."""
    return []


@pytest.fixture
def build_run(resources: Resources, tmp_path: Path, lines: list[str]) -> BuildRun:
    """A run in a folder of its name, with checkpoints at rungs and stops alone unless told otherwise."""

    def build(name: str, seconds: float = NEVER, seed: int = 3, **architecture: Any) -> Run:
        built = Architecture.from_tree(ARCHITECTURE | architecture, "test")
        checkpoints = Checkpoints(tmp_path / name, lines.append, seconds)
        return Run(
            built, resources, tmp_path / name, seed, BUDGETS[-1], precision="float32", checkpoints=checkpoints
        )

    return build


def stop_at(images: int) -> Callable[[Progress], None]:
    def stop(progress: Progress) -> None:
        if progress.images_seen == images:
            raise KeyboardInterrupt

    return stop


def train(run: Run, images: int | None = None) -> RunRecord:
    """To its end, or until it is stopped after `images`."""
    return train_through(
        run, BUDGETS, lambda _: None if images is None else stop_at(images)(_), lambda _: None
    )


def timeless(record: RunRecord) -> dict[str, Any]:
    """A record without what a clock had a part in."""
    tree = record.model_dump()
    del tree["started_at"], tree["wall_seconds"]
    for rung in tree["rungs"]:
        del rung["training_seconds"], rung["scoring_seconds"]
    for point in tree["curve"]:
        del point["images_per_second"]
    return tree


def assert_same_folders(one: Path, other: Path) -> None:
    """The same record, and every weight and picture byte for byte."""
    assert timeless(load_record(one)) == timeless(load_record(other))
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        assert name == "record.json" or (one / name).read_bytes() == (other / name).read_bytes(), name


def checkpoints_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "checkpoint" in path.name)


@pytest.mark.parametrize("images", [16, 16 * 45, 16 * 46, 16 * 77, 16 * 130])
def test_a_run_that_was_stopped_reads_as_one(
    build_run: BuildRun, whole: Path, tmp_path: Path, lines: list[str], images: int
) -> None:
    """In the first update, at the end of a rung, behind it, and after the last update."""
    first = build_run("stopped")
    interrupted = train(first, images)
    assert interrupted.outcome == "interrupted"
    stopped_at = read_checkpoint(tmp_path / "stopped" / f"checkpoint-{images}.safetensors").part("run")
    second = build_run("stopped")
    assert second.resume()
    assert second.images_seen == images
    record = train(second)
    assert_same_folders(whole, tmp_path / "stopped")
    assert record.started_at == interrupted.started_at
    assert record.wall_seconds > stopped_at.facts["wall_seconds"]
    assert all(rung.training_seconds > 0 for rung in record.rungs)
    assert lines == [f"{tmp_path}/stopped/checkpoint-{images}.safetensors: goes on after {images:,} images"]


def test_a_run_that_is_stopped_while_it_is_scored_goes_on(
    build_run: BuildRun, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    run = build_run("stopped")
    with monkeypatch.context() as patch:
        patch.setattr("nas_gan.runs.task.score_generator", stop)
        assert train(run).outcome == "interrupted"
    second = build_run("stopped")
    assert second.resume()
    assert (second.images_seen, second.rungs) == (BUDGETS[0], ())
    train(second)
    assert_same_folders(whole, tmp_path / "stopped")


def test_a_run_that_had_passed_all_scorings_is_only_ended(build_run: BuildRun, tmp_path: Path) -> None:
    """Killed between its last checkpoint and its record."""
    run = build_run("run")
    rungs = [run.advance(images) for images in BUDGETS]
    assert checkpoints_in(tmp_path / "run") == [
        f"checkpoint-{images}.safetensors" for images in BUDGETS[::-1]
    ]
    second = build_run("run")
    second.resume()
    assert second.rungs == tuple(rungs)
    assert second.budgets_left(BUDGETS) == ()
    assert train(second).outcome == "complete"
    assert checkpoints_in(tmp_path / "run") == []


def test_what_another_process_was_writing_as_it_was_killed_goes(
    build_run: BuildRun, whole: Path, tmp_path: Path
) -> None:
    """Of its rungs too, and not of its checkpoints alone."""
    train(build_run("run"), 16 * 46)
    for path in [*whole.iterdir(), tmp_path / "checkpoint-736.safetensors"]:
        (tmp_path / "run" / name_beside(path.name)).write_bytes(b"hal")
    second = build_run("run")
    second.resume()
    train(second)
    assert_same_folders(whole, tmp_path / "run")


def test_the_last_two_are_kept_until_the_run_ends(build_run: BuildRun, tmp_path: Path) -> None:
    train(build_run("run", EACH_UPDATE), 16 * 9)
    assert checkpoints_in(tmp_path / "run") == ["checkpoint-128.safetensors", "checkpoint-144.safetensors"]
    second = build_run("run")
    second.resume()
    train(second)
    assert checkpoints_in(tmp_path / "run") == []


def test_without_an_interval_or_a_stop_only_rungs_are_kept(build_run: BuildRun, tmp_path: Path) -> None:
    run = build_run("run")
    run.advance(BUDGETS[0])
    assert checkpoints_in(tmp_path / "run") == [f"checkpoint-{BUDGETS[0]}.safetensors"]


Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda _: b"", "empty"),
        (lambda content: content[: len(content) // 2], "its checksum is another"),
        (lambda content: content[:20], "cut short"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "its checksum is another"),
        (lambda content: bytes(len(content)), "without a checksum"),
    ],
    ids=["emptied", "halved", "cut in the header", "altered", "zeros"],
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(
    build_run: BuildRun, whole: Path, tmp_path: Path, lines: list[str], damage: Damage, reason: str
) -> None:
    train(build_run("run", EACH_UPDATE), 16 * 9)
    newest = tmp_path / "run" / "checkpoint-144.safetensors"
    newest.write_bytes(damage(newest.read_bytes()))
    second = build_run("run")
    assert second.resume()
    assert second.images_seen == 128
    assert len(lines) == 2
    assert str(newest) in lines[0]
    assert reason in lines[0]
    train(second)
    assert_same_folders(whole, tmp_path / "run")


def test_without_a_usable_checkpoint_a_run_starts_from_zero_and_says_so(
    build_run: BuildRun, whole: Path, tmp_path: Path, lines: list[str]
) -> None:
    assert not build_run("run").resume()
    assert lines == [f"{tmp_path}/run: no checkpoint; starts from zero"]
    train(build_run("run", EACH_UPDATE), 16 * 9)
    for path in (tmp_path / "run").glob("checkpoint-*"):
        path.write_bytes(b"damaged")
    second = build_run("run", EACH_UPDATE)
    assert not second.resume()
    assert lines[-1] == f"{tmp_path}/run: no checkpoint that is whole; starts from zero"
    assert len(lines) == 4
    train(second, 16 * 4)
    assert checkpoints_in(tmp_path / "run") == ["checkpoint-48.safetensors", "checkpoint-64.safetensors"]
    third = build_run("run")
    assert third.resume()
    train(third)
    assert_same_folders(whole, tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seed": 4}, "its seed is 3, and this run's is 4"),
        ({"loss": "hinge"}, "its recipe is "),
        ({"training": {"batch_size": 17}}, "its recipe is "),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    build_run: BuildRun, changes: dict[str, Any], reason: str
) -> None:
    train(build_run("run"), 16 * 9)
    with pytest.raises(InputError, match=reason):
        build_run("run", **changes).resume()


def test_a_checkpoint_of_another_plan_or_other_data_is_refused(
    build_run: BuildRun, resources: Resources, tmp_path: Path, lines: list[str]
) -> None:
    train(build_run("run"), 16 * 9)
    architecture = Architecture.from_tree(ARCHITECTURE, "test")
    folder = tmp_path / "run"
    checkpoints = Checkpoints(folder, lines.append)
    with pytest.raises(InputError, match=r"its number of images is 2080, and this run's is 99"):
        Run(architecture, resources, folder, 3, 99, precision="float32", checkpoints=checkpoints).resume()
    assert checkpoints.read_precision() == "float32"
    with pytest.raises(InputError, match="its precision is float32, and this run's is bfloat16"):
        Run(
            architecture, resources, folder, 3, BUDGETS[-1], precision="bfloat16", checkpoints=checkpoints
        ).resume()
    other = replace(resources, dataset=replace(resources.dataset, fingerprint="other"))
    with pytest.raises(InputError, match="its data fingerprint is "):
        Run(
            architecture, other, folder, 3, BUDGETS[-1], precision="float32", checkpoints=checkpoints
        ).resume()


def test_other_scorings_than_those_that_were_made_are_refused(build_run: BuildRun) -> None:
    build_run("run").advance(BUDGETS[0])
    run = build_run("run")
    run.resume()
    with pytest.raises(InputError, match="was scored after 720 images, and is to be scored after 100, 2,080"):
        train_through(run, (100, BUDGETS[-1]), lambda _: None, lambda _: None)


def test_another_torch_or_device_is_told(
    build_run: BuildRun, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(torch, "__version__", "1.0")
        train(build_run("run"), 16 * 9)
    assert build_run("run").resume()
    assert "torch 1.0, and this is cpu" in lines[-1]


def test_a_full_disk_stops_no_training(
    build_run: BuildRun, whole: Path, tmp_path: Path, lines: list[str]
) -> None:
    """A limit on the size of files ends the writing of checkpoints, and only of those, halfway."""
    run = build_run("run", EACH_UPDATE)
    with pytest.raises(KeyboardInterrupt):
        run.advance(BUDGETS[0], stop_at(48))
    kept = {name: (tmp_path / "run" / name).read_bytes() for name in checkpoints_in(tmp_path / "run")}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        with pytest.raises(KeyboardInterrupt):
            run.advance(BUDGETS[0], stop_at(80))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {name: (tmp_path / "run" / name).read_bytes() for name in checkpoints_in(tmp_path / "run")} == kept
    assert lines == [
        f"{tmp_path}/run/checkpoint-{images}.safetensors: can't be written (File too large); training goes on, "
        "from the checkpoint before it if this process ends"
        for images in (64, 80)
    ]
    second = build_run("run")
    assert second.resume()
    assert second.images_seen == 48
    train(second)
    assert_same_folders(whole, tmp_path / "run")


def test_a_folder_that_cannot_be_made_stops_no_training(
    build_run: BuildRun, tmp_path: Path, lines: list[str]
) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(KeyboardInterrupt):
        build_run("run", EACH_UPDATE).advance(BUDGETS[0], stop_at(48))
    assert all("can't be written (File exists); training goes on" in line for line in lines)
    assert lines


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_was_not(
    build_run: BuildRun, whole: Path, tmp_path: Path
) -> None:
    """kill -9 at random moments of training, scoring and writing; each time a new process goes on."""
    script = Path(__file__).with_name("kill_and_continue.py")
    told = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "killed"), str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(nas_gan.__file__).parents[1])},
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("killed\n") >= 2
    assert told.stdout.count("goes on after") == told.stdout.count("killed\n")
    assert_same_folders(whole, tmp_path / "killed")
