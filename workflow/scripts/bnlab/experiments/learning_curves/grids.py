"""Result tables of learning curves as the page shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import (
    Grid,
    cell,
    difference,
    final,
    labels_of,
    of_label,
    ratio,
    reference_of,
    rows_of,
)

__all__ = ["final"]
SCORES = {"auc": "Area under the ROC curve", "average_precision": "Average precision"}


def steps_to_accuracy(table: pd.DataFrame) -> list[Grid]:
    """A row per split and accuracy; per method the median step and how many got there, then the
    ratios to base.
    """
    methods = labels_of(table)
    compared = [name for name in methods if (of_label(table, name)["pairs"] > 0).any()]
    columns = ["first step at", *methods, *(f"{name} / {reference_of(table)}" for name in compared)]
    grid = []
    for (batch, split, level), group in table.groupby(["batch", "split", "level"], sort=True):
        by_label = {r.method_label: r for r in rows_of(group)}
        name = f"{float(str(level)) * 100:g} % {split} accuracy"
        cells = [_median(by_label[m]) if m in by_label else "" for m in methods]
        ratios = [ratio(by_label[m]) if m in by_label else "" for m in compared]
        several = table["batch"].nunique() > 1
        grid.append([f"{name}, batch {batch}" if several else name, *cells, *ratios])
    return [Grid("", columns, grid)]


def classes(table: pd.DataFrame) -> list[Grid]:
    """For AUC and for average precision, a row per class: its rows, each method, each difference
    from base.
    """
    shown = []
    for (batch, metric), part in table.groupby(["batch", "metric"], sort=False):
        methods = labels_of(part)
        compared = [name for name in methods if (of_label(part, name)["pairs"] > 0).any()]
        several = table["batch"].nunique() > 1
        title = SCORES[str(metric)] + (f", batch {batch}" if several else "")
        columns = [
            "class",
            "no. (from 1, from 0, by alphabet)",
            "test rows",
            *methods,
            *(f"{m} less {reference_of(table)}" for m in compared),
        ]
        rows = []
        keys = ["class", "class_name", "alphabetical", "count"]
        for (index, name, alphabetical, count), group in part.groupby(keys, sort=False):
            by_label = {r.method_label: r for r in rows_of(group)}
            cells = [cell(by_label[m]) for m in methods]
            numbers = f"{int(str(index)) + 1}, {index}, {alphabetical}"
            rows.append(
                [
                    str(name),
                    numbers,
                    f"{count:,}",
                    *cells,
                    *(difference(by_label[m]) for m in compared),
                ]
            )
        shown.append(Grid(title, columns, rows))
    return shown


def timing(table: pd.DataFrame) -> list[Grid]:
    """A row per method and batch size: seconds, and the ratio to base."""
    columns = ["method", "batch", "seconds per 1,000 steps", "processes"]
    columns += [f"ratio to {reference_of(table)}"]
    rows = [
        [
            r.method_label,
            f"{r.batch}",
            rounded(r.mean, (r.high - r.low) / 2),
            str(r.processes),
            ratio(r),
        ]
        for r in rows_of(table)
    ]
    return [Grid("", columns, rows)]


def _median(row: Any) -> str:
    median = f"{row.median:,.0f}" if np.isfinite(row.median) else f"> {row.steps:,}"
    reached = f"{row.reached} of {row.replicates} reached"
    return (
        f"{median} ({reached}, {row.diverged} diverged)"
        if row.diverged
        else f"{median} ({reached})"
    )
