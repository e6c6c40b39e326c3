"""Inputs that break a normalizer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bnlab.card.properties import constant_features, constant_rows
from bnlab.card.subject import Subject
from bnlab.lazy import tf
from bnlab.networks import trial
from bnlab.study.messages import failure

STEPS = 20
SLOWING = 0.99999
"""Most of a move of an average that is left after half of ``STEPS``."""


def check(layer: Subject) -> None:
    """Run one batch in training and at inference.

    Raises:
        ValueError: it changes the shape of u, or has no gradient. A layer may raise other errors of its own.
    """
    normalizer = layer.built()
    trial.watch(normalizer)
    for training in (True, False):
        normalizer.normalize(tf.constant(layer.inputs()), training)


def inputs(layer: Subject) -> dict[str, np.ndarray]:
    """Return inputs that a layer should map to finite numbers, by their name in a sentence."""
    return {
        "ordinary inputs": layer.inputs(),
        "a batch of one row": layer.inputs(rows=1),
        "rows that are constant": constant_rows(layer),
        "features that are constant": constant_features(layer),
        "zeros": np.zeros(layer.shape),
    }


def breaks(layer: Subject, kind: str) -> Iterator[str]:
    """Yield the end of a sentence for each input with an error, or without a finite output or gradient.

    One for each state that grows follows.
    """
    for name, u in inputs(layer).items():
        try:
            response = layer.response(u)
            values = {"N(u)": response.y, "its gradient": response.gradient}
            values["N(u) at inference"] = layer.normal(u, False)
        except Exception as error:
            yield f"breaks on {name} ({kind}): {_error(layer, error)}"
            continue
        if wrong := [what for what, value in values.items() if not np.isfinite(value).all()]:
            yield f"breaks on {name} ({kind}): {wrong[0]} is not finite"
    yield from _growing(layer, kind)


def _growing(layer: Subject, kind: str) -> Iterator[str]:
    names = [v.name for v in layer.built().variables if not v.trainable]
    for name, *values in zip(names, *layer.states(layer.inputs(), STEPS), strict=True):
        half, last = values[STEPS // 2], values[-1]
        early, late = np.abs(half - values[0]).max(), np.abs(last - half).max()
        is_count = np.array_equal(last - values[-2], np.ones_like(last))
        if not np.isfinite(last).all() or (late > SLOWING * early and late > 0 and not is_count):
            yield (
                f"breaks after {STEPS} steps on one batch ({kind}): its state {name.removeprefix('layer_')} grows "
                f"from {_size(values[0])} to {_size(last)}"
            )


def _error(layer: Subject, error: Exception) -> str:
    reference = layer.side.reference
    text = failure(reference.path, reference.file, error)
    return text.removeprefix(f"{reference.path} cannot be used: ").rstrip(".")


def _size(values: np.ndarray) -> str:
    return f"{np.abs(values).max():.3g}"
