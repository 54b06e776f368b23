"""`push`: a bundle's files to the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nas_gan.cli.common import JsonOption, print_json, print_lines


def push(
    bundle: Annotated[Path, typer.Argument(help="Folder that `export --hub` wrote.", show_default=False)],
    repo: Annotated[str, typer.Option(metavar="USER/NAME", help="Repository of models on the Hub.")],
    private: Annotated[bool, typer.Option("--private", help="Make a repository that only you see.")] = False,
    json: JsonOption = False,
) -> None:
    """Send a bundle to the Hugging Face Hub.

    Makes the repository if it isn't there. Log in first, with `hf auth login` or a token in HF_TOKEN.

    \b
    Example:
      python -m nas_gan export best --hub --licence cc-by-sa-3.0 -o bundle
      python -m nas_gan push bundle --repo me/digits
    """
    from nas_gan.export.hub import push_bundle

    address = push_bundle(bundle, repo, private=private)
    if json:
        print_json({"folder": str(bundle), "repository": repo, "address": address})
    else:
        print_lines([f"Sent {bundle} to {address}"])
