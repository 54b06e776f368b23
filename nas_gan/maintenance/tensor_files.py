"""Whether a safetensors file is whole, told without reading its tensors."""

from __future__ import annotations

import json
import struct

from nas_gan.store.remote_folder import RemoteFolder

LENGTH_BYTES = 8


def has_whole_size(folder: RemoteFolder, name: str, size: int) -> bool:
    """Say whether a file of `size` bytes has the size that its own header says."""
    try:
        (length,) = struct.unpack("<Q", folder.read(name, 0, min(LENGTH_BYTES, size)))
        header = json.loads(folder.read(name, LENGTH_BYTES, min(LENGTH_BYTES + length, size)))
    except (ValueError, struct.error):
        return False
    ends: list[int] = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
    return size == LENGTH_BYTES + int(length) + max(ends, default=0)
