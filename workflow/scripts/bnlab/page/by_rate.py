"""Accuracy by learning rate: the figure, and the result table at the best rates."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, NullFormatter

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, of_batch, percent, reference_of, rows_of, signed
from bnlab.page.panels import by_method, draw_curve, in_percent, name_of, per_batch, plain
from bnlab.page.style import method_style


def draw_by_rate(table: pd.DataFrame) -> Figure:
    """Test accuracy against the learning rate, the chosen one ringed."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        for method, of_method in by_method(rows):
            curve = of_method.sort_values("learning_rate")
            percent = in_percent(curve)
            draw_curve(axis, method_style(method), curve["learning_rate"], percent, name_of(curve))
            best = percent[percent["chosen"]]
            ring: Any = {"ls": "", "markersize": 11, "markerfacecolor": "none"}
            axis.plot(
                best["learning_rate"], best["mean"], "o", color=method_style(method).color, **ring
            )
        axis.set(xscale="log", xlabel="learning rate (log axis)", ylabel="test accuracy (%)")
        axis.xaxis.set_major_formatter(FuncFormatter(plain))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.legend(loc="best")

    return per_batch(
        table, 3.2, "test accuracy at the end (ringed: the best rate by validation)", panels
    )


def best_grids(table: pd.DataFrame, compared: str) -> list[Grid]:
    """A row per method, which are kinds of ``compared``: rate, accuracy at the end and over training, less base's."""
    shown = []
    for batch, part in table.groupby("batch"):
        base = reference_of(part)
        columns = [compared, "chosen rate", "test accuracy", f"less {base} (points)"]
        columns += ["training accuracy over training (%)", f"less {base} (points)"]
        rows = []
        for r in rows_of(part):
            half = (r.difference_high - r.difference_low) / 2
            during = (r.during_difference_high - r.during_difference_low) / 2
            rows.append(
                [
                    r.method_label,
                    f"{r.learning_rate:g}",
                    percent(r),
                    signed(rounded(100 * r.difference, 100 * half)) if r.pairs else "",
                    rounded(100 * r.during, 50 * (r.during_high - r.during_low)),
                    signed(rounded(100 * r.during_difference, 100 * during)) if r.pairs else "",
                ]
            )
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown
