"""Figures and result table of the depth of residual networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import draw_lines, method_label, row_table
from bnlab.page.grids import Grid, amount
from bnlab.page.panels import column_title, legend_row, log_values, panel_grid, per_batch

NETWORK = ["network", "form", "units"]
COLUMNS = 2


def growth(table: pd.DataFrame) -> Figure:
    """Draw the mean square of the stream over the branch, a panel for the deepest network of each form."""
    deepest = table.groupby([*NETWORK, "method"])["blocks"].transform("max")
    return _figure(
        table[table["blocks"] == deepest],
        "branch",
        "mean square",
        "size of the stream before training, at the greatest depth",
    )


def last_gradient(table: pd.DataFrame) -> Figure:
    """Draw the gradient of the last kernel over the number of blocks, a panel for each form of network."""
    return _figure(table, "blocks", "‖∂L/∂W‖", "gradient of the last branch before training")


def _figure(table: pd.DataFrame, x: str, label: str, title: str) -> Figure:
    forms = list(dict.fromkeys(zip(*(table[name] for name in NETWORK), strict=True)))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        columns = min(COLUMNS, len(forms))
        grid = panel_grid(part, len(forms), columns)
        for axis, form in zip(grid.ravel(), forms, strict=False):
            shown = rows[(rows[NETWORK] == list(form)).all(axis=1)]
            draw_lines(axis, shown, x)
            if x == "blocks" and shown["n"].gt(0).any():
                _fall(axis, shown)
            axis.set(xscale="log", xlabel=f"{x} (log axis)")
            log_values(axis, label)
            column_title(axis, _name(*form), columns)
        legend_row(part, *grid.flat)

    height = 0.6 + 2.6 * -(-len(forms) // COLUMNS)
    return per_batch(table, height, title, panels)


def _fall(axis: Any, rows: pd.DataFrame) -> None:
    """Draw a fall as one over the root of the blocks, from the largest of the first gradients on."""
    blocks = np.unique(rows["blocks"].to_numpy(float))
    first = rows.loc[rows["blocks"] == blocks[0], "mean"].max()
    axis.plot(blocks, first * np.sqrt(blocks[0] / blocks), color="0.6", lw=0.8, zorder=0)


def _name(network: str, form: str, units: int) -> str:
    return f"{str(network).replace('_', ' ')}, {form}, {units} units"


FIGURES = {"growth": growth, "last_gradient": last_gradient}


def doubling(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line for each network and method."""
    columns = {
        "network": lambda row: f"{_name(row.network, row.form, row.units)}, {row.blocks} blocks",
        "method": method_label,
        "last half": amount,
        "last half, trained": lambda row: amount(row, "trained"),
        "stream over last branch": lambda row: amount(row, "shrinkage"),
    }
    return row_table(table, columns)


GRIDS = {"doubling": doubling}
