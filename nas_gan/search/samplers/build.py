"""What proposes architectures."""

from __future__ import annotations

import warnings

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from nas_gan.search.plugins import is_own
from nas_gan.search.samplers.history_sampler import HistorySampler, Places
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.samplers.local import LocalSearch, Prior
from nas_gan.search.samplers.own import OwnSampler
from nas_gan.search.samplers.redrawn_sampler import RedrawnSampler
from nas_gan.space import Space
from nas_gan.spec import Image

NO_LIMITS = Limits()


def build_sampler(
    kind: str,
    seed: int,
    space: Space,
    image: Image,
    limits: Limits = NO_LIMITS,
    prior: Prior | None = None,
    places: Places | None = None,
) -> BaseSampler:
    """Make a sampler for the points of a space that keep to the limits, as far as it finds any.

    TPE (Bergstra et al. 2011) models holes jointly, and conditional ones with the choice that they hang on. `rnn` is
    the recurrent controller of Zoph & Le (2016). `local` is a local search around the best points so far,
    which leans to `prior`. `module:Class` is a `Sampler` of the user's, and keeps to the limits or has trials rejected.
    `places`: where trials stand at each rung, for a study that is after several metrics at once. Raises InputError
    where there is no such class.
    """
    if is_own(kind):
        return HistorySampler(OwnSampler(kind, space, image, seed).propose, places)
    if kind == "local":
        return HistorySampler(
            LocalSearch(space, image, seed, admit=limits.admit, prior=prior).propose, places
        )
    sampler = _build_hole_by_hole(kind, seed)
    return sampler if limits == NO_LIMITS else RedrawnSampler(sampler, space, image, limits)


def _build_hole_by_hole(kind: str, seed: int) -> BaseSampler:
    match kind:
        case "tpe":
            with warnings.catch_warnings():
                # `group` has been experimental since 2021, and conditional spaces need it.
                warnings.simplefilter("ignore", ExperimentalWarning)
                return TPESampler(multivariate=True, group=True, seed=seed)
        case "random":
            return RandomSampler(seed=seed)
        case "rnn":
            from nas_gan.search.samplers.recurrent_sampler import RecurrentSampler

            return RecurrentSampler(seed)
        case _:
            raise ValueError(f"no sampler is called {kind!r}")
