"""A run's generator as a bundle: a folder that works without nas_gan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas_gan.api.generator import TrainedGenerator, Weights, find_rung, find_weights
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.export import Bundle, BundleFacts
    from nas_gan.export.hub import HubFacts
    from nas_gan.runs.record import RungRecord, RunRecord


def export_run(
    folder: Path,
    output: Path,
    name: str,
    *,
    weights: Weights,
    onnx: bool,
    discriminator: bool,
    hub: bool,
    licence: str,
) -> Bundle:
    """Write a bundle; `name` is what its card calls the run. Raises InputError for a run that was never scored."""
    from nas_gan.export import load_folder_discriminator, load_networks, write_bundle
    from nas_gan.nets import Generator
    from nas_gan.runs.record import load_record

    record = load_record(folder)
    if discriminator and record.architecture.translates:
        raise InputError(
            f"can't be had of {name}: a translation has two, which a bundle doesn't hold; leave it out",
            setting="discriminator",
        )
    architecture, module = load_networks(folder, find_weights(folder, record, weights))
    if not record.rungs:
        raise InputError(f"{name} has ended before its first score; train it again")
    scored = find_rung(record, weights) or record.rungs[-1]
    if isinstance(module, Generator) and not architecture.image.is_points:
        samples = TrainedGenerator(folder, architecture, module, record, weights).sheet_png()
    else:
        samples = read_samples(folder, None if scored is record.rungs[-1] else scored.images_seen)
    example = _read_example(folder) if architecture.translates else None
    return write_bundle(
        output,
        architecture,
        module,
        _read_facts(record.model_copy(update={"weights": weights}), scored, name, samples, example),
        onnx=onnx,
        discriminator=load_folder_discriminator(folder) if discriminator else None,
        hub=_hub_facts(record, scored, name, licence) if hub else None,
    )


def read_samples(folder: Path, after: int | None = None) -> bytes:
    """Read a run's own drawing of samples, the last or that `after` so many images; raises InputError without it."""
    from nas_gan.runs.record import SAMPLES_FILE

    path = folder / (SAMPLES_FILE if after is None else f"samples-{after}.png")
    try:
        return path.read_bytes()
    except OSError as error:
        drawn = sorted(
            int(number) for one in folder.glob("samples-*.png") if (number := one.stem[8:]).isdecimal()
        )
        remedy = (
            f"there are some after {', '.join(f'{images:,}' for images in drawn)} images"
            if drawn
            else "train it again"
        )
        raise InputError(f"{path}: can't be read ({error.strerror}); {remedy}") from None


def _read_example(folder: Path) -> bytes:
    from nas_gan.runs.record import EXAMPLE_FILE

    path = folder / EXAMPLE_FILE
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); train it again") from None


def _hub_facts(record: RunRecord, scored: RungRecord, name: str, licence: str) -> HubFacts:
    """Say what the Hub is to know. Scores of a class or of a split stay with the card."""
    from nas_gan.export.hub import HubFacts
    from nas_gan.metrics.scores import made_scores

    scores = scored.scores
    made = [(kind, value) for kind in made_scores(scores) if (value := kind.value(scores)) is not None]
    return HubFacts(
        name,
        str(record.data["source"]),
        licence,
        tuple((kind.option, kind.title, value) for kind, value in made),
        str(record.protocol["name"]),
        scores.protocol_fingerprint,
        scores.images,
        record.architecture.translates,
    )


def _read_facts(
    record: RunRecord,
    scored: RungRecord,
    name: str,
    samples_png: bytes,
    example_png: bytes | None,
) -> BundleFacts:
    from nas_gan.export import BundleFacts
    from nas_gan.metrics.scores import made_scores
    from nas_gan.report.topology import draw_topology

    return BundleFacts(
        name=name,
        record_json=record.model_dump_json(indent=1),
        topology="\n".join(draw_topology(record.architecture)),
        samples_png=samples_png,
        example_png=example_png,
        scores=tuple((kind.title, kind.full_text(scored.scores)) for kind in made_scores(scored.scores)),
        protocol=record.protocol,
        data=record.data,
        data_fingerprint=record.data_fingerprint,
        class_names=record.class_names,
        seed=record.seed,
        images_seen=scored.images_seen,
        weights=_weights_text(record),
        wall_seconds=record.wall_seconds,
        device=record.device,
        versions=record.versions,
    )


def _weights_text(record: RunRecord) -> str:
    """Say which weights a bundle holds, and whether the run has better ones."""
    last, best = record.rungs[-1].images_seen, record.best_images_seen
    if record.weights == "best":
        return f"those of the best scoring, after {best or last:,} images of {last:,}"
    said = f"the last, after {last:,} images"
    return said if best in (None, last) else f"{said}; those after {best:,} scored better (`weights` best)"
