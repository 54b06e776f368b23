"""The table of real GANs: architectures trained to their end, with all scores on the way. Searches are tried on it."""

from nas_gan.table.pack import load_table
from nas_gan.table.row import Curve, Made, Row, Rung, SmallScores

__all__ = ["Curve", "Made", "Row", "Rung", "SmallScores", "load_table"]
