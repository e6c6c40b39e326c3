"""Figures of other norms, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.curves import draw_accuracy
from bnlab.page.panels import by_method, diverged, draw_curve, growing, name_of, per_batch
from bnlab.page.style import method_style


def accuracy(table: pd.DataFrame) -> Figure:
    """Train and test accuracy against the epoch."""
    return draw_accuracy(table, "accuracy during training")


def loss(table: pd.DataFrame) -> Figure:
    """Training loss against the epoch."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for method, curve in by_method(rows):
            label = f"{name_of(curve)}{diverged(curve)}"
            draw_curve(axis, method_style(method), curve["epoch"], curve, label)
        growing(axis, rows["epoch"])
        axis.set(yscale="log", xlabel="epoch (first one on a linear scale)", ylabel="training loss")
        axis.legend(loc="best")

    return per_batch(table, 3.2, "training loss", panels)
