"""Figures of learning rates, each drawn from its published table and nothing else."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import FuncFormatter, NullFormatter

from bnlab.analysis.statistics import rounded
from bnlab.page.heat import draw_heat
from bnlab.page.panels import (
    amount,
    base_name,
    beside,
    by_method,
    diverged,
    name_of,
    per_batch,
    plain,
)
from bnlab.page.style import NONE_LEFT, method_style
from bnlab.study.names import NEAR_BEST


def heat_map(table: pd.DataFrame) -> Figure:
    """Test accuracy of each method (rows) at each learning rate (columns), coloured by what it lacks to the best.

    The chosen rate is framed, and cells within a point of the best of all have a dot.
    """
    methods = table["method"].nunique()

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        draw_heat(axis, rows, rows["mean"].max())
        axis.set(xlabel="learning rate")

    title = (
        "test accuracy (%) at the end; the darker, the nearer to the best of all, ● within a point of it\n"
        "framed: the rate with the best validation accuracy"
    )
    return per_batch(table, 1.2 + 0.45 * methods, title, panels)


def rate_range(table: pd.DataFrame) -> Figure:
    """The learning rates near the best, a line per method, and how many decades they are."""
    methods = table["method"].nunique()

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        lines = list(by_method(rows))
        for place, (method, of_method) in enumerate(lines):
            _range(axis, method, of_method.iloc[0], place)
        first, last = rows["first_tried"].min(), rows["last_tried"].max()
        axis.set(xscale="log", xlim=(first / 2.5, last * 2.5), ylim=(len(lines) - 0.4, -0.9))
        axis.set_yticks(range(len(lines)), [name_of(of_method) for _, of_method in lines])
        axis.set_xlabel("learning rate (log axis; dots: tried; shaded: beyond)")
        axis.xaxis.set_major_formatter(FuncFormatter(plain))
        axis.xaxis.set_minor_formatter(NullFormatter())
        for outside in ((first / 2.5, first), (last, last * 2.5)):
            axis.axvspan(*outside, color="#f0f0f0", linewidth=0, zorder=0)
        axis.tick_params(axis="y", length=0)
        for column, heading in ((1.02, "decades"), (1.2, f"less {base_name(rows)}")):
            beside(axis, column, -0.7, heading)

    title = f"learning rates within {100 * NEAR_BEST:g} point of the best test accuracy"
    return per_batch(table, 1.3 + 0.35 * methods, title, panels)


def _range(axis: Axes, method: str, row: pd.Series, place: int) -> None:
    """A line between the mean ends, a marker at the chosen rate, and where replicates' ranges go to
    the end of what was tried an arrow with their number.
    """
    style = method_style(method)
    if not row["n"]:
        text = f"{NONE_LEFT}{diverged(row.to_frame().T)}"
        axis.text(row["first_tried"], place, text, va="center", fontsize=8)
        return
    rates = [float(rate) for rate in row["tried"].split()]
    axis.plot(rates, [place] * len(rates), ".", color="#8a8a8a", markersize=4, zorder=1)
    line: Any = {"color": style.color, "linewidth": 5, "alpha": 0.45, "solid_capstyle": "butt"}
    axis.plot([row["lowest"], row["highest"]], [place, place], **line)
    axis.plot(
        [row["lowest"], row["highest"]], [place, place], "|", color=style.color, markersize=11
    )
    point: Any = {"color": style.color, "markeredgecolor": "white", "markeredgewidth": 0.5}
    axis.plot(row["learning_rate"], place, style.marker, markersize=8, **point)
    for end, tried, text, side, shift in (
        ("lowest", "first_tried", "◀ {}", "right", -7),
        ("highest", "last_tried", "{} ▶", "left", 7),
    ):
        if count := row[f"reaches_{end}"]:
            how: Any = {"xytext": (shift, 0), "textcoords": "offset points", "ha": side}
            arrow = text.format(count)
            axis.annotate(arrow, (row[tried], place), va="center", color=style.color, size=8, **how)
    more = "≥ " if row["reaches_lowest"] or row["reaches_highest"] else ""
    beside(axis, 1.02, place, more + rounded(row["mean"], (row["high"] - row["low"]) / 2))
    beside(axis, 1.2, place, amount(row, "difference"))
