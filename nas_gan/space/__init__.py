"""Search spaces: architectures with holes, read from files, checked, counted and filled."""

from nas_gan.space.holes import HoleSummary
from nas_gan.space.load import BASELINES, REFERENCE, bundled_spaces, load_space, sample
from nas_gan.space.locate import NotAPoint, Point
from nas_gan.space.schema import schema
from nas_gan.space.space import FileSpace, Space, SpaceSize
from nas_gan.space.starts import Start
from nas_gan.space.suggest import FixedSuggest, RandomSuggest, Suggest

__all__ = [
    "BASELINES",
    "REFERENCE",
    "FileSpace",
    "FixedSuggest",
    "HoleSummary",
    "NotAPoint",
    "Point",
    "RandomSuggest",
    "Space",
    "SpaceSize",
    "Start",
    "Suggest",
    "bundled_spaces",
    "load_space",
    "sample",
    "schema",
]
