"""In which numbers networks compute: float32, or bfloat16 where the processor or the GPU multiplies in it.

Parameters, running statistics, losses and penalties are float32 either way.
"""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]


def fastest_precision(device: torch.device) -> Precision:
    """Return bfloat16 where the device multiplies matrices in it, float32 elsewhere."""
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    if device.type == "cpu":
        return "bfloat16" if _processor_multiplies_bfloat16() else "float32"
    return "float32"


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Let networks compute in a precision, also where it is slow; bfloat16's range is float32's, so that losses
    need no scaling.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def _processor_multiplies_bfloat16() -> bool:
    # Older versions of PyTorch can't tell.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) is True for name in ("avx512_bf16", "amx_bf16"))
