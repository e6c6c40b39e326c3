"""The figure of scaled inputs, drawn from its published table and nothing else."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, NullFormatter

from bnlab.page.panels import by_method, draw_curve, in_percent, name_of, per_batch, plain
from bnlab.page.style import look


def by_rate(table: pd.DataFrame) -> Figure:
    """Test accuracy against the learning rate, the chosen one ringed."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for method, of_method in by_method(rows):
            curve = of_method.sort_values("learning_rate")
            percent = in_percent(curve)
            draw_curve(axis, look(method), curve["learning_rate"], percent, name_of(curve))
            best = percent[percent["chosen"]]
            ring: Any = {"ls": "", "markersize": 11, "markerfacecolor": "none"}
            axis.plot(best["learning_rate"], best["mean"], "o", color=look(method).color, **ring)
        axis.set(xscale="log", xlabel="learning rate (log axis)", ylabel="test accuracy (%)")
        axis.xaxis.set_major_formatter(FuncFormatter(plain))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.legend(loc="best")

    return per_batch(
        table, 3.2, "test accuracy at the end (ringed: the best rate by validation)", panels
    )
