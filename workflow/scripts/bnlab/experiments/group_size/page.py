"""Figure and result table of the size of normalized groups."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import row_table, with_mean
from bnlab.page.grids import Grid, amount
from bnlab.page.panels import by_method, legend_row, panel_grid, per_batch
from bnlab.page.style import method_style

PANELS = {"mean": ("cosine between inputs", "linear"), "gradient": ("gradient", "log")}
"""Label and axis of each column of the figure."""


def start(table: pd.DataFrame) -> Figure:
    """Draw likeness and first gradient over the size of groups, a line of panels a network."""
    networks = list(dict.fromkeys(zip(table["network"], table["units"], strict=True)))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, 2 * len(networks), 2)
        for line, (network, units) in zip(grid, networks, strict=True):
            shown = rows[(rows["network"] == network) & (rows["units"] == units)]
            for axis, (column, (label, scale)) in zip(line, PANELS.items(), strict=True):
                _draw(axis, shown if column == "mean" else with_mean(shown, column))
                axis.set_xscale("log", base=2)
                axis.set(yscale=scale, xlabel="channels a group (log axis)", ylabel=label)
                axis.set_title(_name(network, units), fontsize=9)
        legend_row(part, *grid.flat)

    title = "inputs of the last activation, and the gradient by those of the first, before training"
    return per_batch(table, 0.6 + 2.6 * len(networks), title, panels)


def _draw(axis: Any, rows: pd.DataFrame) -> None:
    """Draw each method at the size of its groups, with its interval."""
    for method, point in by_method(rows):
        style = method_style(method)
        errors = [point["mean"] - point["low"], point["high"] - point["mean"]]
        axis.errorbar(point["size"], point["mean"], errors, ls="", color=style.color)
        label = str(point["method_label"].iloc[0])
        axis.plot(
            point["size"], point["mean"], ls="", color=style.color, label=label, **style.marks
        )


def _name(network: str, units: int) -> str:
    return f"{str(network).replace('_', ' ')}, {units} channels"


FIGURES = {"start": start}


def speed(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line for each network and size of groups."""
    columns = {
        "network": lambda row: _name(row.network, row.units),
        "channels a group": lambda row: str(row.size),
        "training accuracy": amount,
        "rate": lambda row: f"{row.learning_rate:g}",
    }
    return row_table(table, columns)


GRIDS = {"speed": speed}
