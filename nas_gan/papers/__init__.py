"""A paper's experiment as a recipe: planned, run, and set beside the published figures."""
