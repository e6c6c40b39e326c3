"""Movement of the distributions of a layer's outputs in a few steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd
from bnlab.probes.activations import ActivationInputs
from bnlab.training.probe import StepProbe, probe_rows
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

STEPS = 10
PROJECTIONS = 100
COLUMNS = [
    "layer",
    "units",
    "units_in_spreads",
    "sliced",
    "sliced_in_spreads",
    "distance_from_normal",
]


class OutputShift(StepProbe):
    """Earth mover's distance between the outputs of each layer now and ten steps of training later.

    Outputs are activation inputs (``ActivationInputs``, the same rows both times). ``units`` is the distance
    W₁ of each unit's values, averaged over units; ``sliced`` that of the layer's vectors along random unit vectors,
    averaged over these. ``…_in_spreads`` divides each by the standard deviation of its values at both times together,
    since a normalizer fixes the scale; a constant has none. The steps use the same rows at every measurement, and
    training goes on without them. ``distance_from_normal`` is that of the outputs now from mean 0 and standard
    deviation 1: the root mean square over units of √(mean² + (deviation − 1)²).

    References: Huang & Yu 2020, arXiv 2001.02814 (the distance); Rabin, Peyré, Delon & Bernot 2011 (sliced).
    """

    def __init__(self, run: Run):
        super().__init__(run)
        self.inputs, self.rows = ActivationInputs(run), probe_rows(run, STEPS).numpy()
        rng = np.random.default_rng(0)
        units = {block.units for block in run.network.blocks}
        self.directions = {width: unit_vectors(rng, width, PROJECTIONS) for width in units}

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        before = self.inputs(parameters, state)
        rate = self.run.settings.learning_rate
        moved, later, *_ = self.run.trainer.advance_few(
            parameters, state, self.rows, rate, 0, STEPS
        )
        after = self.inputs(moved, later)
        numbers = []
        for first, second in zip(before, after, strict=True):
            along = self.directions[first.shape[1]]
            shifts = [*distances(first, second), *distances(first @ along, second @ along)]
            numbers.append([*shifts, from_normal(first)])
        return _table(np.array(numbers))

    def nothing(self) -> pd.DataFrame:
        return _table(np.full((len(self.run.network.blocks), 5), np.nan))


def unit_vectors(rng: np.random.Generator, size: int, number: int) -> np.ndarray:
    """Return random unit vectors, uniform in direction, (size, number)."""
    drawn = rng.normal(size=(size, number))
    return (drawn / np.linalg.norm(drawn, axis=0)).astype(np.float32)


def distances(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return the mean over columns of W₁ between (rows, columns), and of W₁ over the column's standard deviation.

    For two samples of one size, W₁ is the mean distance of their sorted values.
    """
    moved = np.abs(np.sort(first, axis=0) - np.sort(second, axis=0)).mean(axis=0)
    spread = np.concatenate([first, second]).std(axis=0)
    moves = spread > 0
    return float(moved.mean()), float(
        np.mean(moved[moves] / spread[moves])
    ) if moves.any() else np.nan


def from_normal(values: np.ndarray) -> float:
    """Return the root mean square over columns of the distance of (mean, deviation) from (0, 1)."""
    off = np.hypot(values.mean(axis=0), values.std(axis=0) - 1)
    return float(np.sqrt(np.mean(off**2)))


def _table(numbers: np.ndarray) -> pd.DataFrame:
    layers = np.arange(1, len(numbers) + 1, dtype=np.int16)
    columns = dict(zip(COLUMNS[1:], numbers.T.astype(np.float32), strict=True))
    return pd.DataFrame({"layer": layers, **columns})
