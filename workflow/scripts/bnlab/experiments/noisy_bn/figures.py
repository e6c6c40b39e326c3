"""Figures of noise after normalization, each drawn from its published table and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from scipy.stats import gaussian_kde

from bnlab.page.curves import draw_accuracy
from bnlab.page.panels import by_method, name_of, per_batch
from bnlab.page.profiles import Measure, draw_profiles
from bnlab.page.style import NONE_LEFT, method_style

OVERLAP = 1.6
"""Height of a ridge, the distance between two being 1."""
POINTS = 60
"""Points of the line of a ridge."""


def training(table: pd.DataFrame) -> Figure:
    """Train and test accuracy against the epoch."""
    return draw_accuracy(table, "accuracy during training, with noise and without")


def stability(table: pd.DataFrame) -> Figure:
    """Earth mover's distance of outputs as it is and in their spread, by layer and by step."""
    return draw_profiles(
        table,
        {
            "sliced": Measure("shift of outputs in ten steps,\nas it is"),
            "sliced_in_spreads": Measure("shift of outputs in ten steps,\nstandard deviation = 1"),
        },
        "earth mover's distance between a layer's outputs now and ten steps later",
    )


def ridgeline(table: pd.DataFrame) -> Figure:
    """Densities of one unit's values at a few steps, later ones below: methods side by side, layers below another."""
    layers = sorted(table["layer"].unique())

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods = list(by_method(rows))
        grid = part.subplots(len(layers), len(methods), squeeze=False, sharex="row")
        for line, layer in zip(grid, layers, strict=True):
            for axis, (method, all_rows) in zip(line, methods, strict=True):
                _ridges(axis, method, all_rows[all_rows["layer"] == layer])
            line[0].set_ylabel(f"layer {layer}\ntraining step")
        for axis, (_, all_rows) in zip(grid[0], methods, strict=True):
            axis.set_title(name_of(all_rows))
        part.supxlabel("what enters the activation", fontsize=9)

    title = "values of the first unit in each layer over validation rows, one replicate"
    return per_batch(table, 0.4 + 2.0 * len(layers), title, panels)


def _ridges(axis: Axes, method: str, rows: pd.DataFrame) -> None:
    color, steps = method_style(method).color, sorted(rows["step"].unique())
    axis.set_yticks(range(len(steps)), [f"{step:,}" for step in steps], fontsize=7.5)
    axis.set_ylim(len(steps) - 0.4, -OVERLAP)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False)
    for place, step in enumerate(steps):
        values = rows.loc[rows["step"] == step, "value"].dropna().to_numpy()
        if len(values) and np.ptp(values) > 0:
            spread = np.ptp(values)
            x = np.linspace(values.min() - 0.2 * spread, values.max() + 0.2 * spread, POINTS)
            density = gaussian_kde(values)(x)
            top = place - OVERLAP * density / density.max()
            axis.fill_between(x, top, place, color=color, alpha=0.35, linewidth=0)
            axis.plot(x, top, color=color, linewidth=0.9)
    if rows["value"].isna().all():
        axis.text(0.5, 0.5, NONE_LEFT, transform=axis.transAxes, ha="center", va="center")
