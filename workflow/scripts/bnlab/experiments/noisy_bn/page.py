"""Figures and result tables of noise after batch normalization, each from its published table."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from scipy.stats import gaussian_kde

from bnlab.page.curves import draw_accuracy
from bnlab.page.forms import method_label, row_table
from bnlab.page.grids import amount, final, lost
from bnlab.page.panels import by_method, column_title, name_of, per_batch
from bnlab.page.profiles import Measure, draw_profiles
from bnlab.page.style import NONE_LEFT, method_style

OVERLAP = 1.6
"""Height of a ridge, the distance between two being 1."""
POINTS = 50
"""Points of the line of a ridge."""

stability = partial(
    draw_profiles,
    measures={
        "sliced_in_spreads": Measure("shift of outputs in ten steps,\nstandard deviation = 1"),
        "sliced": Measure("shift of outputs in ten steps,\nas it is"),
    },
    title="earth mover's distance between a layer's outputs now and ten steps later",
)


def ridgeline(table: pd.DataFrame) -> Figure:
    """Draw densities of one unit's values at a few steps, later ones below; a column per method, a line per layer."""
    layers = sorted(table["layer"].unique())

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods = list(by_method(rows))
        grid = part.subplots(len(layers), len(methods), squeeze=False, sharex="row")
        for column, (method, of_method) in zip(grid.T, methods, strict=True):
            for axis, layer in zip(column, layers, strict=True):
                _ridges(axis, method_style(method).color, of_method[of_method["layer"] == layer])
            column_title(column[0], name_of(of_method), len(methods))
        for axis, layer in zip(grid[:, 0], layers, strict=True):
            axis.set_ylabel(f"layer {layer}\ntraining step")
        part.supxlabel("what enters the activation", fontsize=9)

    title = "values of the first unit in each layer over validation rows, one replicate"
    return per_batch(table, 0.4 + 2.0 * len(layers), title, panels)


def _ridges(axis: Axes, color: str, rows: pd.DataFrame) -> None:
    """Draw a kernel density estimate for each step, all to the same height."""
    steps = sorted(rows["step"].unique())
    axis.set_yticks(range(len(steps)), [f"{step:,}" for step in steps], fontsize=8)
    axis.set_ylim(len(steps) - 0.4, -OVERLAP)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False)
    for height, step in enumerate(steps):
        values = rows.loc[rows["step"] == step, "value"].dropna().to_numpy()
        if len(values) and (spread := np.ptp(values)) > 0:
            x = np.linspace(values.min() - 0.2 * spread, values.max() + 0.2 * spread, POINTS)
            density = gaussian_kde(values)(x)
            top = height - OVERLAP * density / density.max()
            outline: Any = {"facecolor": (color, 0.35), "edgecolor": color, "linewidth": 0.7}
            axis.fill([*x, x[-1], x[0]], [*top, height, height], **outline)
    if rows["value"].isna().all():
        axis.text(0.5, 0.5, NONE_LEFT, transform=axis.transAxes, ha="center", va="center")


FIGURES = {
    "training": partial(draw_accuracy, title="accuracy during training, with noise and without"),
    "ridgeline": ridgeline,
    "stability": stability,
}

gain_kept = partial(
    row_table,
    columns={
        "method": method_label,
        "share of the gain in training accuracy": lambda row: (
            f"{amount(row, scale=100)} %{lost(row)}"
        ),
    },
)

GRIDS = {"final": final, "gain_kept": gain_kept}
