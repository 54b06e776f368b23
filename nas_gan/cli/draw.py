"""`draw`: both networks of an architecture as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, print_json, print_lines
from nas_gan.cli.options import ChannelsOption, ClassesOption, ImageSizeOption, TrialStorageOption


def draw(
    architecture: Annotated[
        str,
        typer.Argument(
            metavar="ARCHITECTURE|RUN",
            help="A bundled name or a file; or a run: a folder, a bundle, or STUDY:TRIAL (STUDY:best).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to: .svg, .pdf or .png.")
    ] = Path("net.svg"),
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Above the drawing. [default: the name]")
    ] = None,
    resolution: ImageSizeOption = None,
    channels: ChannelsOption = None,
    classes: ClassesOption = None,
    storage: TrialStorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
) -> None:
    """Draw both networks of an architecture.

        Stages with shapes, operations in order, skips, dense links, and where labels enter. SVG follows the reader
    into the dark; PDF and PNG need the extra `drawings`. SN: spectral norm. Numbers at the
    right: channels.

    \b
    Examples:
      python -m nas_gan draw baselines/residual -o net.svg
      python -m nas_gan draw resdense-mnist5k:best -o net.pdf --title "Our best"
      python -m nas_gan draw my_gan.toml --resolution 64 --channels 3 -o net.png
    """
    from nas_gan.api.draw import image_given

    image = image_given(architecture, storage, resolution=resolution, channels=channels, classes=classes)
    written = nas_gan.draw(architecture, output, title=title, image=image, storage=storage)
    if json:
        print_json({"file": str(written), "architecture": architecture})
    else:
        print_lines([f"Wrote {written}"])
