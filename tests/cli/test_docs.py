"""Each command in a page is one that there is, and each job file is well formed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("operations.md", "slurm.md", "kubernetes.md")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def _manifests() -> list[dict[str, Any]]:
    return [tree for block in _blocks("kubernetes.md", "yaml") for tree in yaml.safe_load_all(block)]


def _containers() -> list[dict[str, Any]]:
    specs = (tree["spec"]["template"]["spec"] for tree in _manifests() if "template" in tree.get("spec", {}))
    return [container for spec in specs for container in spec["containers"]]


def _pages() -> list[str]:
    """The pages that name a command of the program, README among them."""
    paths = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    named = [path for path in paths if "python -m nas_gan " in path.read_text()]
    return sorted(os.path.relpath(path, DOCS) for path in named)


def _commands(page: str) -> list[list[str]]:
    """What follows `python -m nas_gan` in a page's blocks, in running text, and in its manifests."""
    text = (DOCS / page).read_text().replace("\\\n", " ")
    found = re.findall(r"python -m nas_gan ([^`\n]+)", text)
    commands = [shlex.split(command, comments=True) for command in found]
    if page == "kubernetes.md":
        commands += [container["command"][3:] for container in _containers() if "command" in container]
    return commands


@pytest.mark.parametrize("page", _pages())
def test_commands_and_their_options_exist(page: str, run_command: Any) -> None:
    commands = _commands(page)
    assert len(commands) >= (3 if page in PAGES else 1)
    for words in commands:
        command = words[: 2 if words[0] == "studies" else 1]
        explained = run_command(*command, "--help")
        assert explained.code == 0, words
        options = {word for word in words if word.startswith("--")}
        assert options <= set(re.findall(r"--[a-z-]+", explained.out)), words


@pytest.mark.parametrize("page", PAGES)
def test_options_in_running_text_exist(page: str, run_command: Any) -> None:
    told = {
        option
        for words in re.findall(r"`(--[a-z-]+)[^`]*`", (DOCS / page).read_text())
        for option in (words,)
        if option != "--gpus-per-task"  # Slurm's own
    }
    known = "".join(run_command(name, "--help").out for name in ("search", "worker"))
    assert told <= set(re.findall(r"--[a-z-]+", known))


def test_the_job_of_slurm_is_a_script_that_bash_takes(tmp_path: Path) -> None:
    (script,) = _blocks("slurm.md", "bash")
    path = tmp_path / "workers.sbatch"
    path.write_text(script)
    subprocess.run(["bash", "-n", path], check=True)
    lines = script.splitlines()
    assert lines[0] == "#!/bin/bash"
    # Slurm reads its lines up to the first command.
    own = [number for number, line in enumerate(lines) if line.startswith("#SBATCH --")]
    assert own == list(range(1, 1 + len(own)))
    assert len(own) >= 5


def test_the_manifests_fit_together() -> None:
    manifests = _manifests()
    assert [tree["kind"] for tree in manifests].count("Job") == 2
    for tree in manifests:
        assert {"apiVersion", "kind", "metadata"} <= set(tree)
    names = {(tree["kind"], tree["metadata"]["name"]) for tree in manifests}
    secret = next(tree for tree in manifests if tree["kind"] == "Secret")
    for container in _containers():
        for source in container.get("envFrom", []):
            assert ("Secret", source["secretRef"]["name"]) in names
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                assert variable["valueFrom"]["secretKeyRef"]["key"] in secret["stringData"]
        assert all(isinstance(word, str) for word in container.get("command", []))
    for tree in manifests:
        if tree["kind"] == "Job":
            (volume,) = tree["spec"]["template"]["spec"]["volumes"]
            assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in names
    assert secret["stringData"]["PGHOST"] in {name for kind, name in names if kind == "Service"}
