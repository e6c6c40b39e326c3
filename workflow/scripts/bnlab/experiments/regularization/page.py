"""Figures and result table of regularization."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import cross_tables, draw_dots, draw_lines, log_axis
from bnlab.page.grids import Grid, percent_and_points
from bnlab.page.panels import in_percent, legend_row, panel_grid, per_batch

COLUMNS = 3


def gains(table: pd.DataFrame) -> Figure:
    """Draw test accuracy with each combination: a row each, a dot and interval per method."""
    settings = list(dict.fromkeys(table["setting"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        draw_dots(axis, in_percent(rows), "setting", settings)
        axis.set_xlabel("test accuracy at the end (%)")
        legend_row(part, axis)

    return per_batch(table, 1.4 + 0.4 * len(settings), "test accuracy with dropout and L2", panels)


def paths(table: pd.DataFrame) -> Figure:
    """Draw training minus test accuracy over training loss, a panel for each combination."""
    settings = list(dict.fromkeys(table["setting"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, len(settings), COLUMNS, sharex=True, sharey=True)
        for axis, setting in zip(grid.ravel(), settings, strict=False):
            of_setting = in_percent(rows[rows["setting"] == setting])
            draw_lines(axis, of_setting, "loss", most_markers=0)
            log_axis(axis)
            axis.set_title(setting)
        grid[0, 0].invert_xaxis()
        legend_row(part, *grid.flat)
        for axis in grid[-1]:
            axis.set_xlabel("training loss (log axis, falling)")
        for axis in grid[:, 0]:
            axis.set_ylabel("training minus test\naccuracy (points)")

    height = 0.6 + 2.2 * -(-len(settings) // COLUMNS)
    return per_batch(table, height, "what test rows lose at the same training loss", panels)


FIGURES = {"gains": gains, "paths": paths}


def combined(table: pd.DataFrame) -> list[Grid]:
    """Lay out accuracy and its difference from neither, a row per combination and a column per method."""
    return cross_tables(table, "", "setting", "regularized by", percent_and_points, sort=False)


GRIDS = {"combined": combined}
