"""Can several early signals together tell the end better than one? A linear model, judged on runs held out of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas_gan.table.row import Row
from nas_gan.table.signals import SIGNALS

FOLDS = 10
RIDGE = 1.0
"""Penalty on the squares of the coefficients of standardised signals, as if by one more observation each."""

MODEL_SIGNALS = ("fid", "is", "kid", "slope", "generator-loss", "output-gap", "similarity", "multiply-adds")

Floats = NDArray[np.float64]


def read_features(rows: Sequence[Row], place: int) -> Floats:
    """Return `MODEL_SIGNALS` of rows at the place of a rung: [rows, signals], positive ones as logarithms, missing
    ones 0.
    """
    columns = []
    for name in MODEL_SIGNALS:
        column = np.array([SIGNALS[name](row, place) for row in rows])
        column = np.nan_to_num(column, nan=0.0)
        columns.append(np.log(column) if (column > 0).all() else column)
    return np.stack(columns, axis=1)


def predict_held_out(features: Floats, target: Floats, seed: int = 0) -> Floats:
    """Return a prediction for each row by a ridge regression on the other folds' rows: [rows]."""
    order = np.random.default_rng(seed).permutation(len(target))
    predicted = np.empty(len(target))
    for fold in np.array_split(order, min(FOLDS, len(target))):
        fitted = np.setdiff1d(order, fold)
        predicted[fold] = _fit(features[fitted], target[fitted], features[fold])
    return predicted


def _fit(features: Floats, target: Floats, asked: Floats) -> Floats:
    mean, deviation = features.mean(0), features.std(0)
    deviation[deviation == 0] = 1.0
    known, wanted = (features - mean) / deviation, (asked - mean) / deviation
    gram = known.T @ known + RIDGE * np.eye(known.shape[1])
    weights = np.linalg.solve(gram, known.T @ (target - target.mean()))
    answer: Floats = target.mean() + wanted @ weights
    return answer
