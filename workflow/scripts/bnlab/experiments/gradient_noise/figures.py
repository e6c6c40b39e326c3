"""Figures of batches, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter

from bnlab.page.panels import (
    batch_axis,
    by_method,
    diverged,
    draw_curve,
    figure_of,
    name_of,
    per_batch,
    plain,
    subtitle,
)
from bnlab.page.style import method_style

MEASURES = {
    "variance": "variance of the gradient",
    "relative": "variance over squared\nlength of the mean",
}


def noise(table: pd.DataFrame) -> Figure:
    """Variance of the gradient against the batch size, as it is and over the squared length of its mean."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, len(MEASURES))
        sizes = sorted(rows["size"].unique())
        for axis, (measure, words) in zip(axes, MEASURES.items(), strict=True):
            shown = rows[rows["measure"] == measure]
            for method, of_method in by_method(shown):
                curve = of_method.sort_values("size")
                label = f"{name_of(curve)}{diverged(curve)}"
                draw_curve(axis, method_style(method), curve["size"], curve, label)
            axis.set(yscale="log", ylabel=f"{words} (log axis)")
            batch_axis(axis, sizes, columns=2)
        axes[0].legend(loc="best")

    return per_batch(table, 3.2, "noise of the gradient of a batch, over training", panels)


def cost(table: pd.DataFrame) -> Figure:
    """Time for an example against the batch size, both on logarithmic axes."""
    figure = figure_of(
        table, 3.4, f"time of a training step for each example in it\n{subtitle(table)}"
    )
    axis = figure.subplots()
    for method, of_method in by_method(table):
        curve = of_method.sort_values("batch")
        draw_curve(axis, method_style(method), curve["batch"], curve, name_of(curve))
    axis.set(yscale="log", ylabel="microseconds an example (log axis)")
    axis.yaxis.set_major_formatter(FuncFormatter(plain))
    batch_axis(axis, sorted(table["batch"].unique()))
    axis.legend(loc="best")
    return figure
