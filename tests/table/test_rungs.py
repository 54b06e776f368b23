from __future__ import annotations

from nas_gan.metrics.scores import Scores
from nas_gan.runs.record import RungRecord
from nas_gan.table import Rung
from nas_gan.table.rungs import make_rungs

FACTS = ("discriminator_loss", "generator_loss", "real_output", "generated_output")
NORMS = ("discriminator_gradient_norm", "generator_gradient_norm")


def make(images: tuple[int, ...], points: tuple[tuple[int, int, float], ...]) -> tuple[Rung, ...]:
    """Rungs after so many images; points are images seen, updates, and one number for all facts."""
    scores = Scores(
        images=1,
        protocol_fingerprint="",
        inception_score=1.0,
        frechet_distance=2.0,
        kernel_distance=3.0,
    )
    scored = [
        RungRecord(images_seen=seen, scores=scores, training_seconds=1.0, scoring_seconds=2.0)
        for seen in images
    ]
    curve = [
        {"images_seen": seen, "updates": updates, **dict.fromkeys(FACTS + NORMS, value)}
        for seen, updates, value in points
    ]
    return make_rungs(scored, curve, [4.0, 5.0], [])


def test_each_rung_has_the_windows_since_the_one_before() -> None:
    first, second = make(
        (100, 300), ((80, 5, 1.0), (112, 2, 8.0), (192, 5, 3.0), (272, 5, 5.0), (304, 2, 7.0))
    )
    assert (first.window.generator_loss, first.since.generator_loss) == (8.0, (5 * 1.0 + 2 * 8.0) / 7)
    assert (second.window.real_output, second.since.real_output) == (7.0, (5 * 3.0 + 5 * 5.0 + 2 * 7.0) / 12)
    assert (first.cpu_seconds, second.cpu_seconds) == (4.0, 5.0)
    assert first.class_frechet_distance is None


def test_two_rungs_that_one_update_reaches_share_its_window() -> None:
    first, second = make((32, 64), ((64, 1, 2.0),))
    assert first.window == second.window == second.since
