"""Properties of a normalizer, each a function of a layer on inputs of one kind.

A change is max |a − b| / max(|a|, |b|), over all values of two arrays a and b. Computed in float64 unless said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bnlab.card import cost, divisor, signal
from bnlab.card.subject import Subject, state, weights_like
from bnlab.same import OFFSET, difference, rounded
from bnlab.study.card import Unit, Value
from bnlab.study.options import options

FACTOR = 10.0
SMALL = 1e-4
MOMENTA = ("momentum", "decay_rate", "decay")
"""Names of an option that moves averages."""
TRIED = 0.75
TOLERANCE = 1e-6
"""Largest relative difference of numbers that are one number."""


class Measure(NamedTuple):
    """A property: its heading, words and unit, and the function that measures it."""

    under: str
    title: str
    unit: Unit
    function: Callable[[Subject], Value]

    @property
    def key(self) -> str:
        return self.function.__name__

    @property
    def formula(self) -> str:
        """The docstring of the function."""
        return " ".join((self.function.__doc__ or "").split())


# --- invariance -------------------------------------------------------------------------------


def scale_of_inputs(layer: Subject) -> Value:
    """Change of N(10·u) from N(u)."""
    return _change(layer, lambda u: FACTOR * u)


def scale_of_rows(layer: Subject) -> Value:
    """Change of N(a·u) from N(u), with a factor a from 0.5 to 2 for each row."""
    return _change(layer, lambda u: _factors(u, 0) * u)


def scale_of_features(layer: Subject) -> Value:
    """Change of N(a·u) from N(u), with a factor a from 0.5 to 2 for each feature."""
    return _change(layer, lambda u: _factors(u, -1) * u)


def shift_of_inputs(layer: Subject) -> Value:
    """Change of N(u + 10) from N(u)."""
    return _change(layer, lambda u: u + FACTOR)


def shift_of_rows(layer: Subject) -> Value:
    """Change of N(u + 10·a) from N(u), with a number a from 0.5 to 2 for each row."""
    return _change(layer, lambda u: u + FACTOR * _factors(u, 0))


def shift_of_features(layer: Subject) -> Value:
    """Change of N(u + 10·a) from N(u), with a number a from 0.5 to 2 for each feature."""
    return _change(layer, lambda u: u + FACTOR * _factors(u, -1))


def scale_of_kernel(layer: Subject) -> Value:
    """Change of N(x·10W) from N(x·W)."""
    return _weight_change(layer, lambda w: FACTOR * w)


def scale_of_units(layer: Subject) -> Value:
    """Change of N(x·(aW)) from N(x·W), with a factor a from 0.5 to 2 for the weights of each unit."""
    return _weight_change(layer, lambda w: _factors(w, -1) * w)


def shift_of_kernel(layer: Subject) -> Value:
    """Change of N(x·(W + 1)) from N(x·W), the same number added to each weight."""
    return _weight_change(layer, lambda w: w + 1)


# --- influence --------------------------------------------------------------------------------


def rows_in_training(layer: Subject) -> Value:
    """Largest change of N(u) in other rows by a change of one row, over the largest in this row, in training."""
    return _influence(layer, 0, True)


def rows_at_inference(layer: Subject) -> Value:
    """Largest change of N(u) in other rows by a change of one row, over the largest in this row, at inference."""
    return _influence(layer, 0, False)


def positions(layer: Subject) -> Value:
    """Largest change of N(u) at other positions by a change of one position of all rows, over the largest there."""
    return _influence(layer, 1, True) if len(layer.shape) > 2 else None


def features(layer: Subject) -> Value:
    """Largest change of N(u) in other features by a change of one feature of all rows, over the largest in it."""
    return _influence(layer, -1, True)


# --- training and inference -------------------------------------------------------------------


def inference_at_start(layer: Subject) -> Value:
    """Change of N(u) at inference from N(u) in training, before any step."""
    u = layer.inputs()
    return difference(layer.normal(u, False), layer.normal(u))


def inference_after_one_step(layer: Subject) -> Value:
    """Change of N(u) at inference from N(u) in training, after one step on this batch; 0 where starts do not count."""
    u = layer.inputs()
    return difference(layer.inference(u, layer.states(u, 1)[1]), layer.normal(u))


def inference_when_settled(layer: Subject) -> Value:
    """Change of N(u) at inference from N(u) in training, when averages have settled on this batch.

    An average that moves by new = ρ·old + (1 − ρ)·value settles at s₀ − (s₁ − s₀)²/(s₂ − 2s₁ + s₀).
    """
    u = layer.inputs()
    settled = [_settled(*values) for values in zip(*layer.states(u, 2), strict=True)]
    return difference(layer.inference(u, settled), layer.normal(u))


def momentum(layer: Subject) -> Value:
    """Share of an average that a step keeps: ρ = ∂s₂/∂s₁, s₁ after a step and s₂ after another one, on other rows.

    What a layer computes from other state, such as an average with a corrected start, has 0 and does not count.
    """
    first, other = layer.states(layer.inputs(), 1)[1], layer.inputs(seed=4)
    plain, shares = layer.after(other, first), []
    for number, value in enumerate(first):
        moved = [value + (i == number) for i, value in enumerate(first)]
        shares += [*np.ravel(layer.after(other, moved)[number] - plain[number])]
    kept = [share for share in shares if TOLERANCE < abs(share) < 1 - TOLERANCE]  # 1 is a count
    if not kept:
        return None
    return float(np.mean(kept)) if np.ptp(kept) < TOLERANCE else "varies"


def share_by_option(layer: Subject) -> Value:
    """Share of an average that a step keeps where the option momentum, or decay_rate, is 0.75: 0.75, or else 0.25."""
    known = options(type(layer.built())).model_fields  # type: ignore[arg-type]
    name = next((name for name in MOMENTA if name in known), None)
    if name is None:
        return None
    changed = {**layer.side.options, name: TRIED}
    return momentum(layer._replace(side=layer.side._replace(options=changed)))


def average_of_variance(layer: Subject) -> Value:
    """Average of variances of two values, 0 and 4, over their biased variance: 1, or 2 where it is unbiased."""
    if not state(layer.built()):
        return None
    u = np.zeros((2, *[1] * (len(layer.shape) - 2), layer.shape[-1]))
    u[1] = 4.0
    for values in zip(*layer.states(u, 2), strict=True):
        share = _settled(*values) / 4  # of a mean 1/2
        for expected in (1.0, 2.0):
            if share.size == layer.shape[-1] and np.allclose(share, expected):
                return expected
    return None


# --- degenerate inputs ------------------------------------------------------------------------


def output_of_one_row(layer: Subject) -> Value:
    """Largest |N(u)| of a batch of one row, in training."""
    return _largest(layer, layer.inputs(rows=1))


def gradient_of_one_row(layer: Subject) -> Value:
    """‖∂Σ w·N(u)/∂u‖ / ‖w‖ of a batch of one row, w ~ Normal(0, 1), in training."""
    return _gain(layer, layer.inputs(rows=1))


def output_of_constant_rows(layer: Subject) -> Value:
    """Largest |N(u)| where all values of a row are equal, and rows differ."""
    return _largest(layer, constant_rows(layer))


def gradient_of_constant_rows(layer: Subject) -> Value:
    """‖∂Σ w·N(u)/∂u‖ / ‖w‖ where all values of a row are equal, and rows differ; w ~ Normal(0, 1)."""
    return _gain(layer, constant_rows(layer))


def output_of_constant_features(layer: Subject) -> Value:
    """Largest |N(u)| where all values of a feature are equal, and features differ."""
    return _largest(layer, constant_features(layer))


def gradient_of_constant_features(layer: Subject) -> Value:
    """‖∂Σ w·N(u)/∂u‖ / ‖w‖ where all values of a feature are equal, and features differ; w ~ Normal(0, 1)."""
    return _gain(layer, constant_features(layer))


def output_of_zeros(layer: Subject) -> Value:
    """Largest |N(0)|."""
    return _largest(layer, np.zeros(layer.shape))


def gradient_of_zeros(layer: Subject) -> Value:
    """‖∂Σ w·N(u)/∂u‖ / ‖w‖ at u = 0, w ~ Normal(0, 1)."""
    return _gain(layer, np.zeros(layer.shape))


def size_of_small_inputs(layer: Subject) -> Value:
    """Root mean square of N(u) in float32, u ~ Normal(0, 10⁻⁴)."""
    return _size(layer, (layer.inputs() - 0.5) / 2 * SMALL)


# --- precision --------------------------------------------------------------------------------


def error_in_float32(layer: Subject) -> Value:
    """Change of N(u) in float32 from N of the same numbers in float64."""
    return _error(layer, "float32", layer.inputs())


def error_at_large_offset(layer: Subject) -> Value:
    """Change of N(u) in float32 from N of the same numbers in float64, u ~ Normal(10,000, 1)."""
    return _error(layer, "float32", (layer.inputs() - 0.5) / 2 + OFFSET)


def size_at_large_offset(layer: Subject) -> Value:
    """Root mean square of N(u) in float32, u ~ Normal(10,000, 1)."""
    return _size(layer, (layer.inputs() - 0.5) / 2 + OFFSET)


def error_in_float16(layer: Subject) -> Value:
    """Change of N(u) in float16 from N of the same numbers in float64."""
    return _error(layer, "float16", layer.inputs())


def error_in_bfloat16(layer: Subject) -> Value:
    """Change of N(u) in bfloat16 from N of the same numbers in float64."""
    return _error(layer, "bfloat16", layer.inputs())


def constant_rows(layer: Subject) -> np.ndarray:
    """Return u whose rows are constant."""
    return np.ones(layer.shape) * _factors(np.empty(layer.shape), 0)


def constant_features(layer: Subject) -> np.ndarray:
    """Return u whose features are constant."""
    return np.ones(layer.shape) * _factors(np.empty(layer.shape), -1)


def _change(layer: Subject, changed: Callable[[np.ndarray], np.ndarray]) -> float:
    u = layer.inputs()
    return difference(layer.normal(changed(u)), layer.normal(u))


def _weight_change(layer: Subject, changed: Callable[[np.ndarray], np.ndarray]) -> float:
    width = layer.shape[-1]
    x, kernel = layer.inputs(), np.random.default_rng(4).normal(0, width**-0.5, (width, width))
    return difference(layer.normal(x @ changed(kernel)), layer.normal(x @ kernel))


def _influence(layer: Subject, axis: int, training: bool) -> float:
    """Return the largest change elsewhere by a change of index 0 of an axis, over the largest change there."""
    u = layer.inputs()
    moved = np.moveaxis(u.copy(), axis, 0)
    moved[0] += np.random.default_rng(5).normal(size=moved[0].shape)
    effect = layer.normal(np.moveaxis(moved, 0, axis), training) - layer.normal(u, training)
    sizes = np.abs(np.moveaxis(effect, axis, 0))
    own, other = sizes[0].max(), sizes[1:].max()
    return float(other / own) if own else float(other)


def _factors(like: np.ndarray, axis: int) -> np.ndarray:
    """Return numbers from 0.5 to 2, one for each index of an axis."""
    shape = [1] * like.ndim
    shape[axis] = like.shape[axis]
    return np.random.default_rng(6).uniform(0.5, 2, shape)


def _settled(zero: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    bend = two - 2 * one + zero
    return np.where(bend == 0, two, zero - (one - zero) ** 2 / np.where(bend == 0, 1, bend))


def _largest(layer: Subject, u: np.ndarray) -> float:
    return float(np.abs(layer.normal(u)).max())


def _size(layer: Subject, u: np.ndarray) -> float:
    """Return the root mean square of N(u) in float32."""
    return float(np.sqrt(np.mean(np.square(layer.normal(u, dtype="float32")))))


def _gain(layer: Subject, u: np.ndarray) -> float:
    gradient = layer.response(u).gradient
    return float(np.linalg.norm(gradient) / np.linalg.norm(weights_like(u)))


def _error(layer: Subject, dtype: str, u: np.ndarray) -> float:
    u = rounded(u, dtype)
    return difference(layer.normal(u, dtype=dtype), layer.normal(u))


INVARIANCE, INFLUENCE = "Invariance to", "Influence of"
STATE, DEGENERATE = "Training and inference", "Degenerate inputs"
PRECISION, DEPTH, COST = "Precision", "Depth", "Cost"
MEASURES = (
    Measure(INVARIANCE, "scale of all inputs", "change", scale_of_inputs),
    Measure(INVARIANCE, "scale of each row", "change", scale_of_rows),
    Measure(INVARIANCE, "scale of each feature", "change", scale_of_features),
    Measure(INVARIANCE, "shift of all inputs", "change", shift_of_inputs),
    Measure(INVARIANCE, "shift of each row", "change", shift_of_rows),
    Measure(INVARIANCE, "shift of each feature", "change", shift_of_features),
    Measure(INVARIANCE, "scale of all weights", "change", scale_of_kernel),
    Measure(INVARIANCE, "scale of each unit's weights", "change", scale_of_units),
    Measure(INVARIANCE, "shift of all weights", "change", shift_of_kernel),
    Measure(INFLUENCE, "rows on one another, in training", "influence", rows_in_training),
    Measure(INFLUENCE, "rows on one another, at inference", "influence", rows_at_inference),
    Measure(INFLUENCE, "positions of a row on one another", "influence", positions),
    Measure(INFLUENCE, "features on one another", "influence", features),
    Measure(STATE, "inference as in training, at the start", "change", inference_at_start),
    Measure(STATE, "inference as in training, after one step", "change", inference_after_one_step),
    Measure(STATE, "inference as in training, averages settled", "change", inference_when_settled),
    Measure(STATE, "momentum: share of an average that a step keeps", "number", momentum),
    Measure(STATE, "this share, with the option momentum at 0.75", "number", share_by_option),
    Measure(STATE, "average of variances, over the biased variance", "number", average_of_variance),
    Measure(DEGENERATE, "ε", "number", divisor.epsilon),
    Measure(
        DEGENERATE, "variance of a batch, over the biased variance", "number", divisor.variance
    ),
    Measure(DEGENERATE, "one row: largest output", "number", output_of_one_row),
    Measure(DEGENERATE, "one row: gradient", "number", gradient_of_one_row),
    Measure(DEGENERATE, "constant rows: largest output", "number", output_of_constant_rows),
    Measure(DEGENERATE, "constant rows: gradient", "number", gradient_of_constant_rows),
    Measure(DEGENERATE, "constant features: largest output", "number", output_of_constant_features),
    Measure(DEGENERATE, "constant features: gradient", "number", gradient_of_constant_features),
    Measure(DEGENERATE, "zeros: largest output", "number", output_of_zeros),
    Measure(DEGENERATE, "zeros: gradient", "number", gradient_of_zeros),
    Measure(DEGENERATE, "inputs of 10⁻⁴: size of outputs", "number", size_of_small_inputs),
    Measure(PRECISION, "error in float32", "number", error_in_float32),
    Measure(PRECISION, "error in float32, inputs of mean 10,000", "number", error_at_large_offset),
    Measure(PRECISION, "size of outputs, inputs of mean 10,000", "number", size_at_large_offset),
    Measure(PRECISION, "error in float16", "number", error_in_float16),
    Measure(PRECISION, "error in bfloat16", "number", error_in_bfloat16),
    Measure(DEPTH, "growth of gradients from layer to layer", "number", signal.growth),
    Measure(DEPTH, "cosine of two rows after 20 layers", "number", signal.cosine),
    Measure(COST, "trained numbers for each feature", "number", cost.parameters),
    Measure(COST, "numbers of state for each feature", "number", cost.state),
    Measure(COST, "memory kept for the gradient, over that of u", "number", cost.kept),
    Measure(COST, "processor time of a step, in µs", "number", cost.microseconds),
)
"""Properties, in the order of the card."""
