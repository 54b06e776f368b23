"""From `search` to an exported generator, as a user goes: real commands, real digits, no terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from PIL import Image

from nas_gan.runs.record import load_record
from nas_gan.search.attendance import seats_of
from nas_gan.search.storage.database import open_storage

Program = Callable[..., "subprocess.CompletedProcess[str]"]
RunHere = Callable[..., int]

SEARCH = ("search", "--space", "tiny", "--limit", "320", "--images", "270", "--protocol", "classifier-1k")


def _study(folder: Path, name: str = "tiny-mnist5k") -> optuna.Study:
    storage = open_storage(str(folder / "runs" / "studies.db"), create=False)
    return optuna.load_study(study_name=name, storage=storage)


def _picture_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_a_search_records_every_trial(place: Path) -> None:
    trials = _study(place).get_trials()
    assert len(trials) == 6
    assert [trial.number for trial in trials] == list(range(6))
    for trial in trials:
        assert trial.state.name in ("COMPLETE", "PRUNED")
        assert trial.intermediate_values or trial.user_attrs["reason"]
        folder = place / "runs" / "tiny-mnist5k" / str(trial.number)
        stored = json.loads(trial.user_attrs["record"])
        if stored["reused_from"] is None:
            assert load_record(folder).model_dump(mode="json") == stored
            for images in trial.intermediate_values:
                assert _picture_size(folder / f"samples-{images}.png") == (466, 466)
    assert any(trial.state.name == "PRUNED" for trial in trials)
    seats = seats_of(_study(place))
    assert seats is not None
    assert [seat.state for seat in seats.all()] == ["queued"]  # the search had it, and gave it back


def test_the_same_command_has_nothing_left_to_do(
    place: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str]
) -> None:
    before = len(_study(place).get_trials())
    assert run_here(place, *SEARCH, "--trials", "6", "--json") == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["finished"] is True
    assert sum(facts["counts"].values()) == before == len(_study(place).get_trials())


def test_a_search_goes_on_where_it_stood(
    tmp_path: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str]
) -> None:
    for wanted, more in (("2", ()), ("5", ("--quiet",))):
        capfd.readouterr()
        assert run_here(tmp_path, *SEARCH, "--trials", wanted, "--workers", "1", *more) == 0
    said = capfd.readouterr()
    assert "starts" not in said.out + said.err
    assert "Export: python -m nas_gan export" in said.out
    trials = _study(tmp_path).get_trials()
    assert len(trials) == 5
    # Derived sampler seeds: the second call doesn't propose the first call's points again.
    assert len({json.dumps(trial.params, sort_keys=True) for trial in trials}) == 5


def _search_and_stop(folder: Path, signs: tuple[str, ...]) -> str:
    """Searches until a line with one of these signs, then presses Ctrl-C; gives all that was said."""
    command = [*SEARCH, "--images", "2M", "--workers", "1", "--trials", "3", "--pruner", "none"]
    with subprocess.Popen(
        [sys.executable, "-m", "nas_gan", *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        seen = ""
        for line in process.stdout:
            seen += line
            if any(sign in line for sign in signs):
                break
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        seen += process.communicate(timeout=600)[0]
    assert process.returncode == 130, seen
    assert "The same command continues the study." in seen
    assert "Traceback" not in seen
    return seen


def test_ctrl_c_loses_no_finished_trial_and_queues_the_running_one(tmp_path: Path) -> None:
    _search_and_stop(tmp_path, ("trial 0 starts",))
    (waiting,) = _study(tmp_path).get_trials()
    assert (waiting.state.name, waiting.user_attrs["outcome"]) == ("RUNNING", "interrupted")
    # It goes on under its own number.
    seen = _search_and_stop(tmp_path, ("trial 0 starts", "trial 0 goes on"))
    assert "trial 1 starts" not in seen
    (again,) = _study(tmp_path).get_trials()
    assert (again.number, again.state.name, again.params) == (0, "RUNNING", waiting.params)


def test_no_terminal_gets_plain_lines(place: Path) -> None:
    said = (place / "said").read_text()
    assert "\x1b" not in said
    assert "trial 0 starts" in said
    assert "Export: python -m nas_gan export --study tiny-mnist5k" in said


def test_closed_output_is_no_error(place: Path) -> None:
    closed = [sys.executable, "-c", "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])"]
    command = [*closed, sys.executable, "-m", "nas_gan", "status"]
    done = subprocess.run(command, cwd=place, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_status_best_and_report_read_the_study(
    place: Path, program: Program, run_here: RunHere, capfd: pytest.CaptureFixture[str]
) -> None:
    status = json.loads(program("status", "--json", folder=place).stdout)
    assert "tiny-mnist5k" in json.dumps(status)
    assert run_here(place, "best", "--study", "tiny-mnist5k", "--json") == 0
    assert json.loads(capfd.readouterr().out)
    assert run_here(place, "report", "tiny-mnist5k", "-o", "plots.html") == 0
    page = (place / "plots.html").read_text()
    assert page.count("* plotly.js (basic") == 1
    assert "<script src" not in page


def test_a_trial_is_trained_again_from_its_record_alone(place: Path, run_here: RunHere) -> None:
    ranking = [trial for trial in _study(place).get_trials() if trial.state.name == "COMPLETE"]
    best = min(ranking, key=lambda trial: trial.value or 0.0)
    source = f"tiny-mnist5k:{best.number}"
    assert run_here(place, "train", source, "--images", "270", "-o", "again", "--json") == 0
    again = load_record(place / "again")
    stored = load_record(place / "runs" / "tiny-mnist5k" / str(best.number))
    assert again.architecture == stored.architecture
    # The same seed, data and budget give the same weights, and so the same scores.
    assert again.rungs[-1].scores.frechet_distance == pytest.approx(best.value, rel=1e-6)


def test_train_evaluate_sample_export(
    place: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_here(place, "evaluate", "tiny-mnist5k:0", "--json") == 0, capfd.readouterr().err
    record = load_record(place / "runs" / "tiny-mnist5k" / "0")
    facts = json.loads(capfd.readouterr().out)
    assert facts["scores"]["frechet_distance"] == pytest.approx(
        record.rungs[-1].scores.frechet_distance, rel=1e-6
    )
    assert facts["protocol"] == record.protocol
    grid = tmp_path / "grid.png"
    assert run_here(place, "sample", "runs/tiny-mnist5k/0", "-n", "9", "-o", str(grid)) == 0
    assert _picture_size(grid)[0] > 100
    bundle = tmp_path / "bundle"
    assert (
        run_here(place, "export", "--study", "tiny-mnist5k", "-o", str(bundle), "--with-discriminator") == 0
    )
    networks = ("generator.safetensors", "generator.pt2", "model.py", "discriminator.safetensors")
    for name in ("architecture.json", *networks, "discriminator.py", "samples.png"):
        assert (bundle / name).stat().st_size > 0
    # The bundle alone: no nas_gan, and nothing of this folder.
    alone = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['nas_gan'] = None; import model, discriminator; "
            "images = model.sample(2, seed=1); score, _ = discriminator.load()(images, labels=None); "
            "print(tuple(images.shape), tuple(score.shape))",
        ],
        cwd=bundle,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert alone.stdout.strip() == "(2, 1, 28, 28) (2,)", alone.stderr


def test_limits_are_kept_before_there_is_a_trial(tmp_path: Path, run_here: RunHere) -> None:
    limits = ("--max-parameters", "9k", "--sampler", "random", "--workers", "1")
    assert run_here(tmp_path, *SEARCH, "--trials", "2", *limits) == 0
    trials = _study(tmp_path).get_trials()
    assert len(trials) == 2
    for trial in trials:
        cost = json.loads(trial.user_attrs["record"])["cost"]
        assert cost["generator_parameters"] + cost["discriminator_parameters"] <= 9_000


def test_limits_that_nothing_keeps_end_the_search_with_a_reason(
    tmp_path: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str]
) -> None:
    code = run_here(tmp_path, *SEARCH, "--trials", "2", "--max-parameters", "10", "--workers", "1")
    said = "".join(capfd.readouterr())
    assert code == 1, said
    assert "no architecture was found that may be trained" in said
    assert "--max-parameters 10" in said
    assert {trial.state for trial in _study(tmp_path).get_trials()} == {optuna.trial.TrialState.FAIL}


def test_a_recipe_sets_and_a_flag_wins(tmp_path: Path, run_here: RunHere) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'space = "tiny"\nlimit = 320\nimages = "270"\nprotocol = "classifier-1k"\nstudy = "mine"\ntrials = 9\n'
    )
    assert run_here(tmp_path, "search", "--study-file", "recipe.toml", "--trials", "1") == 0
    assert len(_study(tmp_path, "mine").get_trials()) == 1


def test_help_is_quick_to_import() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from nas_gan.cli.main import app; "
        "names = ['', *(command.callback.__name__ for command in app.registered_commands)]; "
        "results = [CliRunner().invoke(app, [name, '--help'] if name else ['--help']) for name in names]; "
        "assert all(result.exit_code == 0 for result in results), results; "
        "assert all('python -m nas_gan' in result.output for result in results); "
        "print(sorted({'torch', 'optuna', 'plotly'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
