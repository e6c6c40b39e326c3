"""Figures and result table of regularization."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import cross_tables, draw_lines, log_axis
from bnlab.page.grids import Grid, percent_and_points
from bnlab.page.panels import by_method, in_percent, name_of, panel_grid, per_batch
from bnlab.page.style import method_style

APART = 0.18
"""Distance between the methods of a row, where rows are 1 apart."""
COLUMNS = 3


def gains(table: pd.DataFrame) -> Figure:
    """Draw test accuracy with each combination: a row each, a dot and interval per method."""
    settings = list(dict.fromkeys(table["setting"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis, methods = part.subplots(), list(by_method(rows))
        for place, (method, of_method) in enumerate(methods):
            dots, style = in_percent(of_method), method_style(method)
            y = dots["setting"].map(settings.index) + APART * (place - (len(methods) - 1) / 2)
            axis.hlines(y, dots["low"], dots["high"], color=style.color, lw=1.5)
            label = name_of(dots)
            axis.plot(dots["mean"], y, ls="", label=label, **style.marks)
        axis.set_yticks(range(len(settings)), settings)
        axis.set(xlabel="test accuracy at the end (%)", ylim=(len(settings) - 0.5, -0.5))
        axis.legend(loc="best")

    return per_batch(table, 1.4 + 0.4 * len(settings), "test accuracy with dropout and L2", panels)


def paths(table: pd.DataFrame) -> Figure:
    """Draw training less test accuracy over training loss, a panel for each combination."""
    settings = list(dict.fromkeys(table["setting"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, len(settings), COLUMNS, sharex=True, sharey=True)
        for axis, setting in zip(grid.ravel(), settings, strict=False):
            of_setting = in_percent(rows[rows["setting"] == setting])
            draw_lines(axis, of_setting, "loss", most_markers=0)
            log_axis(axis)
            axis.set_title(setting)
        grid[0, 0].invert_xaxis()
        grid[0, 0].legend(loc="best")
        for axis in grid[-1]:
            axis.set_xlabel("training loss (log axis)")
        for axis in grid[:, 0]:
            axis.set_ylabel("training less test\naccuracy (points)")

    height = 0.6 + 2.2 * -(-len(settings) // COLUMNS)
    return per_batch(table, height, "what test rows lose at the same training loss", panels)


FIGURES = {"gains": gains, "paths": paths}


def combined(table: pd.DataFrame) -> list[Grid]:
    """Lay out accuracy and its difference from neither, a row per combination and a column per method."""
    return cross_tables(table, "", "setting", "regularized by", percent_and_points, sort=False)


GRIDS = {"combined": combined}
