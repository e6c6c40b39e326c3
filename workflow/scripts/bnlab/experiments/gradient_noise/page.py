"""Figures and result tables of the noise of gradients and the time for an example, by batch size."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import cross_table, draw_lines, method_label, row_table
from bnlab.page.grids import Grid, less_base, mean
from bnlab.page.panels import (
    batch_axis,
    figure_of,
    legend_row,
    log_values,
    name_and_failures,
    per_batch,
    subtitle,
)

MEASURES = {
    "variance": "variance of the gradient",
    "relative": "variance over squared\nlength of the mean",
}


def noise(table: pd.DataFrame) -> Figure:
    """Draw the variance of the gradient by batch size, as it is and over the squared length of its mean."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, len(MEASURES))
        sizes = sorted(rows["size"].unique())
        for axis, (measure, label) in zip(axes, MEASURES.items(), strict=True):
            draw_lines(axis, rows[rows["measure"] == measure], "size", name_and_failures)
            log_values(axis, label)
            batch_axis(axis, sizes, columns=2)
        legend_row(part, *axes)

    return per_batch(table, 3.2, "noise of the gradient of a batch, over training", panels)


def cost(table: pd.DataFrame) -> Figure:
    """Draw the time for an example by batch size, both on logarithmic axes."""
    title = f"time of a training step for each example in it\n{subtitle(table)}"
    figure = figure_of(table, 3.4, title)
    axis = figure.subplots()
    draw_lines(axis, table, "batch")
    log_values(axis, "microseconds an example")
    batch_axis(axis, sorted(table["batch"].unique()))
    legend_row(figure, axis)
    return figure


FIGURES = {"noise": noise, "cost": cost}


def exponents(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per method: the exponent, and its difference from base's."""
    columns = {"method": method_label, "exponent": mean}
    return row_table(table, columns | {"minus {base}": lambda row: less_base(row, scale=1)})


def times(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per batch size and a column per method."""
    return [cross_table(table, "Microseconds an example", "batch", "batch", mean)]


GRIDS = {"exponents": exponents, "times": times}
