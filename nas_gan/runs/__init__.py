"""One run: an architecture trained, scored, recorded, and continued from its checkpoints."""
