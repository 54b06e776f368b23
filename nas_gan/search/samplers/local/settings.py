"""The numbers of the local search, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class LocalSettings:
    """How much of what is proposed. "Judgement" marks a number that nothing published or measured fixes.

    first_random: proposals are random until so many results are there, or one of a start; judgement.
    parents: a parent is one of the so many best, by linear ranking (Whitley 1989), the best being the likeliest;
        local search around several good points rather than one, since scores are noisy; judgement.
    good_share: the share of results that counts as good: no parent is from outside it, and `prior` proposals lean
        to its values. A third is what successive halving lets go on (Li et al. 2020, arXiv:1810.05934).
    random_share, prior_share: proposals that are drawn anew, uniformly, or leaning to the values of good trials, so
        that no value is ever given up; judgement. NePS' PriorBand for conditional spaces gives random proposals half at
        the lowest rung and a tenth at the highest of three, and the prior a tenth of the rest.
    most_cost: a proposal has at most so many times the median multiply-adds of the trials so far, so that a search of
        minutes isn't spent on a few large networks; sizes may still grow from parent to child; judgement.
    crossover_share: of the others, those that take a subtree from a second parent; by hand, what led furthest was to
        join changes that had been good each alone; judgement.
    tail_exponent: of the power law by which holes are changed, 1 to half of them (Doerr et al. 2017,
        arXiv:1703.03334, who propose 1.5 for many more
        trials): mostly few, sometimes many.
    scale_share: how likely each number of a logarithmic scale, such as a learning rate, is to change as well. On the
        table of real GANs the generator's rate alone explains half of the variance of log FID, and it is one hole of
        some fifty; from hand-made starts the rate was what led to the good region at once.
    near_share: of changes of a number, those to a value close by; the others are to any other value.
    near_deviation: of such a step, as a share of the range (SMAC's neighbours: Hutter et al. 2011, section 4.3).
    tries: proposals are drawn again so often at most, where they are repeats or not admitted.
    forest_from: a forest chooses among `candidates` as soon as there are so many results, with `trees` trees (SMAC
        uses 10; more cost little here). Fewer than about 15 results teach it nothing; judgement.
    cost_exponent: the expected improvement is divided by multiply-adds to this power; 0 ignores them, 1 is expected
        improvement per second (Snoek et al. 2012, arXiv:1206.2944), which prefers tiny networks; judgement.
    """

    first_random: int = 3
    parents: int = 6
    good_share: float = 1 / 3
    random_share: float = 0.03
    prior_share: float = 0.03
    most_cost: float = 5.0
    crossover_share: float = 0.3
    tail_exponent: float = 2.0
    scale_share: float = 0.4
    near_share: float = 0.5
    near_deviation: float = 0.2
    tries: int = 64
    forest_from: int = 15
    candidates: int = 64
    trees: int = 50
    cost_exponent: float = 0.5
