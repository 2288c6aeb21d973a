"""Evaluation and certification in mpmath."""
