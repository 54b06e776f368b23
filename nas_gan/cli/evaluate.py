"""`evaluate`: scores a training run or a bundle again."""

from __future__ import annotations

from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json
from nas_gan.cli.folders import RunArgument, RunsFolderOption
from nas_gan.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    ResolutionOption,
)


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    run: RunArgument,
    protocol: Annotated[str | None, typer.Option(help="How scores are made. [default: as before]")] = None,
    data: Annotated[
        str | None, typer.Option(help="Name, folder, .zip or .npz. [default: as in training]")
    ] = None,
    resolution: ResolutionOption = None,
    limit: LimitOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    inception_weights: InceptionWeightsOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the scored noise. [default: as before]")] = None,
    device: DeviceOption = "auto",
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Score a generator again, under a named protocol.

    Protocols: classifier-1k and classifier-5k score with a classifier of the
    dataset, against held-out images; selfsup-5k, likewise, with a network that
    learned from its images without labels, and has no IS; inception-5k with the
    2015 Inception network, likewise; inception-50k against the training set, as
    the field reports; plane-10k scores points. Conditional generators are scored class by class
    too. MS-SSIM is how alike two images of a class are (without classes, any
    two): far above the real images', the generator has collapsed there.

    \b
    Examples:
      python -m nas_gan evaluate runs/resdense-mnist5k/7
      python -m nas_gan evaluate resdense-mnist5k:best
      python -m nas_gan evaluate bundle --protocol inception-50k
    """
    from rich.console import Console

    console = Console(stderr=json, markup=False)

    def show(event: object) -> None:
        console.print(str(event), highlight=False, soft_wrap=True)

    trained = nas_gan.load(run, storage=storage, runs=out)
    found = trained.evaluate(
        protocol,
        data=nas_gan.Data(data, resolution, limit, data_root, download),
        inception_weights=inception_weights,
        seed=seed,
        device=device,
        progress=show,
    )
    if json:
        facts = found.to_dict()
        del facts["class_names"]
        print_json({"folder": str(trained.folder), **facts})
        return
    for line in found.lines():
        show(line)
    for name, value in found.protocol.items():
        show(f"  {name}: {value}")
