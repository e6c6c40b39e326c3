"""Heat maps of accuracy: methods against learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle

from bnlab.lazy import sns
from bnlab.page.panels import by_method, ink, name_of
from bnlab.study.names import NEAR_BEST

LEGEND = (
    "test accuracy (%) at the end; ● within a point of the best of all\n"
    "framed: the rate with the best validation accuracy; in brackets: replicates that diverged or failed"
)
COLORS = "YlGnBu_r"
WORST = 20
"""Points of shortfall from which on all cells have the last colour."""


def draw_heat(axis: Axes, rows: pd.DataFrame, best: float) -> None:
    """Test accuracy of each method (rows) at each learning rate (columns), coloured by what it lacks to ``best``.

    The chosen rate is framed, cells within a point of ``best`` have a dot, and where no replicate is left a cell is
    hatched.
    """
    rates = sorted(rows["learning_rate"].unique())
    colors, norm = _shades()
    lines = list(by_method(rows))
    cells = rows.pivot(index="method", columns="learning_rate", values="mean")
    cells = cells.reindex(index=[method for method, _ in lines])
    lacking = 100 * (best - cells)
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
        for _, row in of_method[~_all_diverged(of_method)].iterrows():
            column = rates.index(row["learning_rate"])
            short = float(lacking.loc[method, row["learning_rate"]])
            near = short <= 100 * NEAR_BEST
            _cell(axis, column, place, row, ink(colors(norm(short))), near)
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0)
    axis.tick_params(axis="y", rotation=0)


def add_bar(part: FigureBase, axes: Sequence[Axes]) -> None:
    """Draw the scale of the colours beside heat maps."""
    colors, norm = _shades()
    shades = mpl.cm.ScalarMappable(norm, colors)
    bar = part.colorbar(shades, ax=axes, ticks=[0, 1, 5, 10, WORST], aspect=25, pad=0.02)
    bar.ax.set_yticklabels(["0", "1", "5", "10", f"{WORST} or more"])
    bar.set_label("points below the best")
    bar.ax.invert_yaxis()
    bar.outline.set_visible(False)


def _shades() -> tuple[Any, Any]:
    return mpl.colormaps[COLORS], mpl.colors.PowerNorm(0.4, 0, WORST, clip=True)


def _cell(axis: Axes, column: int, place: int, row: pd.Series, color: str, near: bool) -> None:
    gone = [f"({count})"] if (count := row["diverged"] + row["failed"]) else []
    text = "\n".join([f"{'● ' if near else ''}{100 * row['mean']:.1f}", *gone])
    axis.text(
        column + 0.5,
        place + 0.5,
        text,
        ha="center",
        va="center",
        size=8,
        color=color,
    )
    if row["chosen"]:
        corner = (column + 0.04, place + 0.05)
        axis.add_patch(Rectangle(corner, 0.92, 0.9, fill=False, lw=1.8, ec=color))


def _all_diverged(rows: pd.DataFrame) -> pd.Series:
    return rows["diverged"] == rows["replicates"]


def _without_numbers(axis: Axes, rows: pd.DataFrame, rates: list[float], place: int) -> None:
    """Hatched cells where every replicate diverged."""
    for rate in rows.loc[_all_diverged(rows), "learning_rate"]:
        column = rates.index(rate)
        style: Any = {"facecolor": "#f4f4f4", "edgecolor": "#c8c8c8", "hatch": "////", "lw": 0}
        axis.add_patch(Rectangle((column, place), 1, 1, **style))
        axis.text(column + 0.5, place + 0.5, "all\ndiverged", ha="center", va="center", size=8)
