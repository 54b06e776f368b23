"""Programs that follow runs: one interface, and a file for each program."""
