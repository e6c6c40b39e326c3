"""Figures and result tables of depth."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator

from bnlab.page.by_rate import setting_grids
from bnlab.page.forms import cross_table, draw_lines, log_axis_at, split_by
from bnlab.page.grids import Grid, amount, of_batch
from bnlab.page.panels import by_method, in_percent, legend_row, name_and_failures, per_batch
from bnlab.page.style import method_style

LINES = [
    ("gradient", "start", "gradient\nbefore training"),
    ("gradient", "training", "gradient\nduring training"),
    ("change", "training", "effect of a small change\nof the first weights"),
]
WHEN = {"start": "before training", "training": "during training"}


def depth(table: pd.DataFrame) -> Figure:
    """Draw test accuracy and, below it, lost replicates over the number of hidden layers, a column an activation."""
    activations = list(dict.fromkeys(table["activation"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(2, len(activations), squeeze=False, sharex=True, sharey="row")
        for (above, below), activation in zip(grid.T, activations, strict=True):
            curves = rows[rows["activation"] == activation]
            draw_lines(above, in_percent(curves), "layers")
            for method, of_method in by_method(curves.sort_values("layers", kind="stable")):
                lost, style = (
                    100 * of_method["lost"] / of_method["replicates"],
                    method_style(method),
                )
                form: Any = {"color": style.color, "ls": style.line, **style.marks}
                below.plot(of_method["layers"], lost, **form)
            log_axis_at(below, sorted(rows["layers"].unique()))
            above.set(title=activation, ylim=(0, 101))
            below.set(xlabel="hidden layers (log axis)", ylim=(-4, 104))
        grid[0, 0].set_ylabel("test accuracy (%)")
        grid[1, 0].set_ylabel("replicates lost (%)")
        legend_row(part, *grid[0])

    title = "each method at its best rate; lost: diverged or at chance"
    return per_batch(table, 4.6, title, panels)


def flow(table: pd.DataFrame) -> Figure:
    """Draw gradients and small changes over the layers of the deepest network, a column an activation."""
    activations = list(dict.fromkeys(table["activation"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(len(LINES), len(activations), squeeze=False)
        for column, activation in zip(grid.T, activations, strict=True):
            curves = rows[rows["activation"] == activation]
            deepest = curves["layers"].max()
            curves = curves[curves["layers"] == deepest]
            for axis, (measure, when, label) in zip(column, LINES, strict=True):
                shown = curves[(curves["measure"] == measure) & (curves["when"] == when)]
                draw_lines(axis, shown, "layer", name_and_failures)
                positive = shown.loc[shown["mean"] > 0, "mean"]
                if len(positive):
                    axis.set(yscale="log", ylim=(positive.min() / 2, positive.max() * 2))
                axis.xaxis.set_major_locator(MaxNLocator(integer=True))
                axis.set_ylabel(label)
            column[0].set_title(f"{activation}, {deepest} hidden layers")
            column[-1].set_xlabel("layer, from the input")
        legend_row(part, *grid.flat)

    title = "lengths of gradients and effect of a small change, layer by layer"
    return per_batch(table, 6.2, title, panels)


FIGURES = {"depth": depth, "flow": flow}


def depths(table: pd.DataFrame) -> list[Grid]:
    """Lay out accuracy, rate and p of lost replicates: a grid per activation, a row per depth."""
    return [
        grid
        for activation, part in table.groupby("activation")
        for grid in setting_grids(part, str(activation).capitalize(), "layers", "hidden layers")
    ]


def imbalance(table: pd.DataFrame) -> list[Grid]:
    """Lay out the last hidden layer against the first: a grid per activation and time, a row per depth."""
    grids = []
    for (batch, activation, when), part in split_by(table, "activation", "when"):
        title = f"{str(activation).capitalize()}, {WHEN[when]}{of_batch(table, batch)}"
        grids.append(cross_table(part, title, "layers", "hidden layers", _last_to_first))
    return grids


def _last_to_first(row: Any) -> str:
    if not row.n:
        return "no replicate left"
    change, in_spreads = amount(row, "amplification"), amount(row, "amplification_in_spreads")
    return f"{amount(row)} decades; change × {change}, × {in_spreads} in spreads"


GRIDS = {"depths": depths, "imbalance": imbalance}
