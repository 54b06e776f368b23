"""`watch`: the page of a study, served on this machine while it is searched."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, StorageOption, print_lines
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.cli.named import StudyArgument, choose_study

DEFAULT_PORT = 8080


def watch(
    study: StudyArgument = None,
    port: Annotated[int, typer.Option(metavar="N", help="Port on 127.0.0.1; 0: any.")] = DEFAULT_PORT,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
) -> None:
    """Serve the page of a study while it is searched.

        The page refreshes itself. It is served on 127.0.0.1 alone. From another machine, the `ssh -L` line that it
    prints leads there. Ctrl-C ends it.

    \b
    Examples:
      python -m nas_gan watch resdense-mnist5k
      python -m nas_gan watch --port 9000
    """
    from nas_gan.api.watch import open_server

    loaded = nas_gan.load_study(choose_study(study, None, storage), storage=storage, runs=out)
    with open_server(loaded, port) as server:
        served = server.server_address[1]
        user = os.environ.get("USER", "you")
        print_lines(
            [
                f"Open http://127.0.0.1:{served}/ (Ctrl-C ends this)",
                f"From elsewhere first: ssh -L {served}:127.0.0.1:{served} {user}@{socket.gethostname()}",
            ]
        )
        server.serve_forever()
