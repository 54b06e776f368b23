"""Who trains which trial: claims, signs of life, the objective, and processes on one machine or on Ray."""
