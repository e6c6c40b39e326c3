"""Figure and result tables of initial weights."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.by_rate import setting_grids
from bnlab.page.forms import method_label, row_table
from bnlab.page.grids import Grid, amount, less_base
from bnlab.page.heat import LEGEND, add_bar, draw_heat
from bnlab.page.panels import panel_grid, per_batch
from bnlab.page.phrases import initial_weights

COLUMNS = 2


def heat_maps(table: pd.DataFrame) -> Figure:
    """Draw accuracy of methods by learning rate as a heat map for each kind of initial weights."""
    kinds = list(dict.fromkeys(table["initializer"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, len(kinds), COLUMNS, sharey=True)
        for axis, kind in zip(grid.ravel(), kinds, strict=False):
            draw_heat(axis, rows[rows["initializer"] == kind], rows["mean"].max())
            axis.set_title(initial_weights(kind))
        for axis in grid[-1]:
            axis.set_xlabel("learning rate")
        add_bar(part, list(grid.flat))

    height = 0.9 + -(-len(kinds) // COLUMNS) * (0.5 + 0.42 * table["method"].nunique())
    return per_batch(table, height, LEGEND, panels)


FIGURES = {"heat_maps": heat_maps}


def best(table: pd.DataFrame) -> list[Grid]:
    """Lay out accuracy, rate and p of lost replicates, a row per kind of initial weights."""
    names = table.assign(initializer=table["initializer"].map(initial_weights))
    return setting_grids(names, "", "initializer", "initial weights")


def everywhere(table: pd.DataFrame) -> list[Grid]:
    """Lay out the spread over initial weights and the share that fails, a row per method."""
    columns = {
        "method": method_label,
        "best minus worst (points)": lambda row: amount(row, scale=100),
        "minus {base}": less_base,
        "failing (%)": lambda row: amount(row, "failing", 100),
        "minus {base} (points)": lambda row: less_base(row, "failing_difference"),
    }
    return row_table(table, columns)


GRIDS = {"best": best, "everywhere": everywhere}
