"""The scores: what a generator scored, and one table of all there is to say of each score.

Records, rankings, pages, cards and what a search can be after follow from the table. A new score is a field of
`Scores`, a row of `SCORE_KINDS`, and a function that a scorer calls. This module does without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, final

Metric = str
"""A score that a search can be after, by its option: a key of `METRICS`."""

Need = Literal["pixels", "points", "labels", "probabilities", "origin"]
"""Images, or points of the plane; labels of the data; probabilities of classes, from an extractor that knows them; a
domain that images are translated from."""


@final
@dataclass(frozen=True, kw_only=True)
class Scores:
    """The scores of one generator under one protocol.

    A score is None where the protocol doesn't have it, or where it wasn't asked for.
    """

    images: int
    """Generated images (or points) that were scored."""
    protocol_fingerprint: str
    """`ScoreProtocol.fingerprint()` of the protocol."""
    inception_score: float | None = None
    """In [1, classes]."""
    inception_score_deviation: float | None = None
    """Standard deviation over the splits."""
    frechet_distance: float | None = None
    """At least 0."""
    kernel_distance: float | None = None
    """About 0 (it may be slightly negative) when alike."""
    class_frechet_distances: tuple[float, ...] | None = None
    """Of the images of each class to the real ones of it; at least 0."""
    mean_class_frechet_distance: float | None = None
    """Mean of the classes' distances."""
    class_similarity: float | None = None
    """Mean multi-scale structural similarity of two images of a class, at most 1. Of any two images where the
    generator knows no classes."""
    class_shares: tuple[float, ...] | None = None
    """Share of the images that the protocol's classifier takes for each class."""
    effective_classes: float | None = None
    """How many even classes would be as varied as those shares, in [1, classes]."""
    cycle_error: float | None = None
    """Of a translation: the mean absolute difference that there and back leaves, of values in [-1, 1]."""
    modes_covered: int | None = None
    """Modes of the plane's mixture that points fall near."""
    near_share: float | None = None
    """Share of the points that lie near a mode, in [0, 1]."""
    transport_distance: float | None = None
    """Optimal transport (2-Wasserstein) between generated and real points, in the data's units."""


@final
@dataclass(frozen=True, kw_only=True)
class ScoreKind:
    """All there is to say of one score.

    name: the field of `Scores` that holds it.
    label: in tables, and in lower case the option that makes it a search's metric.
    title: where there is room. sentence: how to read it.
    decimals: in tables, where values are below 100.
    needs: what it can't be made without.
    slow: whether it takes longer than the quick ones together, and is made only where it is asked for.
    judges: whether a search may be after it alone.
    deviation, of_classes: fields of `Scores` that hold its deviation, and its value of each class.
    """

    name: str
    label: str
    title: str
    sentence: str
    higher_is_better: bool
    decimals: int
    needs: frozenset[Need]
    slow: bool = False
    judges: bool = True
    deviation: str | None = None
    of_classes: str | None = None

    @property
    def option(self) -> str:
        """Its name on the command line and in recipes."""
        return self.label.lower().replace(" ", "-")

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """Whether a smaller value is better, as Optuna says it."""
        return "maximize" if self.higher_is_better else "minimize"

    def value(self, scores: Scores) -> float | None:
        """Return the score, or None where it wasn't made."""
        value = getattr(scores, self.name)
        return None if value is None else float(value)

    def deviation_of(self, scores: Scores) -> float | None:
        """Return the score's deviation, or None where it has none."""
        return None if self.deviation is None else getattr(scores, self.deviation)

    def classes_of(self, scores: Scores) -> tuple[float, ...] | None:
        """Return its value of each class, or None where it has none."""
        return None if self.of_classes is None else getattr(scores, self.of_classes)

    def format(self, value: float | None) -> str:
        """Write a value with four significant digits where that is shorter: `9.57`, `123.4`, `12345`; `–` for none."""
        if value is None:
            return "–"
        size = abs(value)
        return f"{value:.{self.decimals if size < 100 else min(self.decimals, 1) if size < 1000 else 0}f}"

    def text(self, scores: Scores) -> str:
        """Write the score, and its deviation where it has one: `9.12 ± 0.05`."""
        deviation = self.deviation_of(scores)
        return self.format(self.value(scores)) + ("" if deviation is None else f" ± {self.format(deviation)}")

    def full_text(self, scores: Scores) -> str:
        """Write the score with two decimals more than in tables, whatever its size, so that it can be checked."""
        places = self.decimals + 2 if self.decimals else 0
        made = [value for value in (self.value(scores), self.deviation_of(scores)) if value is not None]
        return " ± ".join(f"{value:.{places}f}" for value in made)


