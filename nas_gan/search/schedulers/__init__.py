"""What goes on at a rung: schedulers, which answer continue, pause or stop from all scores of the rung."""
