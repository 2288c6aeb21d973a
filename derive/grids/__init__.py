"""Grids of one branch: chunks of neighbours, followed by a compiled loop."""
