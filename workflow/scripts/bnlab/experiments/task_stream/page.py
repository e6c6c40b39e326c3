"""Figure and result table of a stream of tasks."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import method_label, row_table
from bnlab.page.grids import amount, percent
from bnlab.page.panels import (
    by_method,
    column_title,
    draw_curve,
    in_percent,
    legend_row,
    name_of,
    panel_grid,
    per_batch,
)
from bnlab.page.style import method_style

COLUMNS = 2


def by_task(table: pd.DataFrame) -> Figure:
    """Draw accuracy at the end of each task, a panel for each width and for free and fixed norms, a line a method."""
    settings = list(dict.fromkeys(zip(table["units"], table["fixed_norms"], strict=True)))
    columns = min(COLUMNS, len(settings))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, len(settings), columns, sharex=True, sharey=True)
        axes = list(grid.ravel()[: len(settings)])
        for axis, (units, fixed) in zip(axes, settings, strict=True):
            shown = rows[(rows["units"] == units) & (rows["fixed_norms"] == fixed)]
            for method, curve in by_method(in_percent(shown)):
                style = method_style(method)
                draw_curve(axis, style, curve["task"], curve, name_of(curve), markers=False)
            column_title(axis, f"{units} units, {_norms(fixed)}", columns)
        for axis in grid[-1]:
            axis.set_xlabel("task")
        for axis in grid[:, 0]:
            axis.set_ylabel("training accuracy (%)")
        legend_row(part, *axes)

    height = 0.6 + 2.4 * -(-len(settings) // columns)
    return per_batch(table, height, "accuracy at the end of each task", panels)


def _norms(fixed: str) -> str:
    return "free norms" if fixed == "none" else "fixed norms"


FIGURES = {"by_task": by_task}

last_task = partial(
    row_table,
    columns={
        "method": method_label,
        "units": lambda row: str(row.units),
        "norms of kernels": lambda row: _norms(row.fixed_norms),
        "first task": lambda row: f"{amount(row, 'first', 100)} %",
        "last task": percent,
        "last over first": lambda row: amount(row, "ratio"),
    },
)

GRIDS = {"last_task": last_task}
