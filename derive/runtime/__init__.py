"""What generated solvers need: numpy, scipy and numba only."""
