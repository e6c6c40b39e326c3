"""Figures and result tables of batch sizes."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bnlab.page import batches
from bnlab.page.forms import cross_table
from bnlab.page.grids import Grid, difference, missing_pairs, unit_of
from bnlab.page.panels import by_method, name_of
from bnlab.page.style import MethodStyle

STATISTICS = {
    "moving": MethodStyle("teal", "o", "solid"),
    "population": MethodStyle("brown", "s", "dashed"),
    "batch": MethodStyle("rose", "^", "dash_dot"),
}


def statistics(table: pd.DataFrame) -> Figure:
    """Draw test accuracy and validation loss under each kind of inference statistics, a column per method."""
    columns = {
        name_of(rows): [
            batches.Curve(style, f"{kind} statistics", of_kind)
            for kind, style in STATISTICS.items()
            if len(of_kind := rows[rows["statistics"] == kind])
        ]
        for _, rows in by_method(table)
    }
    if len(columns) == 1:
        ((name, curves),) = columns.items()
        columns = {"": [curve._replace(label=f"{name}, {curve.label}") for curve in curves]}
    title = "test accuracy and validation loss by batch size"
    return batches.stacked(table, columns, [batches.accuracies, batches.losses], title)


FIGURES = {
    "all_methods": batches.draw_all_methods,
    "statistics": statistics,
}


def differences(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per batch size and a column per method, a grid for each reference and number."""

    def cell(row: Any) -> str:
        return f"{difference(row)}{missing_pairs(row)}"

    grids = []
    for key, part in table.groupby(["reference", "split", "metric"], sort=False):
        reference, split, metric = key
        title = f"{split} {unit_of(metric)} minus that of {reference}".capitalize()
        grids.append(cross_table(part, title, "batch", "batch", cell))
    return grids


def inference(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per batch size, a column per method and kind of statistics."""
    kinds = table["method_label"] + ", " + table["statistics"].astype(str)
    return batches.final_by_batch(table.assign(method_label=kinds))


GRIDS = {
    "final": batches.final_by_batch,
    "differences": differences,
    "inference": inference,
    "stability": batches.stability,
}
