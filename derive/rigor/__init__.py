"""Proofs in ball arithmetic: enclosures of averages, roots that exist, thresholds with a radius.

Everything here needs python-flint (the extra `rigor`); `flint` refuses with a sentence where it is missing.
"""
