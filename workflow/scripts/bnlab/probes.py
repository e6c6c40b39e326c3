"""Measurements taken during training, as arrays in and tidy tables out."""

from __future__ import annotations

import numpy as np
import pandas as pd

PERCENTILES = (15, 50, 85)
COLUMNS = {"quantity": "object", "unit": "int16", "percentile": "int8", "value": "float32"}


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
