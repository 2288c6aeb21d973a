"""Sums over blocks of counts: weights, errors, and sums of functions that are smooth on the scale of the count."""

from __future__ import annotations

import numpy as np
import pytest

from derive.runtime.counts import BLOCK_SIZES, COUNT_C, COUNT_W, COUNT_X, NODES, SHORT, block_error, block_rule


@pytest.mark.parametrize("length", [32, 64, 1024])
def test_a_block_sums_polynomials_exactly(length: int):
    nodes, weights, coarse = block_rule(length)
    y = np.arange(length) / length
    for degree in range(NODES):
        exact = np.sum(y**degree)
        assert np.sum(weights * (nodes / length) ** degree) == pytest.approx(exact, rel=1e-13)
        if degree <= NODES // 2:
            assert np.sum(coarse * (nodes / length) ** degree) == pytest.approx(exact, rel=1e-13)


def test_nodes_are_distinct_integers_and_weights_positive():
    assert len(COUNT_X) == BLOCK_SIZES
    for k, nodes in enumerate(COUNT_X):
        assert nodes[0] == 0 and nodes[-1] == 2 * SHORT * 2**k - 1
        assert np.all(np.diff(nodes) >= 1) and np.all(nodes == np.round(nodes))
    assert np.all(COUNT_W > 0) and np.all(COUNT_C[:, ::2] > 0) and np.all(COUNT_C[:, 1::2] == 0)


@pytest.mark.parametrize("start", [32, 128, 4096])
@pytest.mark.parametrize("law", [lambda y: 1 / (1 + y), lambda y: y**2.5, lambda y: np.exp(-(np.log(y / 900) ** 2))])
def test_the_error_of_a_block_is_bounded_by_its_estimate(start: int, law):
    nodes, weights, coarse = block_rule(start)
    exact = np.sum(law(start + np.arange(float(start))))
    values = law(start + nodes)
    fine, rough = np.sum(weights * values), np.sum(coarse * values)
    assert abs(fine - exact) <= block_error(fine, rough, abs(fine)) + 4e-15 * abs(exact)


def test_a_law_of_even_counts_is_seen():
    nodes, weights, coarse = block_rule(64)
    values = 1.0 * (nodes % 2 == 0)
    fine, rough = np.sum(weights * values), np.sum(coarse * values)
    assert block_error(fine, rough, abs(fine)) > 1e-3
