"""A PNG written with nothing but torch and the standard library, for a bundle's `model.py`."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor


def write_png(pixels: Tensor, columns: int, path: Path) -> None:
    """Write images uint8 [n, 1 to 4, r, r] side by side, row by row.

    The channels are grey, grey and alpha, RGB, or RGB and alpha.
    """
    count, channels, resolution, _ = pixels.shape
    rows = -(-count // columns)
    sheet = torch.zeros(rows * columns, channels, resolution, resolution, dtype=torch.uint8)
    sheet[:count] = pixels
    sheet = sheet.reshape(rows, columns, *sheet.shape[1:]).permute(0, 3, 1, 4, 2).flatten(2).flatten(0, 1)
    # Each line starts with the number of its filter, 0 for none.
    lines = torch.cat((torch.zeros(len(sheet), 1, dtype=torch.uint8), sheet), dim=1)
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    size = struct.pack(">IIBBBBB", columns * resolution, rows * resolution, 8, colour, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(lines.flatten().tolist()))), (b"IEND", b""))
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, content in chunks:
            file.write(struct.pack(">I", len(content)) + kind + content)
            file.write(struct.pack(">I", zlib.crc32(kind + content)))
