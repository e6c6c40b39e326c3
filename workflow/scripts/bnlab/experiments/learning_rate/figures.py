"""Figures of learning rates, each drawn from its published table and nothing else."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, NullFormatter

from bnlab.analysis.statistics import rounded
from bnlab.page.panels import (
    amount,
    base_name,
    beside,
    by_method,
    diverged,
    ink,
    name_of,
    per_batch,
    plain,
)
from bnlab.page.style import NONE_LEFT, look
from bnlab.study.names import NEAR_BEST

COLORS = "YlGnBu_r"
WORST = 20
"""Points of shortfall from which on all cells have the last colour."""


def heat_map(table: pd.DataFrame) -> Figure:
    """Test accuracy of each method (rows) at each learning rate (columns), coloured by what it lacks to the best.

    The chosen rate is framed, and cells within a point of the best of all have a dot.
    """
    methods = table["method"].nunique()

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axis = part.subplots()
        rates = sorted(rows["learning_rate"].unique())
        lines = list(by_method(rows))
        cells = rows.pivot(index="method", columns="learning_rate", values="mean")
        cells = cells.reindex(index=[method for method, _ in lines])
        lacking = 100 * (np.nanmax(cells.to_numpy()) - cells)
        colors, norm = mpl.colormaps[COLORS], mpl.colors.PowerNorm(0.4, 0, WORST, clip=True)
        sns.heatmap(
            lacking,
            ax=axis,
            cmap=colors,
            norm=norm,
            cbar=False,
            linewidths=1,
            linecolor="white",
            xticklabels=[f"{rate:g}" for rate in rates],
            yticklabels=[name_of(of_method) for _, of_method in lines],
        )
        for place, (method, of_method) in enumerate(lines):
            _without_numbers(axis, of_method, rates, place)
            for _, row in of_method[of_method["n"] > 0].iterrows():
                column = rates.index(row["learning_rate"])
                short = float(lacking.loc[method, row["learning_rate"]])
                _cell(axis, column, place, row, ink(colors(norm(short))), short <= 100 * NEAR_BEST)
        axis.set(xlabel="learning rate", ylabel="")
        axis.tick_params(length=0)
        axis.tick_params(axis="y", rotation=0)

    title = (
        "test accuracy (%) at the end; the darker, the nearer to the best of all, ● within a point of it\n"
        "framed: the rate with the best validation accuracy"
    )
    return per_batch(table, 1.2 + 0.45 * methods, title, panels)


def _cell(axis: Axes, column: int, place: int, row: pd.Series, color: str, near: bool) -> None:
    gone = [f"{row[word]} {word}" for word in ("diverged", "failed") if row[word]]
    text = "\n".join([f"{'● ' if near else ''}{100 * row['mean']:.1f}", *gone])
    axis.text(
        column + 0.5,
        place + 0.5,
        text,
        ha="center",
        va="center",
        size=7.5,
        color=color,
    )
    if row["chosen"]:
        corner = (column + 0.04, place + 0.05)
        axis.add_patch(Rectangle(corner, 0.92, 0.9, fill=False, lw=1.8, ec=color))


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


def _without_numbers(axis: Axes, rows: pd.DataFrame, rates: list[float], place: int) -> None:
    """Hatched cells where every replicate diverged."""
    for rate in rows.loc[rows["n"] == 0, "learning_rate"]:
        column = rates.index(rate)
        style: Any = {"facecolor": "#f4f4f4", "edgecolor": "#c8c8c8", "hatch": "////", "lw": 0}
        axis.add_patch(Rectangle((column, place), 1, 1, **style))
        axis.text(column + 0.5, place + 0.5, "all\ndiverged", ha="center", va="center", size=7.5)


def _range(axis: Axes, method: str, row: pd.Series, place: int) -> None:
    """A line between the mean ends, a marker at the chosen rate, and where replicates' ranges go to
    the end of what was tried an arrow with their number.
    """
    style = look(method)
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
