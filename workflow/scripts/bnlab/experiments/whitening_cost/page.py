"""Figure and result table of the cost of whitening."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import draw_lines, log_axis, split_by
from bnlab.page.grids import Grid, amount, labels_of, of_batch, ratio, reference_of, rows_of
from bnlab.page.panels import legend_row, log_values, per_batch


def cost(table: pd.DataFrame) -> Figure:
    """Draw the time of a step over the width of the hidden layer, both on logarithmic axes."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        draw_lines(axis, rows, "units")
        log_axis(axis, "units of the hidden layer (log axis)")
        log_values(axis, "milliseconds of a step")
        legend_row(part, axis)

    return per_batch(table, 3.2, "time of a training step", panels)


FIGURES = {"cost": cost}


def times(table: pd.DataFrame) -> list[Grid]:
    """Lay out seconds and ratios to base, a row per width and a column per method."""
    grids = []
    for (batch,), part in split_by(table):
        methods = labels_of(part)
        compared = labels_of(part[part["pairs"] > 0])
        lines = []
        for units, group in part.groupby("units"):
            cells = {r.method_label: r for r in rows_of(group)}
            ratios = [ratio(cells[name]) for name in compared]
            lines.append([str(units), *(amount(cells[name]) for name in methods), *ratios])
        headings = ["units", *(f"{name} (s)" for name in methods)]
        headings += [f"{name} / {reference_of(part)}" for name in compared]
        grids.append(Grid(of_batch(table, batch, "batch"), headings, lines))
    return grids


GRIDS = {"times": times}
