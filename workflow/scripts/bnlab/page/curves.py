"""Figure of accuracy during training."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.panels import (
    accuracy_axis,
    by_method,
    draw_curve,
    epoch_axis,
    legend_row,
    name_and_failures,
    on_axis,
    per_batch,
)
from bnlab.page.style import method_style

MOST_MARKERS = 60
"""Evaluations of a curve whose points are told apart."""


def draw_accuracy(table: pd.DataFrame, title: str = "accuracy during training") -> Figure:
    """Draw train and test accuracy against the epoch, side by side; a row of panels per batch size."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, 2, sharey=True)
        for axis, split in zip(axes, ("train", "test"), strict=True):
            shown = rows[rows["split"] == split]
            for method, curve in by_method(shown):
                label = name_and_failures(curve)
                markers = len(curve) <= MOST_MARKERS
                drawn = on_axis(curve, rows)
                draw_curve(
                    axis, method_style(method), curve["epoch"], drawn, label, markers=markers
                )
            epoch_axis(axis, shown["epoch"])
            accuracy_axis(axis, rows)
            axis.set_title(f"{split} accuracy")
        axes[1].set_ylabel("")
        legend_row(part, *axes)

    return per_batch(table, 3.3, title, panels)
