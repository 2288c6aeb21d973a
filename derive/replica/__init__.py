"""The stages from a model to its saddle-point equations."""
