"""Options that several commands share: what to train and score on, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ResolutionOption = Annotated[int | None, typer.Option(help="Resize images to this many pixels.")]
LimitOption = Annotated[int | None, typer.Option(help="Train on so many images of the data at most.")]
ImageSizeOption = Annotated[
    int | None, typer.Option(metavar="N", help="Image size in pixels. [default: the file's, or 28]")
]
ChannelsOption = Annotated[
    int | None, typer.Option(metavar="N", help="Channels of the images. [default: the file's, or 1]")
]
ClassesOption = Annotated[
    int | None, typer.Option(metavar="N", help="Classes, 0 for no labels. [default: the file's, or 10]")
]
TrialStorageOption = Annotated[
    str, typer.Option("--storage", metavar="FILE|URL", help="Database of STUDY:TRIAL.")
]
DataRootOption = Annotated[Path | None, typer.Option(help="Folder of torchvision's datasets.")]
DownloadOption = Annotated[bool, typer.Option("--download", help="Download data or weights if missing.")]
InceptionWeightsOption = Annotated[
    Path | None, typer.Option(help="File of the 2015 Inception network's weights.")
]
PRECISION_HELP = "auto (the fastest on the device), float32 or bfloat16."
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1.")]
LogToOption = Annotated[
    str | None,
    typer.Option(metavar="tensorboard|wandb|mlflow|trackio", help="A program that is to follow the runs."),
]
