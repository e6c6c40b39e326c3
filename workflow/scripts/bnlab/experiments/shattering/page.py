"""Figure and result table of the likeness of gradients by depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import draw_lines, log_axis_at, method_label, row_table
from bnlab.page.grids import Grid, amount
from bnlab.page.panels import column_title, legend_row, panel_grid, per_batch

NETWORK = ["network", "form", "units"]
COLUMNS = 2


def likeness(table: pd.DataFrame) -> Figure:
    """Draw the mean cosine over depth, a panel for each form of network."""
    forms = list(dict.fromkeys(zip(*(table[name] for name in NETWORK), strict=True)))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        columns = min(COLUMNS, len(forms))
        grid = panel_grid(part, len(forms), columns)
        for axis, form in zip(grid.ravel(), forms, strict=False):
            of_form = rows[(rows[NETWORK] == list(form)).all(axis=1)]
            draw_lines(axis, of_form, "depth")
            _depth_axis(axis, form[0], sorted(of_form["depth"].unique()))
            axis.set(yscale="log", ylabel="mean cosine (log axis)")
            column_title(axis, _name(*form), columns)
        legend_row(part, *grid.flat)

    height = 0.6 + 2.6 * -(-len(forms) // COLUMNS)
    return per_batch(table, height, "likeness of gradients by inputs before training", panels)


def _depth_axis(axis: Axes, network: str, depths: Sequence[int]) -> None:
    """Make the axis of depths one on which theory has a line: an exponential of layers, or a power of blocks."""
    if network == "perceptron":
        axis.set_xticks(depths)
        axis.set_xlabel("layers")
    else:
        log_axis_at(axis, depths)
        axis.set_xlabel("blocks (log axis)")


def _name(network: str, form: str, units: int) -> str:
    return f"{str(network).replace('_', ' ')}, {form}, {units} units"


FIGURES = {"likeness": likeness}


def fall(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line for each form of network and method."""
    columns: dict[str, Any] = {
        "network": lambda row: _name(row.network, row.form, row.units),
        "method": method_label,
        "log₂ a layer": amount,
        "power of depth": lambda row: amount(row, "power"),
    }
    return row_table(table, columns)


GRIDS = {"fall": fall}
