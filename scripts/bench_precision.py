"""What precision, a shared generated batch, initial weights and rates do to a GAN: scores, CPU seconds, seed by seed.

    python scripts/bench_precision.py                          # four ways of computing, three seeds
    python scripts/bench_precision.py --group initial          # where weights and embeddings start
    python scripts/bench_precision.py --group rates            # a higher rate for the generator
    python scripts/bench_precision.py --group extractor        # the scoring network in bfloat16, on the same images

One small conditional GAN on the embedded digits, which draws them well after the images of a default trial. All
variants of a seed are trained before those of the next; CPU seconds are those of training alone, in this process.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import torch

from nas_gan.data import DataConfig, load_dataset
from nas_gan.metrics.scorer import Scorer
from nas_gan.nets import build_networks
from nas_gan.runs.resources import load_resources
from nas_gan.runs.scoring import Resources, choose_labels, generate, score_generator
from nas_gan.runs.seeds import derive_seed
from nas_gan.spec import Architecture
from nas_gan.training import Precision, Trainer, TrainingData, autocast

STAGE = {"upsample": "nearest"}
ADAM = {"kind": "adam", "learning_rate": 1e-3, "beta1": 0.5, "beta2": 0.999}
BASE: dict[str, Any] = {
    "image": {"channels": 1, "resolution": 28, "classes": 10},
    "generator": {
        "latent_dim": 64,
        "width": 24,
        "stages": [STAGE, STAGE],
        "conditioning": "conditional_batch_norm",
    },
    "discriminator": {"width": 24, "stages": [{}, {}], "conditioning": "projection"},
    "loss": "non_saturating",
    "optimisers": {"generator": ADAM, "discriminator": ADAM},
    "training": {"batch_size": 16, "moving_average": 0.99},
}
CONCATENATED = {
    name: {"conditioning": {"kind": "concat", "embedding_dim": 16}} for name in ("generator", "discriminator")
}


@final
@dataclass(frozen=True)
class Variant:
    """What is changed of the training, and of the networks; and the precision."""

    precision: Precision
    training: Mapping[str, Any] = field(default_factory=dict)
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


FAST = {"generated_batch": "shared"}
HIGH_RATE = {"optimisers": {"generator": ADAM | {"learning_rate": 4e-3}}}
GROUPS: dict[str, dict[str, Variant]] = {
    "precision": {
        "float32, fresh": Variant("float32"),
        "bfloat16, fresh": Variant("bfloat16"),
        "float32, shared": Variant("float32", FAST),
        "bfloat16, shared": Variant("bfloat16", FAST),
    },
    "initial": {
        "N(0, 0.02²)": Variant("bfloat16", FAST),
        "He": Variant("bfloat16", FAST | {"initial": "he"}),
        "concatenated, N(0, 0.02²)": Variant("bfloat16", FAST, CONCATENATED),
        "concatenated, N(0, 1)": Variant("bfloat16", FAST | {"embedding_deviation": 1.0}, CONCATENATED),
    },
    "rates": {
        "1e-3": Variant("bfloat16", FAST),
        "4e-3": Variant("bfloat16", FAST, HIGH_RATE),
        "4e-3, latent of 32": Variant("bfloat16", FAST, HIGH_RATE | {"generator": {"latent_dim": 32}}),
    },
    "extractor": {"bfloat16, shared": Variant("bfloat16", FAST)},
}


def build_architecture(variant: Variant) -> Architecture:
    """Return the GAN with what a variant changes."""
    tree = copy.deepcopy(BASE)
    tree["training"].update(variant.training)
    for name, changes in variant.networks.items():
        tree[name].update(changes)
    return Architecture.from_tree(tree, "bench")


def train(architecture: Architecture, resources: Resources, precision: Precision, seed: int) -> Trainer:
    """Return a trainer as a run has it."""
    networks = build_networks(architecture, derive_seed(seed, "weights"))
    data = TrainingData(resources.images, resources.labels)
    return Trainer(*networks, data, architecture.game, derive_seed(seed, "training"), precision)


def measure(variant: Variant, resources: Resources, seed: int, images: int) -> dict[str, float]:
    """Train one variant from a seed, and score it."""
    architecture = build_architecture(variant)
    trainer = train(architecture, resources, variant.precision, seed)
    began = time.process_time()
    trainer.advance(images)
    seconds = time.process_time() - began
    generator: Any = trainer.averaged_generator
    scores = score_generator(generator, architecture, resources, variant.precision, full=False)
    return {
        "fid": scores.frechet_distance or 0.0,
        "is": scores.inception_score or 0.0,
        "cpu_seconds": seconds,
    }


def measure_extractor(variant: Variant, resources: Resources, seed: int, images: int) -> dict[str, float]:
    """Return one generator's images, scored with the extractor in float32 and in bfloat16."""
    architecture = build_architecture(variant)
    trainer = train(architecture, resources, variant.precision, seed)
    trainer.advance(images)
    generator: Any = trainer.averaged_generator
    scorer = resources.scorer
    if not isinstance(scorer, Scorer):
        raise TypeError("points have no extractor")
    count = scorer.protocol.sample_count
    made = list(generate(generator, architecture, resources, count, variant.precision))
    labels = choose_labels(architecture, resources, count)
    found = {}
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    for precision in precisions:
        began = time.process_time()
        with autocast(resources.device, precision):
            scores = scorer.score(made, labels)
        found[f"{precision}_cpu_seconds"] = time.process_time() - began
        found[f"{precision}_fid"] = scores.frechet_distance or 0.0
        found[f"{precision}_is"] = scores.inception_score or 0.0
    return found


def main() -> int:
    """Parse the command line, measure, print a line a training and means at the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--group", choices=list(GROUPS), default="precision", help="what to compare [precision]"
    )
    parser.add_argument("--seeds", type=int, default=3, help="seeds a variant [3]")
    parser.add_argument("--images", type=int, default=18_000, help="images a training [18000]")
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = DataConfig()
    resources = load_resources(
        config,
        load_dataset(config),
        protocol=None,
        seed=0,
        device=torch.device("cpu"),
        inception_weights=None,
        announce=lambda line: print(line, file=sys.stderr),
    )
    take = measure_extractor if options.group == "extractor" else measure
    all_found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seed in range(options.seeds):
        for name, variant in GROUPS[options.group].items():
            found = take(variant, resources, seed, options.images)
            print(json.dumps({"variant": name, "seed": seed, **found}), flush=True)
            for key, value in found.items():
                all_found[name][key].append(value)
    for name, columns in all_found.items():
        means = ", ".join(f"{key} {statistics.mean(values):.2f}" for key, values in columns.items())
        print(f"{name}: {means}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
