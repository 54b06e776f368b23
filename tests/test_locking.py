"""A lock between real processes, one of which is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nas_gan.locking import locked, locked_if_possible

HOLD = """
import sys, time
from pathlib import Path
from nas_gan.locking import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("name", ["", "file.lock"])
def test_a_lock_ends_with_its_process(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waits: list[int] = []

        def kill() -> None:
            waits.append(1)
            holder.kill()

        with locked(path, kill):
            assert holder.wait() != 0
        assert waits == [1]
    with locked(path, lambda: pytest.fail("nobody has it")):
        pass


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "missing" / "file.lock"):
        pass


def test_where_there_can_be_no_lock_it_goes_on_without(tmp_path: Path) -> None:
    with locked_if_possible(tmp_path / "missing" / "file.lock", lambda: pytest.fail("nobody has it")):
        pass
    with locked(tmp_path):
        waits: list[int] = []

        def refuse() -> None:
            waits.append(1)
            raise KeyError

        with pytest.raises(KeyError), locked_if_possible(tmp_path, refuse):
            pytest.fail("another has it")
        assert waits == [1]
