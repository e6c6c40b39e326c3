"""Figure and result table of batches of few classes, each from its published table."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import cross_tables, draw_dots
from bnlab.page.grids import Grid, percent_and_points
from bnlab.page.panels import in_percent, legend_row, per_batch


def mixing(table: pd.DataFrame) -> Figure:
    """Draw test accuracy over the mixture of batches, from random ones to those of fewest classes."""
    mixtures = list(dict.fromkeys(table["mixture"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        draw_dots(axis, in_percent(rows), "mixture", mixtures)
        axis.set(ylabel="rows of a training batch", xlabel="test accuracy (%)", xlim=(0, 101))
        legend_row(part, axis)

    return per_batch(table, 3.2, "test accuracy at the end, after batches of few classes", panels)


FIGURES = {"mixing": mixing}


def mixtures(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per mixture: accuracy, and its difference from random batches."""
    return cross_tables(table, "", "mixture", "rows of a batch", percent_and_points, sort=False)


GRIDS = {"mixtures": mixtures}
