"""The verbs of the Python API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from derive import api


@pytest.fixture
def model():
    return api.load_model("perceptron_storage_spherical")


def test_checks_of_one_derivation_do_not_leak_into_the_next(model):
    first = api.derive(model)
    first.trace.steps.clear()
    second = api.derive(model)
    assert second.trace.steps and all(step.check is None for step in second.trace.steps)


def test_a_remembered_derivation_belongs_to_the_model_asked_for(model):
    first = api.derive(model)
    assert api.derive(model).saddle is first.saddle
    renamed = replace(model, title="Another title, the same hash")
    assert renamed.hash == model.hash
    assert api.derive(renamed).model.title == "Another title, the same hash"
    assert api.derive(model).model.title == model.title
