"""Optimisers of the two networks, from their settings."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from nas_gan.training.config import AdamConfig, OptimiserConfig

SCORE = "score."
"""Names of the parameters of a discriminator's last linear layer begin so."""

Group = dict[str, object]


def build_optimiser(
    network: nn.Module, config: OptimiserConfig, score_weight_decay: float | None = None
) -> torch.optim.Optimizer:
    """Make the optimiser of all of a network's parameters.

    With `score_weight_decay` those of its last linear layer, `score`, are a group of their own with that weight
    decay; raises ValueError for a network without any.
    """
    if score_weight_decay is None:
        return _build(config, [{"params": list(network.parameters())}])
    score = [parameter for name, parameter in network.named_parameters() if name.startswith(SCORE)]
    rest = [parameter for name, parameter in network.named_parameters() if not name.startswith(SCORE)]
    if not score:
        raise ValueError(f"no parameter's name begins with {SCORE!r}, and score_weight_decay is for those")
    return _build(config, [{"params": rest}, {"params": score, "weight_decay": score_weight_decay}])


def _build(config: OptimiserConfig, groups: Iterable[Group]) -> torch.optim.Optimizer:
    if isinstance(config, AdamConfig):
        return torch.optim.Adam(
            groups,
            lr=config.learning_rate,
            betas=(config.beta1, config.beta2),
            weight_decay=config.weight_decay,
            fused=True,  # one kernel for all parameters, on the CPU too
        )
    return torch.optim.RMSprop(
        groups, lr=config.learning_rate, alpha=config.decay, weight_decay=config.weight_decay
    )
