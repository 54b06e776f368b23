"""Local search over a space's holes, on plain data: what is proposed next, given what was tried."""

from nas_gan.search.samplers.local.history import compute_standings
from nas_gan.search.samplers.local.proposer import LocalSearch
from nas_gan.search.samplers.local.settings import LocalSettings
from nas_gan.search.samplers.local.weights import Prior, learn_prior
from nas_gan.search.samplers.observation import Observation

__all__ = ["LocalSearch", "LocalSettings", "Observation", "Prior", "compute_standings", "learn_prior"]
