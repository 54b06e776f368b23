"""How commands are told of a run: its folder, a bundle, or STUDY:TRIAL."""

from __future__ import annotations

from typing import Annotated

import typer

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
