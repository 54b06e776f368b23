"""PostgreSQL as storage: what can't be opened is said in one line, and a password is never said."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.cli import main
from nas_gan.errors import InputError
from nas_gan.search.storage.database import open_storage


def test_a_database_without_studies_is_left_as_it_is(postgres: Any, postgres_url: str) -> None:
    with pytest.raises(InputError, match="no studies yet") as caught:
        open_storage(postgres_url, create=False)
    assert "***" in str(caught.value)
    tables = postgres.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'", postgres_url.rpartition("/")[2]
    )
    assert tables == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("s3cret-Pa55", "an0ther-Pa55", "password authentication failed"),
        ("searcher:", "nobody_here:", "password authentication failed"),
        ("/studies_", "/studios_", "does not exist"),
        ("127.0.0.1:", "127.0.0.1:1", "refused"),
        ("@127.0.0.1", "@nowhere.invalid", "nowhere.invalid"),
        ("127.0.0.1:", "127.0.0.1:x", "not a database address"),
    ],
)
def test_what_cannot_be_opened_is_said_without_the_password(
    postgres_url: str, old: str, new: str, said: str
) -> None:
    address = postgres_url.replace(old, new)
    if new == "127.0.0.1:1":
        address = address.replace(address.rpartition(":")[2].partition("/")[0], "1")
    with pytest.raises(InputError) as caught:
        open_storage(address, create=True)
    text = str(caught.value)
    assert said in text
    assert "Pa55" not in text
    assert "***" in text
    assert "\n" not in text


def test_a_password_from_the_environment_or_a_file(
    postgres: Any, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_storage(postgres_url, create=True)
    password = postgres_url.partition("@")[0].rpartition(":")[2]
    address = postgres_url.replace(f":{password}@", "@")
    with pytest.raises(InputError, match="no password"):
        open_storage(address, create=False)
    monkeypatch.setenv("PGPASSWORD", password)
    assert open_storage(address, create=False).get_all_studies() == []
    monkeypatch.delenv("PGPASSWORD")
    services = tmp_path / "services"
    services.write_text(
        f"[search]\nhost=127.0.0.1\nport={postgres.port}\nuser=searcher\npassword={password}\n"
        f"dbname={postgres_url.rpartition('/')[2]}\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    assert open_storage("postgresql:///?service=search", create=False).get_all_studies() == []


def test_sessions_are_few_in_one_zone_and_closed(postgres: Any, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.execute("ALTER ROLE searcher SET timezone = 'Europe/Berlin'")
    storage = open_storage(postgres_url, create=True)
    study = optuna.create_study(study_name="study", storage=storage)
    for _ in range(5):
        study.tell(study.ask(), 0.0)
    with storage.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
    sessions = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name = 'nas_gan' AND datname = current_database()"
    )
    assert postgres.execute(sessions, name) == [(1,)]
    del study, storage, connection
    deadline = time.monotonic() + 60
    while (left := postgres.execute(sessions, name)) != [(0,)]:  # the server sees it a moment later
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_commands_neither_print_nor_store_a_password(
    postgres: Any, postgres_url: str, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["nas-gan", *arguments])
        with pytest.raises(SystemExit):
            main.run()

    optuna.create_study(study_name="study", storage=open_storage(postgres_url, create=True))
    for arguments in (
        ("status",),
        ("status", "--json"),
        ("status", "--study", "none"),
        ("best", "--study", "study"),
        ("studies", "verify"),
        ("studies", "verify", "study", "--json"),
        ("studies", "delete", "study"),
        ("studies", "rename", "study", "renamed"),
    ):
        run(*arguments, "--storage", postgres_url)
    run("studies", "copy", "renamed", "--from", postgres_url, "--to", "copy.db")
    run("studies", "copy", "renamed", "--from", "copy.db", "--to", postgres_url)
    run("studies", "copy", "renamed", "--from", "copy.db", "--to", postgres_url, "--json")
    said = "".join(capsys.readouterr())
    assert "***" in said
    assert "internal" not in said
    assert "Pa55" not in said
    assert b"Pa55" not in Path("copy.db").read_bytes()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_was_away_is_found_again(postgres: Any, postgres_url: str, mode: str) -> None:
    study = optuna.create_study(study_name="study", storage=open_storage(postgres_url, create=True))
    trial = study.ask()
    postgres.stop(mode)
    try:
        with pytest.raises(optuna.exceptions.StorageInternalError):
            study.tell(trial, 1.0)
        with pytest.raises(InputError, match="refused"):
            open_storage(postgres_url, create=False)
    finally:
        postgres.start()
    study.tell(trial, 1.0)
    assert [trial.value for trial in study.trials] == [1.0]
