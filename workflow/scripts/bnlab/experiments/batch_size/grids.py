"""Result tables of batch sizes as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.page.batches import stability
from bnlab.page.grids import (
    Grid,
    by_batch,
    cross,
    difference,
    missing_pairs,
    unit_of,
)

__all__ = ["stability"]

final = by_batch


def differences(table: pd.DataFrame) -> list[Grid]:
    """A grid for each reference and number: a row per batch size, a column per method."""
    return [
        cross(
            part,
            f"{split} {unit_of(metric)} less that of {reference}".capitalize(),
            lambda row: f"{difference(row)}{missing_pairs(row)}",
        )
        for (reference, split, metric), part in table.groupby(
            ["reference", "split", "metric"], sort=False
        )
    ]


def inference(table: pd.DataFrame) -> list[Grid]:
    """As ``final``, a column per method and kind of statistics."""
    kinds = table["method_label"] + ", " + table["statistics"].astype(str)
    return by_batch(table.assign(method_label=kinds))
