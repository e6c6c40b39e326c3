"""The figure of mixtures of batches, drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.panels import by_method, draw_curve, in_percent, name_of, per_batch
from bnlab.page.style import method_style


def mixing(table: pd.DataFrame) -> Figure:
    """Test accuracy against the mixture of batches, from random ones to those of fewest classes."""
    order = list(dict.fromkeys(table["mixture"]))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for method, of_method in by_method(rows):
            curve = in_percent(of_method)
            x = curve["mixture"].map(order.index)
            draw_curve(axis, method_style(method), x, curve, name_of(curve))
        axis.set_xticks(range(len(order)), order)
        axis.set(xlabel="rows of a training batch", ylabel="test accuracy (%)", ylim=(0, 101))
        axis.legend(loc="best")

    return per_batch(table, 3.2, "test accuracy at the end, after batches of few classes", panels)
