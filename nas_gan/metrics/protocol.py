"""The conditions of a score. Scores of two protocols are never compared, so each is stored with its own.

A recipe is what a user names; a protocol is that recipe met with one dataset and one extractor. This
module does without torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Literal, get_type_hints

from nas_gan.errors import InputError
from nas_gan.metrics.plane_protocol import PlaneRecipe
from nas_gan.metrics.scores import PIXELS, PROBABILITIES, Need

ExtractorName = Literal["classifier", "selfsup", "inception"]
Reference = Literal["held_out", "train", "held_out_choice", "held_out_final"]
"""Real images to compare with. The last two are the halves of those held out: one to choose by, and one for the figure
of what was chosen."""
CHOICE, FINAL = "-choice", "-final"
"""Ends of the names of protocols that compare with a half."""


@dataclass(frozen=True)
class ProtocolRecipe:
    """How to score, before it is known what."""

    name: str
    extractor: ExtractorName
    sample_count: int
    """Generated images a score is made of."""
    splits: int
    """Parts the Inception Score is the mean of, where there is one."""
    reference: Reference
    """Which real images the generated ones are compared with: all of the split."""
    kernel_subsets: int
    kernel_subset_size: int
    """Rows a side in each of the kernel distance's subsets; fewer where there are fewer images."""
    kernel_features: int
    """Rows a side that the subsets are drawn from, at most."""
    seed: int = 0
    """Of the noise and labels that every generator is scored on, and of the choice of splits and subsets."""
    stretched: bool = False
    """Whether images are seen as `nas_gan.metrics.stretched` says."""
    thesis_classifier: bool = False
    """Whether the classifier stops as early as that of Yamazaki's thesis (`classifier_training.THESIS`)."""

    @property
    def offers(self) -> frozenset[Need]:
        """What scores can be made of under it, beside labels, which are the data's."""
        return PIXELS if self.extractor == "selfsup" else PROBABILITIES


@dataclass(frozen=True)
class ScoreProtocol:
    """Everything a score depends on besides the generator. Fields of the recipe mean what they mean there."""

    name: str
    extractor: str
    extractor_hash: str
    """SHA-256 of the extractor's weights, hexadecimal."""
    preprocessing: str
    resolution: int
    """Height and width of the images, in pixels."""
    sample_count: int
    splits: int
    seed: int
    reference: str
    reference_count: int
    """Real images the generated ones are compared with."""
    reference_fingerprint: str
    """Fingerprint of the dataset they come from."""
    kernel_subsets: int
    kernel_subset_size: int
    kernel_features: int

    def to_json(self) -> str:
        """Return one line of JSON with sorted keys; `from_json` reads it."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> ScoreProtocol:
        """Return the protocol that `to_json` wrote. InputError for a text that is none, naming the field."""
        try:
            values = json.loads(text)
        except ValueError as error:
            raise InputError(f"score protocol: not JSON ({error}): {text[:60]!r}") from error
        if not isinstance(values, dict):
            raise InputError(f"score protocol: expected an object, got {text[:60]!r}")
        types = get_type_hints(ScoreProtocol)
        for name in sorted(types.keys() ^ values.keys()):
            problem = "is missing" if name in types else "is not known; was it written by a later version?"
            raise InputError(f"score protocol: {name} {problem}")
        for name, value in values.items():
            if type(value) is not types[name]:
                raise InputError(
                    f"score protocol: {name} should be of type {types[name].__name__}, is {value!r}"
                )
        return ScoreProtocol(**values)

    def fingerprint(self) -> str:
        """Return a short hash, 12 hexadecimal digits, of all fields: equal for equal protocols."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def differences(self, other: ScoreProtocol) -> list[str]:
        """Return one line per field in which `other` differs, such as `sample_count: 5000, other 50000`."""
        mine, theirs = asdict(self), asdict(other)
        return [f"{name}: {mine[name]}, other {theirs[name]}" for name in mine if mine[name] != theirs[name]]


