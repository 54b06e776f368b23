"""Narrower networks of the same kind, for budgets that the paper's are too wide for."""

from __future__ import annotations

from typing import Any

from nas_gan.spec import Architecture
from nas_gan.spec.architecture import NETWORKS

SCALED = ("width", "stem_width", "growth")


def scale_widths(architecture: Architecture, share: float, where: str) -> Architecture:
    """Return the architecture with every width of both networks times `share`, rounded, and at least 1.

    Widths are maps of stages and stems, values of hidden layers, and maps that dense blocks add. Latents, embeddings
    and minibatch discrimination stay. `where` names it in errors.
    """
    if share == 1.0:
        return architecture
    tree = architecture.model_dump(mode="json")
    return Architecture.from_tree(
        tree | {name: _scaled(tree[name], share) for name in NETWORKS}, f"{where}: widths {share:g}"
    )


def _scaled(part: Any, share: float) -> Any:
    match part:
        case dict():
            return {
                key: max(1, round(value * share))
                if key in SCALED and isinstance(value, int) and value > 0
                else _scaled(value, share)
                for key, value in part.items()
            }
        case list():
            return [_scaled(item, share) for item in part]
        case _:
            return part
