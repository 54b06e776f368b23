"""A run's state on disk: one safetensors file that is whole, or known not to be.

The file's header holds the facts, as JSON, and a SHA-256 of the whole file, taken while zeros stood in the
hash's own place. So no byte can change unnoticed, and any safetensors reader still opens the file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from nas_gan.files import write_whole
from nas_gan.training.state import State

MARK = b'"sha256":"'
EMPTY_HASH = b"0" * 64
HEADER_AT = 8
"""A safetensors file begins with the length of its header, in 8 bytes."""


class DamagedCheckpoint(Exception):  # noqa: N818 - what was found, to be told and got over
    """A checkpoint that can't be used; the text says in a few words why."""


def write_checkpoint(path: Path, state: State) -> None:
    """Write a state that is `copied`, so that after a loss of power too the file is whole or absent.

    The folder is there already. Raises OSError where the disk is full or the folder can't be written; whatever the
    path held before is then as it was.
    """
    write_whole(path, encode(state))


def read_checkpoint(path: Path) -> State:
    """Read a state; raises DamagedCheckpoint where not every byte of it is as it was written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedCheckpoint(f"not readable: {error.strerror}") from None
    return decode(content)


def encode(state: State) -> bytes:
    """Return the bytes of a checkpoint."""
    facts = json.dumps(state.facts, separators=(",", ":"))
    metadata = {"facts": facts, "sha256": EMPTY_HASH.decode()}
    content = bytearray(safetensors.torch.save(dict(state.tensors), metadata))
    place = _hash_place(content)
    content[place] = hashlib.sha256(content).hexdigest().encode()
    return bytes(content)


def decode(content: bytes) -> State:
    """Return the state of a checkpoint's bytes; raises DamagedCheckpoint where one of them has changed."""
    place = _hash_place(content)
    whole = memoryview(content)
    digest = hashlib.sha256(whole[: place.start])
    digest.update(EMPTY_HASH)
    digest.update(whole[place.stop :])
    if content[place] != digest.hexdigest().encode():
        raise DamagedCheckpoint("not as it was written: its checksum is another")
    try:
        facts: Any = json.loads(json.loads(_header(content))["__metadata__"]["facts"])
        return State(safetensors.torch.load(content), facts)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise DamagedCheckpoint(f"whole, and no checkpoint of this version ({error})") from None


def _header(content: bytes | bytearray) -> bytes:
    length = int.from_bytes(content[:HEADER_AT], "little")
    if len(content) < HEADER_AT + length:
        raise DamagedCheckpoint("empty" if not content else "cut short, or no checkpoint")
    return bytes(content[HEADER_AT : HEADER_AT + length])


def _hash_place(content: bytes | bytearray) -> slice:
    # A quote inside the facts is written \" there, so the mark stands at most once in the header.
    found = _header(content).find(MARK)
    if found < 0:
        raise DamagedCheckpoint("empty" if not content else "without a checksum")
    start = HEADER_AT + found + len(MARK)
    return slice(start, start + len(EMPTY_HASH))
