"""Adversarial objectives, one small object each, and what is added to them.

An objective turns the discriminator's scores into the two losses. What looks at more than the scores (a
penalty on gradients, a classifier's verdict) is a separate term that the update adds, so that each can be
read and checked alone.
"""

from __future__ import annotations

from nas_gan.losses.adversarial import AdversarialLoss, Hinge, NonSaturating, build_loss
from nas_gan.losses.classification import auxiliary_classification

__all__ = ["AdversarialLoss", "Hinge", "NonSaturating", "auxiliary_classification", "build_loss"]
