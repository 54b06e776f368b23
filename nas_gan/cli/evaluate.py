"""`evaluate`: scores a training run or a bundle again, or real images."""

from __future__ import annotations

from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    QuietOption,
    StorageOption,
    print_json,
    quiet_console,
)
from nas_gan.cli.folders import RunsFolderOption, WeightsOption
from nas_gan.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    ResolutionOption,
)
from nas_gan.errors import InputError


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="A run's folder, a bundle, or STUDY:TRIAL (STUDY:best). Left out, --data's real images are scored.",
        ),
    ] = None,
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
    weights: WeightsOption = "last",
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score a generator again, or real images.

    Without a RUN, images that --data offers for training are scored in a
    generator's place: what a generator that made such images would have.

    Protocols: classifier-1k and classifier-5k score with a classifier of the
    dataset, against held-out images; selfsup-5k, likewise, with a network that
    learned from its images without labels, and has no IS; inception-5k with the
    2015 Inception network, likewise; inception-50k against the training set, as
    the field reports; plane-1k and plane-10k score points. Conditional generators are scored class by class
    too. thesis-5k and yamazaki-5k score as those papers do. MS-SSIM is how alike
    two images of a class are (without classes, any two): far above the real images', the generator has collapsed there.

    \b
    Examples:
      python -m nas_gan evaluate runs/resdense-mnist5k/7
      python -m nas_gan evaluate resdense-mnist5k:best
      python -m nas_gan evaluate bundle --protocol inception-50k
      python -m nas_gan evaluate --data mnist5k --protocol classifier-1k
    """
    console, progress = quiet_console(stderr=json), quiet_console(stderr=json, quiet=quiet)

    def show(event: object) -> None:
        progress.print(str(event), soft_wrap=True)

    images = nas_gan.Data(data, resolution, limit, data_root, download)
    folder = None
    if run is not None:
        trained = nas_gan.load(run, weights=weights, storage=storage, runs=out)
        folder = str(trained.folder)
        found = trained.evaluate(
            protocol,
            data=images,
            inception_weights=inception_weights,
            seed=seed,
            device=device,
            progress=show,
        )
    elif data is not None:
        found = nas_gan.evaluate_images(
            images,
            protocol,
            inception_weights=inception_weights,
            seed=seed,
            device=device,
            progress=show,
        )
    else:
        raise InputError("what is to be scored? name a RUN, or real images with --data")
    if json:
        facts = found.to_dict()
        del facts["class_names"]
        print_json({"folder": folder, **facts})
        return
    for line in (*found.lines(), *(f"  {name}: {value}" for name, value in found.protocol.items())):
        console.print(line, soft_wrap=True)
