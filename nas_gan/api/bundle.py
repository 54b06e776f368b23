"""A run's generator as a bundle: a folder that works without nas_gan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas_gan.api.generator import TrainedGenerator
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.export import Bundle, BundleFacts
    from nas_gan.export.hub import HubFacts
    from nas_gan.runs.record import RunRecord


def export_run(
    trained: TrainedGenerator, output: Path, name: str, *, onnx: bool, hub: bool, licence: str
) -> Bundle:
    """Write a bundle; `name` is what its card calls the run. Raises InputError for a run that was never scored."""
    from nas_gan.export import write_bundle
    from nas_gan.runs.record import load_record

    record = load_record(trained.folder)
    samples = read_samples(trained.folder) if record.architecture.image.is_points else trained.sheet_png()
    facts = _read_facts(record, name, samples)
    told = _hub_facts(record, name, licence) if hub else None
    return write_bundle(output, trained.architecture, trained.module, facts, onnx=onnx, hub=told)


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


def _hub_facts(record: RunRecord, name: str, licence: str) -> HubFacts:
    """Say what the Hub is to know. Scores of a class or of a split stay with the card."""
    from nas_gan.export.hub import HubFacts
    from nas_gan.metrics.scores import made_scores

    scores = record.rungs[-1].scores
    made = [(kind, value) for kind in made_scores(scores) if (value := kind.value(scores)) is not None]
    return HubFacts(
        name,
        str(record.data["source"]),
        licence,
        tuple((kind.option, kind.title, value) for kind, value in made),
        str(record.protocol["name"]),
        scores.protocol_fingerprint,
        scores.images,
    )


def _read_facts(record: RunRecord, name: str, samples_png: bytes) -> BundleFacts:
    from nas_gan.export import BundleFacts
    from nas_gan.metrics.scores import made_scores
    from nas_gan.report.topology import draw_topology

    if not record.rungs:
        raise InputError(f"{name} has ended before its first score; train it again")
    scored = record.rungs[-1]
    return BundleFacts(
        name=name,
        record_json=record.model_dump_json(indent=1),
        topology="\n".join(draw_topology(record.architecture)),
        samples_png=samples_png,
        scores=tuple((kind.title, kind.full_text(scored.scores)) for kind in made_scores(scored.scores)),
        protocol=record.protocol,
        data=record.data,
        data_fingerprint=record.data_fingerprint,
        class_names=record.class_names,
        seed=record.seed,
        images_seen=scored.images_seen,
        wall_seconds=record.wall_seconds,
        device=record.device,
        versions=record.versions,
    )
