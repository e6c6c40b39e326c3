"""Figures and result table of calibration."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from bnlab.analysis.statistics import FEWEST
from bnlab.page.forms import method_label, row_table
from bnlab.page.grids import amount, less_base, lost
from bnlab.page.panels import by_method, legend_row, name_and_failures, per_batch
from bnlab.page.phrases import written_out
from bnlab.page.style import method_style

KINDS = {False: "as predicted", True: "after temperature scaling"}


def bins(table: pd.DataFrame) -> Figure:
    """Draw accuracy over confidence."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        axis.plot([0, 100], [0, 100], color="0.6", lw=0.8, zorder=0)
        _draw(axis, rows, "confidence")
        axis.set(xlabel="confidence (%)", ylabel="right (%)", xlim=(0, 102), ylim=(0, 102))
        legend_row(part, axis)

    return per_batch(table, 3.6, "accuracy by confidence, each method at its best rate", panels)


def error(table: pd.DataFrame) -> Figure:
    """Draw calibration error over the training loss, a point a rate, as predicted and after temperature scaling."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, len(KINDS), sharex=True, sharey=True)
        for axis, (scaled, words) in zip(axes, KINDS.items(), strict=True):
            _draw(axis, rows[rows["scaled"] == scaled], "loss", 1)
            axis.set(title=words, xlabel="training loss (log axis)", xscale="log")
        axes[0].set_ylabel("calibration error (points)")
        legend_row(part, *axes)

    return per_batch(
        table, 3.2, "calibration error by training loss, a point a learning rate", panels
    )


def _draw(axis: Axes, rows: pd.DataFrame, x: str, scale: float = 100) -> None:
    """Draw means over a column times ``scale`` as points with both intervals.

    Fewer replicates than ``FEWEST`` have no intervals.
    """
    for method, curve in by_method(rows):
        style = method_style(method)
        form: Any = {"color": style.color, "lw": 1}
        sure = curve[curve["n"] >= FEWEST]
        if len(sure):
            across, up = scale * sure[x], 100 * sure["mean"]
            wide = [np.abs(across - scale * sure[f"{x}_{side}"]) for side in ("low", "high")]
            high = [np.abs(up - 100 * sure[side]) for side in ("low", "high")]
            axis.errorbar(across, up, high, wide, ls="", **form)
        label = name_and_failures(curve)
        drawn = scale * curve[x], 100 * curve["mean"]
        axis.plot(*drawn, label=label, ls="", **form | style.marks)


FIGURES = {"bins": bins, "error": error}

calibration = partial(
    row_table,
    columns={
        "method": method_label,
        "predictions": lambda row: KINDS[bool(row.scaled)],
        "rate": lambda row: written_out(row.learning_rate),
        "error (points)": lambda row: f"{amount(row, scale=100)}{lost(row)}",
        "less {base}": less_base,
        "too sure by (points)": lambda row: amount(row, "overconfidence", 100),
    },
)

GRIDS = {"calibration": calibration}
