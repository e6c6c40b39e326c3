"""The figure of initial weights, drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.heat import draw_heat
from bnlab.page.panels import per_batch
from bnlab.page.phrases import initial_weights

COLUMNS = 2


def heat_maps(table: pd.DataFrame) -> Figure:
    """A heat map of methods against rates for each kind of initial weights."""
    kinds = list(dict.fromkeys(table["initializer"]))
    lines = -(-len(kinds) // COLUMNS)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(lines, COLUMNS, squeeze=False, sharey=True)
        for axis in grid.ravel()[len(kinds) :]:
            axis.set_visible(False)
        for axis, kind in zip(grid.ravel(), kinds, strict=False):
            draw_heat(axis, rows[rows["initializer"] == kind], rows["mean"].max())
            axis.set_title(initial_weights(kind))
        for axis in grid[-1]:
            axis.set_xlabel("learning rate")

    methods = table["method"].nunique()
    title = (
        "test accuracy (%) at the end; the darker, the nearer to the best of all, ● within a point of it\n"
        "framed: the rate with the best validation accuracy"
    )
    return per_batch(table, 0.9 + lines * (0.5 + 0.42 * methods), title, panels)
