"""Accuracy by learning rate: the figure, and the result table at the best rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import cross_tables, log_axis, split_by
from bnlab.page.grids import Grid, amount, less_base, of_batch, percent, reference_of, rows_of
from bnlab.page.panels import by_method, draw_curve, in_percent, legend_row, name_of, per_batch
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
        log_axis(axis, "learning rate (log axis)")
        legend_row(part, axis)

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
        minus_base = f"minus {reference_of(part)} (points)"
        columns = [compared, "chosen rate", "test accuracy", minus_base]
        columns += ["training accuracy over training (%)", minus_base]
        rows = [
            [
                r.method_label,
                f"{r.learning_rate:g}",
                percent(r),
                less_base(r),
                amount(r, "during", 100),
                less_base(r, "during_difference"),
            ]
            for r in rows_of(part)
        ]
        grids.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return grids


def setting_grids(table: pd.DataFrame, title: str, setting: str, heading: str) -> list[Grid]:
    """Lay out accuracy, chosen rate and p of lost replicates, a row per setting and a column per method.

    Args:
        table: columns method_label, ``setting`` and those of ``settings.accuracies``.
        title: heading of the grids.
        setting: column whose values name the rows, in the order of the table.
        heading: heading of this column.
    """
    return cross_tables(table, title, setting, heading, _at_rate, sort=False)


def _at_rate(row: Any) -> str:
    p = f", p = {row.lost_p:.2g}" if np.isfinite(row.lost_p) and row.lost_p < 1 else ""
    return f"{percent(row)} at rate {row.learning_rate:g}{p}"
