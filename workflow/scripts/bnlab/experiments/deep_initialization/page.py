"""Figure and result table of deep sigmoid networks by their initial weights."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.by_rate import setting_grids
from bnlab.page.forms import draw_lines, log_axis_at
from bnlab.page.grids import Grid
from bnlab.page.panels import in_percent, legend_row, per_batch
from bnlab.page.phrases import initial_weights


def accuracy(table: pd.DataFrame) -> Figure:
    """Draw test accuracy over the number of hidden layers, a panel for each kind of initial weights."""
    kinds = list(dict.fromkeys(table["initializer"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(1, len(kinds), squeeze=False, sharey=True)[0]
        for axis, kind in zip(grid, kinds, strict=True):
            draw_lines(axis, in_percent(rows[rows["initializer"] == kind]), "layers")
            log_axis_at(axis, sorted(rows["layers"].unique()))
            axis.set(title=initial_weights(kind), xlabel="hidden layers (log axis)", ylim=(0, 101))
        grid[0].set_ylabel("test accuracy (%)")
        legend_row(part, *grid)

    return per_batch(table, 2.8, "sigmoid networks, each method at its best rate", panels)


FIGURES = {"accuracy": accuracy}


def accuracies(table: pd.DataFrame) -> list[Grid]:
    """Lay out accuracy, rate and p of lost replicates: a grid per kind of initial weights, a row per depth."""
    return [
        grid
        for kind, part in table.groupby("initializer", sort=False)
        for grid in setting_grids(part, initial_weights(str(kind)), "layers", "hidden layers")
    ]


GRIDS = {"accuracies": accuracies}
