"""What earlier studies teach a new one: how often each value of a hole belonged to a good trial."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.storages import RDBStorage

from nas_gan.errors import InputError
from nas_gan.search.definition import load_study
from nas_gan.search.samplers.history_sampler import observe
from nas_gan.search.samplers.local import LocalSettings, Prior, learn_prior


def learn_from(storage: RDBStorage, names: Sequence[str]) -> Prior:
    """Learn from the scored trials of studies of one database, each ranked within its own study.

    Their spaces, data and metrics may be others: what counts is the name of a hole and its values. Raises InputError
    for a study that isn't there or has no scored trial.
    """
    histories = []
    for name in names:
        try:
            study = load_study(storage, name)
        except InputError as error:
            raise InputError(error.problem, setting="learn_from") from None
        history = [observe(trial, study.direction) for trial in study.get_trials(deepcopy=False)]
        if not any(observation.scores for observation in history):
            raise InputError(f"{name}: has no scored trial to learn from", setting="learn_from")
        histories.append(history)
    return learn_prior(histories, LocalSettings().good_share)