PIXELS: frozenset[Need] = frozenset({"pixels"})
PROBABILITIES: frozenset[Need] = frozenset({"pixels", "probabilities"})
POINTS: frozenset[Need] = frozenset({"points"})
LABELLED: frozenset[Need] = frozenset({"pixels", "labels"})

SCORE_KINDS: Mapping[str, ScoreKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            ScoreKind(
                name="frechet_distance",
                label="FID",
                title="Fréchet distance",
                sentence="To real images. Lower is better.",
                higher_is_better=False,
                decimals=2,
                needs=PIXELS,
            ),
            ScoreKind(
                name="inception_score",
                label="IS",
                title="Inception Score",
                sentence="Higher is better; bars are one standard deviation over the splits.",
                higher_is_better=True,
                decimals=2,
                needs=PROBABILITIES,
                deviation="inception_score_deviation",
            ),
            ScoreKind(
                name="kernel_distance",
                label="KID",
                title="Kernel distance",
                sentence="To real images, free of the bias that few images give the Fréchet distance. "
                "Lower is better.",
                higher_is_better=False,
                decimals=4,
                needs=PIXELS,
                slow=True,
            ),
            ScoreKind(
                name="mean_class_frechet_distance",
                label="class FID",
                title="Fréchet distance within the classes",
                sentence="Mean of the distances of each class to the real images of it. Lower is better; far above "
                "the distance of all images together, the generator mixes its classes up.",
                higher_is_better=False,
                decimals=2,
                needs=LABELLED,
                slow=True,
                of_classes="class_frechet_distances",
            ),
            ScoreKind(
                name="class_similarity",
                label="MS-SSIM",
                title="Similarity within a class (MS-SSIM)",
                sentence="How alike two images of a class are (of a generator without classes: any two). It warns "
                "of collapse: a rise towards 1 means ever the same image.",
                higher_is_better=False,
                decimals=3,
                needs=PIXELS,
                slow=True,
                judges=False,  # noise is least alike
            ),
            ScoreKind(
                name="effective_classes",
                label="classes",
                title="Classes made",
                sentence="How many classes of one frequency would be as varied as those that the classifier finds. "
                "Below their number, the generator favours some.",
                higher_is_better=True,
                decimals=2,
                needs=PROBABILITIES,
                slow=True,
                judges=False,  # noise may fall into classes evenly
                of_classes="class_shares",
            ),
            ScoreKind(
                name="cycle_error",
                label="cycle",
                title="Cycle error",
                sentence="What there and back leaves of an image's values, mean of both ways. Lower is better.",
                higher_is_better=False,
                decimals=3,
                needs=frozenset({"pixels", "origin"}),
                judges=False,  # a translator that changes nothing has none
            ),
            ScoreKind(
                name="transport_distance",
                label="transport",
                title="Transport distance",
                sentence="How far points would have to move (2-Wasserstein). Lower is better.",
                higher_is_better=False,
                decimals=3,
                needs=POINTS,
            ),
            ScoreKind(
                name="modes_covered",
                label="modes",
                title="Modes covered",
                sentence="Modes of the data with a fair share of points near them. Higher is better.",
                higher_is_better=True,
                decimals=0,
                needs=POINTS,
            ),
            ScoreKind(
                name="near_share",
                label="near",
                title="Points near a mode",
                sentence="As a share of all points. Higher is better.",
                higher_is_better=True,
                decimals=2,
                needs=POINTS,
            ),
        )
    }
)
"""By name, in the order of tables."""

METRICS: Mapping[Metric, ScoreKind] = MappingProxyType(
    {kind.option: kind for kind in SCORE_KINDS.values() if kind.judges}
)
"""What a search can be after, by option; of images and of points, the first is the default."""


def made_scores(scores: Scores) -> list[ScoreKind]:
    """Return the kinds of score that were made, in the order of tables."""
    return [kind for kind in SCORE_KINDS.values() if kind.value(scores) is not None]


def scores_text(scores: Scores) -> str:
    """Write all scores that were made on one line: `FID 14.30, IS 9.12 ± 0.05`."""
    return ", ".join(f"{kind.label} {kind.text(scores)}" for kind in made_scores(scores))
