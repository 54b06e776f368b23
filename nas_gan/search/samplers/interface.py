"""What a sampler is: it proposes the next point of a space, from all that was tried."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from nas_gan.search.samplers.local.domain import Draft
from nas_gan.search.samplers.local.moves import inherit
from nas_gan.search.samplers.observation import Observation
from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Image


class Sampler(ABC):
    """Propose points of a space. Subclass it for a way of your own.

    Every worker makes one, and asks it for each trial that it begins. All that there is to know it is told, so that it
    needs to keep nothing, and workers anywhere and restarts go on from the same history.
    """

    def __init__(self, space: Space, image: Image, seed: int) -> None:
        """`space`: what is searched, `image`: for what kind of images. `seed` differs from worker to worker."""
        self.space = space
        self.image = image
        self.seed = seed

    @abstractmethod
    def propose(self, history: Sequence[Observation]) -> Mapping[str, Scalar]:
        """Return the value of each hole of the next point, by name; `complete` fills in what is left out.

        `history` has the trials of all workers in the order in which they began; the scores in it are signed so that
        lower is better. A trial whose holes lack a value, or have one out of range, is rejected with the reason.
        """

    def complete(self, values: Mapping[str, Scalar], generator: random.Random) -> dict[str, Scalar]:
        """Return a point that has these values, as far as its holes can have them; any others are drawn evenly."""
        draft = Draft(inherit([values], lambda _, domain: domain.draw(generator)))
        self.space.fill(draft, self.image)
        return draft.values
