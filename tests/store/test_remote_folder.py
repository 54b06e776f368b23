"""Files at a URL, on a local file system and on one in memory: whole or absent, and the same on both ends."""

from __future__ import annotations

import importlib.util
import uuid
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.files import name_beside
from nas_gan.store.mirror import Mirror, clear_up_remote, fetch_run, local_folder
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble, check_remote, open_remote
from nas_gan.store.retry import Retry

NAMES = st.sampled_from(
    ("record.json", "generator.safetensors", "more/checkpoint-1.json", "checkpoint-1.safetensors")
)


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place of each kind."""
    return f"file://{tmp_path}/there" if request.param == "file" else f"memory://{uuid.uuid4().hex}/runs"


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(NAMES, st.binary(max_size=50)), min_size=1, max_size=4))
def test_what_was_pushed_last_is_what_another_machine_pulls(
    url: str, tmp_path: Path, versions: list[dict[str, bytes]]
) -> None:
    base = tmp_path / uuid.uuid4().hex
    remote = open_remote(url).within(base.name)
    mirror = Mirror(base / "here", remote)
    for version in versions:
        for path in (base / "here").rglob("*"):
            if path.is_file():
                path.unlink()
        for name, data in version.items():
            (base / "here" / name).parent.mkdir(parents=True, exist_ok=True)
            (base / "here" / name).write_bytes(data)
        mirror.push()
        Mirror(base / "elsewhere", remote).pull()
        assert _content(base / "elsewhere").items() >= version.items()
        assert remote.names() == {name: len(data) for name, data in version.items()}


def test_a_push_is_looked_at_before_each_file(url: str, tmp_path: Path) -> None:
    remote, lasts = open_remote(url).within(uuid.uuid4().hex), 2
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_text(name)

    def check() -> None:
        nonlocal lasts
        lasts -= 1
        if lasts < 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Mirror(tmp_path, remote).push(check)
    assert sorted(remote.names()) == ["a.json", "b.json"]


def test_only_what_has_changed_travels(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[str] = []
    original = RemoteFolder.put

    def counted(self: RemoteFolder, path: Path, name: str) -> None:
        put.append(name)
        original(self, path, name)

    monkeypatch.setattr(RemoteFolder, "put", counted)
    here = tmp_path / "here"
    here.mkdir()
    mirror = Mirror(here, open_remote(url))
    for name in ("record.json", "generator.safetensors", "checkpoint-9.json", "checkpoint-9.safetensors"):
        (here / name).write_text("1")
    mirror.push()
    assert put == ["checkpoint-9.safetensors", "checkpoint-9.json", "generator.safetensors", "record.json"]
    (here / "record.json").write_text("22")
    mirror.push()
    assert put[4:] == ["record.json"]


def test_what_is_being_written_stays_here(url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    here = tmp_path / "here"
    here.mkdir()
    for name in (".record.json.77", "record.json"):
        (here / name).write_text("1")
    Mirror(here, remote).push()
    assert list(remote.names()) == ["record.json"]


def test_a_cut_upload_is_no_file_and_the_next_push_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = open_remote(f"file://{tmp_path}/there")
    here = tmp_path / "here"
    here.mkdir()
    (here / "record.json").write_text("whole")
    mirror = Mirror(here, remote)
    whole = LocalFileSystem.put_file

    def cut(self: Any, path: str, place: str, **settings: Any) -> None:
        whole(self, path, place, **settings)
        Path(place).write_text("who")

    monkeypatch.setattr(LocalFileSystem, "put_file", cut)
    with pytest.raises(RemoteTrouble, match="3 of 5 bytes"):
        mirror.push()
    assert remote.names() == {}
    monkeypatch.setattr(LocalFileSystem, "put_file", whole)
    mirror.push()
    assert remote.names() == {"record.json": 5}


def test_a_worker_waits_for_a_place_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "record.json").write_text("1")
    remote = open_remote(f"memory://{uuid.uuid4().hex}")
    left = [2]
    put = MemoryFileSystem.put_file

    def refuse(self: Any, *arguments: Any, **settings: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise TimeoutError("no answer")
        put(self, *arguments, **settings)

    monkeypatch.setattr(MemoryFileSystem, "put_file", refuse)
    said: list[str] = []
    Retry(said.append, lambda: None).call(Mirror(tmp_path, remote).push)
    assert remote.names() == {"record.json": 1}
    assert "can't take record.json (no answer); waiting" in said[0]
    assert "goes on" in said[1]


def test_a_pull_leaves_what_only_this_machine_has(url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "record.json").write_text("there")
    Mirror(tmp_path / "one", remote).push()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "checkpoint.json").write_text("here")
    Mirror(tmp_path / "two", remote).pull()
    assert _content(tmp_path / "two") == {"checkpoint.json": b"here", "record.json": b"there"}


def test_a_run_is_fetched_into_the_cache_and_not_into_a_workers_folder(url: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "record.json").write_text("1")
    Mirror(tmp_path / "here", open_remote(url).within("study/3")).push()
    folder = fetch_run(url, "study", 3)
    assert _content(folder) == {"record.json": b"1"}
    assert local_folder(url) not in folder.parents


def test_a_place_is_tried_out_and_left_as_it_was(url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    check_remote(remote, tmp_path / "scratch")
    assert remote.names() == {}
    assert _content(tmp_path / "scratch") == {}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nope://x/y", "can't be used"),
        ("ftp://me:s3cret@host/runs", "would be stored with the study"),
        ("sftp://me@host/runs", "would be stored with the study"),
    ],
)
def test_what_cant_be_used_is_one_line_without_secrets(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        open_remote(url)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("s3fs") is not None, reason="s3fs is installed")
def test_a_missing_driver_is_named() -> None:
    with pytest.raises(InputError, match=r"out s3://bucket/runs: needs another package \(.*s3fs"):
        open_remote("s3://bucket/runs")


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"out file://.*can't take") as caught:
        check_remote(open_remote(f"file://{tmp_path}/file/runs"), tmp_path / "scratch")
    assert "\n" not in str(caught.value)


def test_checkpoints_go_when_a_run_has_ended(url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    here = tmp_path / "here"
    here.mkdir()
    for name in ("checkpoint-9.safetensors", "record.json"):
        (here / name).write_text("1")
    mirror = Mirror(here, remote)
    assert mirror.has_news
    mirror.push()
    assert not mirror.has_news
    remote.system.pipe_file(f"{remote.root}/{name_beside('record.json')}", b"hal")
    clear_up_remote(remote)
    assert list(remote.names()) == ["record.json"]
    assert remote.half_written() == []


def _fill(remote: RemoteFolder, scratch: Path, *names: str) -> None:
    for name in names:
        (scratch / "filled").write_text(name)
        remote.put(scratch / "filled", name)


def test_a_folder_is_looked_into(url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    assert (remote.folders(), remote.exists("one")) == ([], False)
    _fill(remote, tmp_path, "one/2/record.json", "two/.record.json.7", "file")
    assert remote.folders() == ["one", "two"]
    assert [remote.exists(name) for name in ("one", "one/2", "one/2/record.json", "one/3")] == [True] * 3 + [
        False
    ]
    assert remote.within("one").read("2/record.json", 4, 8) == b"2/re"
    assert remote.read("file") == b"file"
    with pytest.raises(RemoteTrouble, match="can't give three"):
        remote.read("three", 0, 8)


def test_a_file_is_moved_everywhere(url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    _fill(remote, tmp_path, "one/file")
    remote.move("one/file", "two/three/file")
    assert remote.names() == {"two/three/file": 8}
    if remote.can_move:
        remote.move("two", "four/five")
        assert remote.names() == {"four/five/three/file": 8}


@pytest.mark.parametrize("name", ["digits", "digits[12]", "digits*", "d?gits"])
def test_a_folder_is_removed_whole_and_no_other(name: str, url: str, tmp_path: Path) -> None:
    remote = open_remote(url)
    _fill(remote, tmp_path, f"{name}/0/file", f"{name}/.half.7", "digits1/0/file", "dig")
    remote.within(name).clear()
    assert remote.names() == {"digits1/0/file": 14, "dig": 3}
    assert not remote.exists(f"{name}/.half.7")
    remote.within(name).clear()
