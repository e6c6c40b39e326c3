"""Figure and result table of networks before training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import row_table, split_by
from bnlab.page.grids import Grid, amount
from bnlab.page.panels import (
    by_method,
    column_title,
    legend_row,
    name_of,
    panel_grid,
    per_batch,
)
from bnlab.page.style import SOFT, method_style

NETWORK = ["layers", "initializer"]


def placement(table: pd.DataFrame) -> Figure:
    """Draw growth of gradients over likeness of inputs, a panel an activation, with a cross for theory."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        activations = list(dict.fromkeys(rows["activation"]))
        columns = min(2, len(activations))
        grid = panel_grid(part, len(activations), columns, sharex=True)
        for axis, activation in zip(grid.ravel(), activations, strict=False):
            for method, point in by_method(rows[rows["activation"] == activation]):
                _draw(axis, method, point)
            axis.axhline(1, color=SOFT.light, lw=0.8, zorder=0)
            axis.margins(0.08, 0.12)
            _say(axis, "explode", "bottom")
            _say(axis, "vanish", "top")
            column_title(axis, activation, columns)
        for axis in grid[:, 0]:
            axis.set_ylabel("growth a layer")
        for axis in grid[-1]:
            axis.set_xlabel("mean cosine between inputs (0: apart, 1: alike)")
        legend_row(part, *grid.ravel())

    shown = _one_network(table)
    layers = shown["layers"].iloc[0]
    return per_batch(
        shown, 5.4, f"{layers} hidden layers before training; crosses are theory", panels
    )


def _say(axis: Any, word: str, side: str) -> None:
    """Say at the end of the line of no growth what gradients do on one side of it."""
    place: Any = {"transform": axis.get_yaxis_transform(), "va": side}
    axis.text(1.01, 1, word, fontsize=8, color=SOFT.light, **place)


def _draw(axis: Any, method: str, point: pd.DataFrame) -> None:
    """Draw one method, theory as a cross; open markers are large and empty, so that none hides another."""
    style, theory = method_style(method), point["likeness_in_theory"].notna()
    errors = [
        np.abs(point[[f"{name}low", f"{name}high"]].to_numpy().T - point[column].to_numpy())
        for name, column in (("likeness_", "likeness"), ("", "mean"))
    ]
    form: Any = {"ls": "", "color": style.color, "lw": 1}
    axis.errorbar(point["likeness"], point["mean"], errors[1], errors[0], **form)
    marks: Any = style.marks | {"ms": 4.5, "zorder": 3}
    if style.open:
        marks |= {"ms": 8.5, "markerfacecolor": "none"}
    axis.plot(point["likeness"], point["mean"], label=name_of(point), **form | marks)
    expected = point[theory]
    cross: Any = {"marker": "x", "ms": 7, "color": SOFT.light, "zorder": 1}
    axis.plot(expected["likeness_in_theory"], expected["growth_in_theory"], **form | cross)


def _one_network(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the depth, initial weights and batch size of which most is known."""
    counts = table.groupby([*NETWORK, "batch"], sort=False).size()
    layers, initializer, batch = counts.index[int(counts.argmax())]
    chosen = (table["layers"] == layers) & (table["initializer"] == initializer)
    return table[chosen & (table["batch"] == batch)]


FIGURES = {"placement": placement}


def growth(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line a method: a grid for each network."""
    grids = []
    for (_, activation, layers, initializer), part in split_by(
        table, "activation", *NETWORK, sort=False
    ):
        title = f"{layers} {activation} layers, {initializer}"
        columns = {
            "method": lambda row: str(row.method_label),
            "growth a layer": lambda row: _beside(row, "mean", row.growth_in_theory),
            "cosine": lambda row: _beside(row, "likeness", row.likeness_in_theory),
            "rank": lambda row: amount(row, "rank"),
        }
        for grid in row_table(part, columns):
            where = ", ".join(filter(None, (title, grid.title)))
            grids.append(grid._replace(title=where))
    return grids


def _beside(row: Any, column: str, theory: float) -> str:
    """Return an estimate, and what theory says in brackets."""
    return amount(row, column) + ("" if np.isnan(theory) else f" ({theory:.3f})")


GRIDS = {"growth": growth}
