"""Which version of the program made a result."""

from __future__ import annotations

import subprocess
from pathlib import Path


def find_commit() -> str:
    """Return the commit of the checkout that the program runs from, `+ changes` if it isn't clean, or "unknown"."""
    root = Path(__file__).parents[2]
    try:
        described = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty=+ changes", "--abbrev=10"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return described.stdout.strip()
