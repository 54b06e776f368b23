"""Studies: what proposes architectures, trains, prunes and records them. The only user of Optuna."""
