"""A checkpoint file is whole, or known not to be; and what was there before outlives a failure to write."""

from __future__ import annotations

import math
import resource
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from nas_gan.training.checkpoint import (
    DamagedCheckpoint,
    decode,
    encode,
    read_checkpoint,
    write_checkpoint,
)
from nas_gan.training.state import State, join

STATE = join(
    networks=State({"weight": torch.arange(6.0).view(2, 3), "step": torch.tensor(3, dtype=torch.int64)}),
    curve=State(
        {"none": torch.empty(0, 2)}, {"points": [0.1, 1e-300], "odd": '"sha256":"0', "nan": math.nan}
    ),
)
CONTENT = encode(STATE)


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-1.safetensors"
    write_checkpoint(path, STATE)
    back = read_checkpoint(path)
    assert back.tensors.keys() == STATE.tensors.keys()
    for name, tensor in STATE.tensors.items():
        assert back.tensors[name].dtype == tensor.dtype
        assert torch.equal(back.tensors[name], tensor)
    facts = back.part("curve").facts
    assert facts["points"] == [0.1, 1e-300]
    assert facts["odd"] == '"sha256":"0'
    assert math.isnan(facts["nan"])
    assert [kept.name for kept in tmp_path.iterdir()] == [path.name]


def test_any_reader_of_safetensors_opens_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-1.safetensors"
    write_checkpoint(path, STATE)
    with safe_open(path, "pt") as file:
        assert torch.equal(file.get_tensor("networks/weight"), STATE.tensors["networks/weight"])
        assert set(file.metadata()) == {"facts", "sha256"}


@settings(deadline=None, max_examples=400)
@given(position=st.integers(0, len(CONTENT) - 1), change=st.integers(1, 255))
def test_a_byte_that_changed_anywhere_is_noticed(position: int, change: int) -> None:
    altered = bytearray(CONTENT)
    altered[position] ^= change
    with pytest.raises(DamagedCheckpoint):
        decode(bytes(altered))


@settings(deadline=None, max_examples=200)
@given(length=st.integers(0, len(CONTENT) - 1), zeros=st.booleans())
def test_a_file_that_was_cut_short_is_noticed(length: int, zeros: bool) -> None:
    """What a loss of power leaves: a part, or a part and zeros."""
    torn = CONTENT[:length] + bytes(len(CONTENT) - length if zeros else 0)
    if torn == CONTENT:
        return
    with pytest.raises(DamagedCheckpoint):
        decode(torn)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "^empty$"),
        (CONTENT + b"\0", "its checksum is another"),
        (CONTENT[:-1], "its checksum is another"),
        (safetensors.torch.save({"weight": torch.zeros(2)}), "without a checksum"),
        (encode(State()).replace(b"__metadata__", b"__metadatum_"), "its checksum is another"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, reason: str) -> None:
    with pytest.raises(DamagedCheckpoint, match=reason):
        decode(content)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DamagedCheckpoint, match="not readable: No such file"):
        read_checkpoint(tmp_path / "checkpoint-1.safetensors")


def test_a_disk_without_room_leaves_what_was_there(tmp_path: Path) -> None:
    """A limit on the size of files ends the writing halfway, as a full disk does."""
    path = tmp_path / "checkpoint-1.safetensors"
    write_checkpoint(path, STATE)
    before = path.read_bytes()
    larger = State({"weight": torch.zeros(100_000)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_checkpoint(path, larger)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_copied_state_stays_and_a_part_knows_its_names() -> None:
    weight = torch.arange(16.0).view(1, 4, 2, 2).to(memory_format=torch.channels_last)
    state = join(own=State({"weight": weight}, {"updates": 1}), other=State()).copied()
    was = weight.clone()
    weight.zero_()
    part = state.part("own")
    assert torch.equal(part.tensors["weight"], was)
    assert part.tensors["weight"].is_contiguous()
    assert part.facts == {"updates": 1}
    with pytest.raises(ValueError, match="no part 'third'"):
        state.part("third")
