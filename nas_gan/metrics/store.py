"""Results worth keeping: tensors in a safetensors file, and the facts about them in JSON beside it.

The facts hold the file's SHA-256. Both are written beside their place and renamed, so no reader ever meets
half a file. What doesn't fit together is treated as absent, and made again by whoever asked for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from nas_gan.errors import InputError
from nas_gan.files import write_whole

Facts = Mapping[str, str | int | float]


@dataclass(frozen=True, eq=False)
class Stored:
    """What a key led to."""

    tensors: dict[str, Tensor]
    facts: Facts
    sha256: str
    """Of the file of tensors, hexadecimal."""


def compute_key(facts: Mapping[str, object]) -> str:
    """Return a short name, 20 hexadecimal digits, for what depends on `facts` (anything JSON can write) alone."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def save_stored(folder: Path, key: str, tensors: Mapping[str, Tensor], facts: Facts) -> Stored:
    """Write `tensors` and `facts` under `key`. InputError when the folder can't be written."""
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = safetensors.torch.save(kept)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{key}.safetensors", content)
        write_whole(folder / f"{key}.json", json.dumps({**facts, "sha256": sha256}, indent=2).encode())
    except OSError as error:
        raise InputError(
            f"{folder}: can't be written ({error.strerror}); choose a folder that can"
        ) from error
    return Stored(kept, facts, sha256)


def load_stored(folder: Path, key: str) -> Stored | None:
    """Return what was saved under `key`; None when there is nothing, or when it is damaged."""
    try:
        content = (folder / f"{key}.safetensors").read_bytes()
        facts = json.loads((folder / f"{key}.json").read_bytes())
        sha256 = facts.pop("sha256")
        if hashlib.sha256(content).hexdigest() != sha256:
            return None
        return Stored(safetensors.torch.load(content), facts, sha256)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, SafetensorError):
        return None
