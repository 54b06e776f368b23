"""How commands are told of a run: its folder, a bundle, or STUDY:TRIAL."""

from __future__ import annotations

from typing import Annotated

import typer

from nas_gan.api.generator import Weights
from nas_gan.errors import InputError


def parse_weights(text: str) -> Weights:
    """Read which weights of a run are meant; raises InputError for anything else."""
    match text:
        case "last" | "best":
            return text
        case _:
            raise InputError(f"--weights {text}: use last or best")


RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder, a bundle, or STUDY:TRIAL (STUDY:best).")
]
RunsFolderOption = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|URL",
        help="Where the runs are. [default: the database's folder, or where the study has them]",
    ),
]
WeightsOption = Annotated[
    Weights,
    typer.Option(
        parser=parse_weights,
        metavar="last|best",
        help="Weights at the last scoring, which rankings are by, or at the best.",
    ),
]
