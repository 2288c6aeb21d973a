"""The replica calculus: nodes, piecewise splitting, Gaussian integrals, partition functions, labels."""
