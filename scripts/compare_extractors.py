"""Whether the extractor that learns without labels ranks generators as the classifier does.

    python -m nas_gan train FILE --images 18000 -o gans/1      # some eight generators of the embedded digits
    python scripts/compare_extractors.py gans/*                # four minutes

Every generator is scored under both protocols, on the same images; the last line is Spearman's rank correlation of the
two Fréchet distances. All have to be of one labelled dataset. Its labels train the classifier and nothing else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from scipy.stats import spearmanr

from nas_gan.data import DataConfig, load_dataset
from nas_gan.errors import InputError
from nas_gan.export import load_folder
from nas_gan.runs.record import load_record
from nas_gan.runs.resources import load_resources
from nas_gan.runs.scoring import score_generator

PROTOCOLS = ("classifier-5k", "selfsup-5k")


def main() -> None:
    """Read the arguments, and print a line a generator and the correlation."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="folders of training runs, at least three")
    folders = parser.parse_args().runs
    if len(folders) < 3:
        parser.error(f"{len(folders)} runs have no ranking to compare; give at least three")
    torch.set_num_threads(1)
    try:
        compare(folders)
    except InputError as error:
        sys.exit(f"error: {error}")


def compare(folders: list[Path]) -> None:
    """Score the generators of these runs under each protocol. Raises InputError for runs of different data."""
    records = [load_record(folder) for folder in folders]
    for folder, record in zip(folders, records, strict=True):
        if record.data_fingerprint != records[0].data_fingerprint:
            raise InputError(
                f"{folder}: trained on other data than {folders[0]}; compare runs of one dataset"
            )
    config = DataConfig(**records[0].data)
    dataset = load_dataset(config, print)
    distances: list[list[float]] = []
    for protocol in PROTOCOLS:
        resources = load_resources(
            config,
            dataset,
            protocol=protocol,
            seed=0,
            device=torch.device("cpu"),
            inception_weights=None,
            announce=print,
        )
        distances.append([])
        for folder, record in zip(folders, records, strict=True):
            architecture, generator = load_folder(folder)
            scores = score_generator(generator, architecture, resources, record.precision, full=False)
            if scores.frechet_distance is None:
                raise InputError(f"{folder}: protocol {protocol} has no Fréchet distance")
            distances[-1].append(scores.frechet_distance)
            print(f"{protocol} {scores.frechet_distance:9.2f}  {folder}", flush=True)
    found = spearmanr(*distances)
    print(
        f"Spearman's rank correlation {found.statistic:.3f} over {len(folders)} generators (p {found.pvalue:.2g})"
    )


if __name__ == "__main__":
    main()