Recipe = ProtocolRecipe | PlaneRecipe

PROTOCOLS: Mapping[str, Recipe] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            ProtocolRecipe("classifier-1k", "classifier", 1_000, 5, "held_out", 20, 500, 2_000),
            ProtocolRecipe("classifier-5k", "classifier", 5_000, 10, "held_out", 20, 500, 2_000),
            ProtocolRecipe(
                "thesis-5k", "classifier", 5_000, 10, "held_out", 20, 500, 2_000, thesis_classifier=True
            ),
            ProtocolRecipe("selfsup-5k", "selfsup", 5_000, 1, "held_out", 20, 500, 2_000),
            ProtocolRecipe("inception-5k", "inception", 5_000, 10, "held_out", 20, 500, 2_000),
            ProtocolRecipe("inception-50k", "inception", 50_000, 10, "train", 100, 1_000, 10_000),
            ProtocolRecipe("yamazaki-5k", "inception", 5_000, 10, "held_out", 20, 500, 2_000, stretched=True),
            PlaneRecipe("plane-1k", sample_count=1_000, transport_points=200, covered_share=0.1),
            PlaneRecipe("plane-10k", sample_count=10_000, transport_points=1_000, covered_share=0.1),
        )
    }
)
"""Named recipes. `inception-50k` is what the field reports: 50,000 images against the whole training set.
`selfsup-5k` needs neither labels nor a download, knows no Inception Score, and compares within one dataset alone.
`thesis-5k` is how Yamazaki's thesis (2017) scores digits, with a classifier that is right about 0.9809 of them;
`yamazaki-5k` is how Yamazaki & Yamaguchi (2017) score, `plane-10k` takes as many points as Yamazaki's thesis draws.
Under `plane-1k` a score takes a fiftieth of the time, which for collapsed generators is a second."""


def for_the_figure(name: str) -> str:
    """Name the protocol that scores on what one to choose by leaves unseen; itself where it leaves nothing."""
    return name.removesuffix(CHOICE) + FINAL if name.endswith(CHOICE) else name


DEFAULT_PROTOCOL = "classifier-5k"
DEFAULT_UNLABELLED_PROTOCOL = "selfsup-5k"
DEFAULT_PLANE_PROTOCOL = "plane-10k"


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`; InputError, listing the names, when there is none.

    One that compares with held-out images has two more, with either half of them: `classifier-5k-choice`, `-final`.
    """
    halves: dict[str, Reference] = {CHOICE: "held_out_choice", FINAL: "held_out_final"}
    for end, half in halves.items():
        whole = PROTOCOLS.get(name.removesuffix(end)) if name.endswith(end) else None
        if isinstance(whole, ProtocolRecipe) and whole.reference == "held_out":
            return replace(whole, name=name, reference=half)
    if name not in PROTOCOLS:
        raise InputError(f"score protocol {name!r} is not known; choose from {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def find_fitting_recipe(name: str | None, source: str, is_points: bool, classes: int) -> Recipe:
    """Return the recipe called `name`, or the default where it is None: for points, for images that a classifier can
    tell apart (of two `classes` or more; 0: without labels), or for other images.

    InputError when there is none, or it is for the other kind of data; `source` names the data there.
    """
    of_images = DEFAULT_PROTOCOL if classes > 1 else DEFAULT_UNLABELLED_PROTOCOL
    recipe = find_recipe(name or (DEFAULT_PLANE_PROTOCOL if is_points else of_images))
    if isinstance(recipe, PlaneRecipe) == is_points:
        return recipe
    fitting = [other.name for other in PROTOCOLS.values() if isinstance(other, PlaneRecipe) == is_points]
    there, here = ("images", "points") if is_points else ("points", "images")
    raise InputError(
        f"{recipe.name}: scores {there}, and {source} has {here}; use {' or '.join(fitting)}",
        setting="protocol",
    )
