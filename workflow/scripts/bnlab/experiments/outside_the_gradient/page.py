"""Figures and result tables of statistics outside the gradient, and of whitening, each from its published table."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.curves import draw_accuracy
from bnlab.page.forms import draw_lines, method_label, row_table
from bnlab.page.grids import amount, final, mean, ratio
from bnlab.page.panels import legend_row, log_values, name_and_failures, per_batch, thousands


def biases(table: pd.DataFrame) -> Figure:
    """Draw the length of the biases over steps, on a linear axis and on a logarithmic one."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        linear, log = part.subplots(1, 2)
        draw_lines(linear, rows, "step", name_and_failures)
        draw_lines(log, rows[rows["mean"] > 0], "step")
        for axis in (linear, log):
            axis.set_xlabel("training step")
            thousands(axis)
        linear.set_ylabel("length of the biases of hidden layers")
        legend_row(part, linear)
        log_values(log, "the same")

    return per_batch(table, 3.2, "how the biases of hidden layers grow", panels)


FIGURES = {"biases": biases, "accuracy": draw_accuracy}

growth = partial(
    row_table,
    columns={
        "method": method_label,
        "length of the biases at the end": mean,
        "over that of {base}": ratio,
        "R² of a line": lambda row: amount(row, "r2") if row.n else "–",
    },
)

GRIDS = {"final": final, "growth": growth}
