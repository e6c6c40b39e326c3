"""Measurements taken during training, as arrays in and tidy tables out."""

from __future__ import annotations

import numpy as np
import pandas as pd

PERCENTILES = (15, 50, 85)
LEVELS = (0.8, 0.9, 0.95)
"""Accuracies whose first step is recorded."""
COLUMNS = {"quantity": "object", "unit": "int16", "percentile": "int8", "value": "float32"}


def first_step_reaching(history: pd.DataFrame, level: float, split: str) -> pd.Series:
    """The first evaluated step of each replicate with at least this accuracy on ``split``.

    Args:
        history: columns replicate, step, split, statistics, accuracy. On the training split every
            row counts, on the others those under moving statistics, the ones followed in training.
        level: accuracy between 0 and 1.
        split: train, validation or test.

    Returns:
        A series of floats with one entry per replicate (its index, sorted); NaN where the level is
        never reached.
    """
    followed = (history["split"] == split) & (
        (history["split"] == "train") | (history["statistics"] == "moving")
    )
    reached = history[followed & (history["accuracy"] >= level)]
    replicates = pd.Index(sorted(history["replicate"].unique()), name="replicate")
    return reached.groupby("replicate")["step"].min().reindex(replicates).astype(float)


def first_steps(history: pd.DataFrame) -> dict[str, dict[str, list[int | None]]]:
    """First steps by split and level (``LEVELS``) for each replicate, None where never reached."""
    return {
        split: {
            str(level): [
                None if np.isnan(step) else int(step)
                for step in first_step_reaching(history, level, split)
            ]
            for level in LEVELS
        }
        for split in ("train", "test")
    }


def percentiles(**quantities: np.ndarray) -> pd.DataFrame:
    """Percentiles 15, 50 and 85 of each column of each array (samples, units), one row a unit and percentile.

    Ioffe & Szegedy 2015 (arXiv 1502.03167, §4.1 and Fig. 1b, c) follow those of the inputs of one typical sigmoid of
    the last hidden layer.
    """
    return pd.concat([_table(name, values) for name, values in quantities.items()])


def nothing() -> pd.DataFrame:
    """The table of a run without probes."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


def _table(quantity: str, values: np.ndarray) -> pd.DataFrame:
    found = np.percentile(values, PERCENTILES, axis=0)
    units = values.shape[1]
    return pd.DataFrame(
        {
            "quantity": quantity,
            "unit": np.tile(np.arange(units), len(PERCENTILES)),
            "percentile": np.repeat(PERCENTILES, units),
            "value": found.ravel(),
        }
    ).astype(COLUMNS)
