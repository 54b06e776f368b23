"""What proposes architectures and prunes trials: samplers, the recurrent controller, rungs."""
