"""A search on PostgreSQL as the pages on Slurm and Kubernetes begin and continue it, with nothing but commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nas_gan.search.definition import load_study
from nas_gan.search.storage.database import open_storage

BEGIN = (
    "search --space plane --data swiss_roll --limit 300 --images 2k --protocol plane-1k --study points --trials 3 "
    "--device cpu"
)


def test_a_search_begins_a_study_and_a_worker_ends_it(
    postgres: Any, postgres_url: str, tmp_path: Path
) -> None:
    address, name = postgres_url.rpartition("/")[0], postgres_url.rpartition("/")[2]
    user, password = address.partition("://")[2].partition("@")[0].split(":")
    environment = {
        **os.environ,
        "PYTHONPATH": os.getcwd(),  # noqa: PTH109
        "PGUSER": user,
        "PGPASSWORD": password,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGDATABASE": name,
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "nas_gan", *arguments]
        ended = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    # With a password in the address, which is shown and stored without it.
    said = run(*BEGIN.split(), "--out", "shared", "--timeout", "1s", "--storage", postgres_url)
    said += run("worker", "--study", "points", "--storage", "postgresql://")
    said += run("studies", "verify", "--storage", "postgresql://", "--out", "shared")
    said += run(
        "studies", "copy", "points", "--from", "postgresql://", "--to", "backup/b.db", "--out", "shared"
    )
    assert "No problems." in said
    assert password not in said
    study = load_study(open_storage(postgres_url, create=False), "points")
    assert sum(trial.state.is_finished() for trial in study.trials) >= 3
    assert password not in json.dumps([study.user_attrs, *(trial.user_attrs for trial in study.trials)])
    copy = load_study(open_storage(str(tmp_path / "backup" / "b.db"), create=False), "points")
    assert copy.user_attrs["settings"]["out"] == str(tmp_path / "backup")
    files = [
        path for folder in ("shared", "backup") for path in (tmp_path / folder).rglob("*") if path.is_file()
    ]
    assert len(files) > 20
    assert not any(password.encode() in path.read_bytes() for path in files)
    assert json.loads(run("studies", "verify", "points", "--storage", "backup/b.db", "--json")) == []
