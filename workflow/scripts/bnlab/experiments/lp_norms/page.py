"""Figures and result tables of normalization by other norms, each from its published table."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.curves import draw_accuracy
from bnlab.page.forms import draw_lines, split_by
from bnlab.page.grids import Grid, cell, difference, final, of_batch, reference_of, rows_of, unit_of
from bnlab.page.panels import epoch_axis, legend_row, log_values, name_and_failures, per_batch


def loss(table: pd.DataFrame) -> Figure:
    """Draw training loss over the epoch."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        draw_lines(axis, rows, "epoch", name_and_failures)
        epoch_axis(axis, rows["epoch"])
        log_values(axis, "training loss")
        legend_row(part, axis)

    return per_batch(table, 3.2, "training loss", panels)


FIGURES = {"accuracy": draw_accuracy, "loss": loss}


def from_bn(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per method: each number, and its difference from that of bn."""
    grids = []
    for (batch,), part in split_by(table):
        columns, lines = ["method"], []
        for split, metric in part[["split", "metric"]].drop_duplicates().to_numpy():
            columns += [f"{split} {unit_of(metric)}", f"minus {reference_of(part, 'bn')}"]
        for name, rows in part.groupby("method_label", sort=False):
            pairs = [(cell(row), difference(row) if row.pairs else "") for row in rows_of(rows)]
            lines.append([str(name), *(text for pair in pairs for text in pair)])
        grids.append(Grid(of_batch(table, batch, "batch"), columns, lines))
    return grids


GRIDS = {"final": final, "from_bn": from_bn}
