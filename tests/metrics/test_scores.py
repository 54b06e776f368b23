"""The table of scores: it describes every score, and says how each is written."""

from __future__ import annotations

from dataclasses import fields

import pytest

from nas_gan.metrics.scores import METRICS, SCORE_KINDS, Scores, made_scores, scores_text

SCORES = Scores(
    images=10,
    protocol_fingerprint="p",
    inception_score=9.1234,
    inception_score_deviation=0.05,
    frechet_distance=12.0,
    mean_class_frechet_distance=15.0,
    class_frechet_distances=(14.0, 16.0),
    modes_covered=7,
)


def test_every_field_is_a_score_or_a_detail_of_one() -> None:
    described = set(SCORE_KINDS)
    for kind in SCORE_KINDS.values():
        described |= {name for name in (kind.deviation, kind.of_classes) if name}
    assert described == {field.name for field in fields(Scores)} - {"images", "protocol_fingerprint"}


def test_every_row_is_told_apart_and_says_how_to_read_it() -> None:
    kinds = SCORE_KINDS.values()
    for names in ([kind.option for kind in kinds], [kind.title for kind in kinds]):
        assert len(set(names)) == len(names)
    for kind in kinds:
        assert kind.sentence.endswith(".")
        assert len(kind.needs & {"pixels", "points"}) == 1


def test_what_a_search_can_be_after() -> None:
    directions = {option: kind.direction for option, kind in METRICS.items()}
    assert directions == {
        "fid": "minimize",
        "is": "maximize",
        "kid": "minimize",
        "class-fid": "minimize",
        "transport": "minimize",
        "modes": "maximize",
        "near": "maximize",
    }


def test_only_what_was_made_is_told() -> None:
    assert [kind.label for kind in made_scores(SCORES)] == ["FID", "IS", "class FID", "modes"]
    assert scores_text(SCORES) == "FID 12.00, IS 9.12 ± 0.05, class FID 15.00, modes 7"
    assert scores_text(Scores(images=10, protocol_fingerprint="p")) == ""
    missing = SCORE_KINDS["kernel_distance"]
    assert (missing.value(SCORES), missing.text(SCORES), missing.full_text(SCORES)) == (None, "–", "")
    assert (missing.deviation_of(SCORES), missing.classes_of(SCORES)) == (None, None)


def test_details_are_found() -> None:
    assert SCORE_KINDS["inception_score"].deviation_of(SCORES) == 0.05
    assert SCORE_KINDS["inception_score"].full_text(SCORES) == "9.1234 ± 0.0500"
    assert SCORE_KINDS["modes_covered"].full_text(SCORES) == "7"
    assert SCORE_KINDS["mean_class_frechet_distance"].classes_of(SCORES) == (14.0, 16.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (9.5678, "9.57"), (123.45, "123.5"), (12_345.6, "12346"), (-1.0, "-1.00")],
)
def test_scores_keep_what_can_be_told_apart(value: float | None, text: str) -> None:
    assert SCORE_KINDS["frechet_distance"].format(value) == text


def test_small_scores_have_more_decimals_and_counts_none() -> None:
    assert SCORE_KINDS["kernel_distance"].format(-0.00123) == "-0.0012"
    assert SCORE_KINDS["modes_covered"].format(250.0) == "250"
