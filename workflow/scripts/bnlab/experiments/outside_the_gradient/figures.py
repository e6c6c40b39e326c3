"""Figures of statistics outside the gradient, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.curves import draw_accuracy
from bnlab.page.panels import by_method, diverged, draw_curve, name_of, per_batch, thousands
from bnlab.page.style import method_style


def accuracy(table: pd.DataFrame) -> Figure:
    """Train and test accuracy against the epoch."""
    return draw_accuracy(table, "accuracy during training")


def biases(table: pd.DataFrame) -> Figure:
    """Length of the biases over steps, on a linear axis and on a logarithmic one."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, 2)
        for axis, scale in zip(axes, ("linear", "log"), strict=True):
            for method, curve in by_method(rows):
                shown = curve if scale == "linear" else curve[curve["mean"] > 0]
                label = f"{name_of(curve)}{diverged(curve)}"
                draw_curve(axis, method_style(method), shown["step"], shown, label)
            axis.set(xlabel="training step", yscale=scale)
            thousands(axis)
        axes[0].set_ylabel("length of the biases of hidden layers")
        axes[0].legend(loc="best")
        axes[1].set_ylabel("the same, log axis")

    return per_batch(table, 3.2, "how the biases of hidden layers grow", panels)
