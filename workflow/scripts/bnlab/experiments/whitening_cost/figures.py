"""The figure of the cost of whitening, drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter

from bnlab.page.panels import by_method, draw_curve, name_of, per_batch, plain
from bnlab.page.style import method_style


def cost(table: pd.DataFrame) -> Figure:
    """Time of a step against the width of the hidden layer, both on logarithmic axes."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for method, of_method in by_method(rows):
            curve = of_method.sort_values("units")
            draw_curve(axis, method_style(method), curve["units"], curve, name_of(curve))
        axis.set(xscale="log", yscale="log", xlabel="units of the hidden layer (log axis)")
        axis.set_ylabel("milliseconds of a step (log axis)")
        axis.xaxis.set_major_formatter(FuncFormatter(plain))
        axis.yaxis.set_major_formatter(FuncFormatter(plain))
        axis.legend(loc="upper left")

    return per_batch(table, 3.2, "time of a training step", panels)
