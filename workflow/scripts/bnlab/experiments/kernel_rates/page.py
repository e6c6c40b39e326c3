"""Figure and result table of the rate of the kernels alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import draw_lines, log_axis, method_label, row_table
from bnlab.page.grids import amount
from bnlab.page.panels import (
    column_title,
    in_percent,
    legend_row,
    panel_grid,
    per_batch,
)

COLUMNS = 2


def by_kernel_rate(table: pd.DataFrame) -> Figure:
    """Draw test accuracy against the rate of the kernels, a panel for each width, a line a method."""
    widths = list(table["units"].unique())

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, len(widths), min(COLUMNS, len(widths)), sharey=True)
        axes = list(grid.ravel()[: len(widths)])
        for axis, units in zip(axes, widths, strict=True):
            shown = in_percent(rows[rows["units"] == units])
            draw_lines(axis, shown, "learning_rate")
            log_axis(axis, "rate of the kernels (log axis)")
            column_title(axis, f"{units} units", len(widths))
        for axis in grid[:, 0]:
            axis.set_ylabel("test accuracy (%)")
        legend_row(part, *axes)

    height = 0.6 + 2.8 * -(-len(widths) // COLUMNS)
    return per_batch(table, height, "accuracy by the rate of the kernels alone", panels)


FIGURES = {"by_kernel_rate": by_kernel_rate}


def _width(row: Any) -> str:
    bound = "≥ " if row.reaches_lowest or row.reaches_highest else ""
    return bound + amount(row)


kernel_rate_range = partial(
    row_table,
    columns={
        "method": method_label,
        "units": lambda row: str(row.units),
        "width (decades)": _width,
        "less {base}": lambda row: amount(row, "difference"),
        "diverge at some rate": lambda row: f"{row.diverging} of {row.replicates}",
    },
)

GRIDS = {"kernel_rate_range": kernel_rate_range}
