"""Result tables of batch sizes as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import (
    Grid,
    by_batch,
    count,
    cross,
    difference,
    missing_pairs,
    rows_of,
    unit_of,
)

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


def stability(table: pd.DataFrame) -> list[Grid]:
    """A row per method: range and slope of accuracy over the batch sizes."""
    columns = ["method", "batch sizes", "best less worst (points)", "points per doubling"]
    columns += ["best at", "worst at", "diverged"]
    rows = [
        [
            r.method_label,
            f"{r.smallest_batch} to {r.largest_batch}",
            rounded(r.range * 100, (r.range_high - r.range_low) * 50),
            rounded(r.slope * 100, (r.slope_high - r.slope_low) * 50),
            count(r.best_batch),
            count(r.worst_batch),
            f"{r.diverged} of {r.replicates}",
        ]
        for r in rows_of(table)
    ]
    return [Grid("", columns, rows)]
