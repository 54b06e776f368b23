"""Neural architecture search for GAN topologies."""

__version__ = "0.1.0"
