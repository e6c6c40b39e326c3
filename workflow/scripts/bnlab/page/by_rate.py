"""Accuracy by learning rate: the figure, and the result table at the best rates."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import rate_axis, split_by
from bnlab.page.grids import Grid, amount, of_batch, percent, reference_of, rows_of, signed
from bnlab.page.panels import by_method, draw_curve, in_percent, name_of, per_batch
from bnlab.page.style import method_style


def draw_by_rate(table: pd.DataFrame) -> Figure:
    """Draw test accuracy against the learning rate, with a ring at the chosen one."""

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
        axis.set_ylabel("test accuracy (%)")
        rate_axis(axis)
        axis.legend(loc="best")

    title = "test accuracy at the end (ringed: the best rate by validation)"
    return per_batch(table, 3.2, title, panels)


def best_grids(table: pd.DataFrame, compared: str = "method") -> list[Grid]:
    """Lay out a row per method: its rate, its accuracy at the end and over training, and differences from base.

    Args:
        table: rows of ``analysis.settings.at_the_best``.
        compared: heading of the first column, where methods stand for something else.
    """
    grids = []
    for (batch,), part in split_by(table):
        less = f"less {reference_of(part)} (points)"
        columns = [compared, "chosen rate", "test accuracy", less]
        columns += ["training accuracy over training (%)", less]
        rows = [
            [
                r.method_label,
                f"{r.learning_rate:g}",
                percent(r),
                _less(r, "difference"),
                amount(r, "during", 100),
                _less(r, "during_difference"),
            ]
            for r in rows_of(part)
        ]
        grids.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return grids


def _less(row: Any, column: str) -> str:
    return signed(amount(row, column, 100)) if row.pairs else ""
