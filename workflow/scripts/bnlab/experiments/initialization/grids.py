"""Result tables of initial weights as the page shows them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, at_rates, of_batch, reference_of, rows_of, signed
from bnlab.page.phrases import initial_weights


def best(table: pd.DataFrame) -> list[Grid]:
    """A row per kind of initial weights, a column per method: accuracy, rate, and p of lost replicates."""
    named = table.assign(initializer=table["initializer"].map(initial_weights))
    return at_rates(named, "initializer", "initial weights")


def everywhere(table: pd.DataFrame) -> list[Grid]:
    """A row per method: spread over initial weights, failures over weights and rates, and each less base's."""
    shown = []
    for batch, part in table.groupby("batch"):
        base = reference_of(part)
        columns = [
            "method",
            "best less worst (points)",
            f"less {base}",
            "failing (%)",
            f"less {base} (points)",
        ]
        rows = [
            [
                r.method_label,
                _points(r.mean, r.low, r.high),
                signed(_points(r.difference, r.difference_low, r.difference_high))
                if r.pairs
                else "",
                _points(r.failing, r.failing_low, r.failing_high),
                _less(r) if r.pairs else "",
            ]
            for r in rows_of(part)
        ]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown


def _less(row: Any) -> str:
    ends = (row.failing_difference_low, row.failing_difference_high)
    return signed(_points(row.failing_difference, *ends))


def _points(mean: float, low: float, high: float) -> str:
    return rounded(100 * mean, 50 * (high - low))
