"""Figures and result table of the curvature of the loss."""

from __future__ import annotations

from functools import partial
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import method_label, row_table, split_by, with_mean
from bnlab.page.grids import Grid, mean, ratio
from bnlab.page.panels import (
    by_method,
    column_title,
    draw_curve,
    legend_row,
    log_values,
    name_of,
    panel_grid,
    per_batch,
    thousands,
)
from bnlab.page.phrases import written_out
from bnlab.page.style import method_style
from bnlab.study.styles import Dash

FROZEN = "averages frozen"
FORMS: tuple[tuple[str, Dash], ...] = (("o", "dotted"), ("s", "dashed"), ("^", "solid"))
"""Marker and line of each learning rate, from the lowest up."""


def spectrum(table: pd.DataFrame) -> Figure:
    """Draw eigenvalues above, and the gradient's share below, a column a network."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        networks = [group for _, group in rows.groupby(["activation", "layers"], sort=False)]
        grid = part.subplots(2, len(networks), squeeze=False, sharex=True, sharey="row")
        for column, network in zip(grid.T, networks, strict=True):
            _draw(column[0], network)
            _draw(column[1], with_mean(network, "share"))
            activation, layers = network[["activation", "layers"]].iloc[0]
            column_title(column[0], f"{layers} {activation} layers", len(networks))
            column[1].set(xlabel="number of the eigenvalue", ylim=(0, 1))
        log_values(grid[0, 0], "eigenvalue")
        grid[1, 0].set_ylabel("gradient in those up to it")
        legend_row(part, *grid.ravel())

    return per_batch(table, 4.8, "the sharpest directions of the training loss", panels)


def _draw(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw a line for each method and kind of statistics, that of frozen averages dashed and open."""
    for method, of_method in by_method(rows):
        several = of_method["statistics"].nunique() > 1
        for kind, curve in of_method.groupby("statistics", sort=False):
            style, label = method_style(method), name_of(curve)
            if several and kind == "moving":
                style = style._replace(marker="s", dash="dashed", open=True)
                label = f"{label}, {FROZEN}"
            draw_curve(axis, style, curve["number"], curve, label)


def edge(table: pd.DataFrame) -> Figure:
    """Draw sharpness times half the rate over the steps, a panel a method and network, and a line a rate."""
    seen = _as_trained(table)

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        groups = list(rows.groupby(["activation", "layers", "method"], sort=False))
        columns = min(3, len(groups))
        grid = panel_grid(part, len(groups), columns, sharex=True, sharey=True)
        for axis, ((activation, layers, method), group) in zip(grid.ravel(), groups, strict=False):
            by_rate: Any = group.groupby("learning_rate")
            for (rate, curve), (marker, dash) in zip(by_rate, cycle(FORMS), strict=False):
                style = method_style(str(method))._replace(marker=marker, dash=dash)
                label = f"{name_of(curve)}, rate {written_out(rate)}"
                curve = curve.sort_values("step")
                draw_curve(axis, style, curve["step"], curve, label)
            axis.axhline(1, color="0.6", lw=0.8, zorder=0)
            column_title(axis, f"{name_of(group)}, {layers} {activation} layers", columns)
            thousands(axis)
        for axis in grid[:, 0]:
            log_values(axis, "λ₁·η/2")
        for axis in grid[-1]:
            axis.set_xlabel("training step")
        legend_row(part, *grid.ravel()[: len(groups)])

    return per_batch(seen, 3.2, "sharpness times half the learning rate", panels)


def _as_trained(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of statistics of the batch, and those of methods that have none."""
    with_batch = table.loc[table["statistics"] == "batch", "method"].unique()
    return table[(table["statistics"] == "batch") | ~table["method"].isin(with_batch)]


FIGURES = {"spectrum": spectrum, "edge": edge}

NAMES = {
    "sharpness": "largest eigenvalue",
    "sharpness_in_weights": "largest eigenvalue, weights of length one",
    "trace": "trace",
    "spread": "largest over tenth eigenvalue",
    "share": "gradient's share in ten",
}


def sharpness(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line a method and kind of statistics: a grid for each network and measure."""
    lay_out = partial(
        row_table,
        columns={
            "method": method_label,
            "statistics": lambda row: {"moving": "frozen", "batch": "of the rows"}[row.statistics],
            "rate": lambda row: written_out(row.learning_rate),
            "in training": mean,
            "over that of {base}": ratio,
        },
    )
    grids = []
    for (_, activation, layers, measure), part in split_by(
        table, "activation", "layers", "measure", sort=False
    ):
        title = f"{NAMES[measure]}, {layers} {activation} layers"
        for grid in lay_out(part):
            grids.append(grid._replace(title=", ".join(filter(None, (title, grid.title)))))
    return grids


GRIDS = {"sharpness": sharpness}
