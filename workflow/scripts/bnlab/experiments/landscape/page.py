"""Figures and result tables of the landscape of the loss, each from its published table."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import draw_lines, method_label, row_table
from bnlab.page.grids import in_phases, mean, ratio
from bnlab.page.panels import (
    by_method,
    column_title,
    legend_row,
    name_and_failures,
    name_of,
    per_batch,
)
from bnlab.page.profiles import Measure, draw_over_steps, draw_ratios
from bnlab.page.style import NONE_LEFT

STATISTICS = {"moving": "frozen statistics", "batch": "statistics of each point"}

smoothness = partial(
    draw_over_steps,
    lines=[
        {
            "loss_range": Measure("range of the loss"),
            "gradient_change": Measure("change of the gradient"),
            "smoothness": Measure("effective smoothness β"),
        },
        {
            "loss_range_in_weights": Measure("range of the loss"),
            "gradient_change_in_weights": Measure("change of the gradient,\nits length = 1"),
            "smoothness_in_weights": Measure("effective smoothness β,\nweights of length 1"),
        },
    ],
    names=["steps of ½ to 4 learning rates", "steps of 0.1 to 3 % of the weights"],
    title="the loss along the gradient (the lower, the smoother)",
)


def lines(table: pd.DataFrame) -> Figure:
    """Draw the rise of the loss over the distance, a panel for each kind of statistics.

    Methods with one kind alone are the same in every panel.
    """

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        kinds = _kinds(rows)
        axes = part.subplots(1, len(kinds), squeeze=False, sharey=True)[0]
        for axis, kind in zip(axes, kinds, strict=True):
            of_kind = rows["statistics"] == kind
            others = ~rows["method"].isin(rows.loc[of_kind, "method"])
            draw_lines(axis, rows[of_kind | others], "distance", name_and_failures)
            axis.set(title=STATISTICS[kind], xlabel="distance (filters' own length = 1)")
        axes[0].set_ylabel("rise of the training loss")
        legend_row(part, *axes)

    title = "training loss along random directions, normalized filter by filter"
    return per_batch(table, 3.0, title, panels)


def surface(table: pd.DataFrame) -> Figure:
    """Draw contours of the loss on a plane through the trained weights, a column per method, a line per statistics."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods, kinds = list(by_method(rows)), _kinds(rows)
        known = rows.loc[rows["loss"] > 0, "loss"]
        levels = np.geomspace(known.min(), known.max(), 14) if len(known) else np.array([1.0, 2.0])
        grid = part.subplots(len(kinds), len(methods), squeeze=False, sharex=True, sharey=True)
        for column, (_, of_method) in zip(grid.T, methods, strict=True):
            for axis, kind in zip(column, kinds, strict=True):
                _contours(axis, of_method[of_method["statistics"] == kind], levels)
                of_kind = f"\n{STATISTICS[kind]}" if len(_kinds(of_method)) > 1 else ""
                column_title(axis, name_of(of_method), len(methods), of_kind)
            [axis for axis in column if axis.get_visible()][-1].tick_params(labelbottom=True)

    height = 0.5 + 6.6 * table["statistics"].nunique() / max(table["method"].nunique(), 2)
    title = "training loss on a plane through the trained weights (axes: filters' own length = 1)"
    return per_batch(table, height, title, panels)


def _kinds(rows: pd.DataFrame) -> list[str]:
    """Return the kinds of statistics that rows have."""
    return [kind for kind in STATISTICS if (rows["statistics"] == kind).any()]


def _contours(axis: Axes, rows: pd.DataFrame, levels: np.ndarray) -> None:
    """Draw contours at these losses; no panel for a method without these statistics."""
    axis.set_aspect("equal")
    axis.grid(visible=False)
    if rows.empty:
        axis.set_visible(False)
        return
    if rows["loss"].isna().all():
        axis.text(0.5, 0.5, NONE_LEFT, transform=axis.transAxes, ha="center", va="center")
        return
    wide = rows.pivot(index="b", columns="a", values="loss")
    plane = (wide.columns, wide.index, wide)
    axis.contourf(*plane, levels=levels, cmap="YlGnBu", alpha=0.55, norm="log")
    drawn = axis.contour(*plane, levels=levels, colors="#444444", linewidths=0.6)
    axis.clabel(drawn, levels[::3], fontsize=8, fmt=lambda value: f"{value:.2g}")
    axis.plot(0, 0, "+", color="black", markersize=6)


smoothness_ratio = partial(
    draw_ratios,
    measures={
        "loss_range": "range of the loss",
        "smoothness": "effective smoothness β",
        "gradient_change_in_weights": "change of the gradient,\nsteps by weights",
        "smoothness_in_weights": "effective smoothness β,\nweights of length 1",
    },
    title="the loss along the gradient, over that of base (below one: smoother)",
)

FIGURES = {
    "smoothness": smoothness,
    "smoothness_ratio": smoothness_ratio,
    "lines": lines,
    "surface": surface,
}

smoothness_in_phases = partial(
    in_phases,
    measures={
        "loss_range": "range of the loss, steps by rate",
        "gradient_change": "change of the gradient, steps by rate",
        "smoothness": "effective smoothness β, steps by rate",
        "loss_range_in_weights": "range of the loss, steps by weights",
        "gradient_change_in_weights": "relative change of the gradient, steps by weights",
        "smoothness_in_weights": "effective smoothness β, weights of length one",
    },
)


def _concave(row: Any) -> str:
    return f"{100 * row.concave:.0f} % of a line" if row.n else "–"


rises = partial(
    row_table,
    columns={
        "method": method_label,
        "statistics": lambda row: {"moving": "frozen", "batch": "of each point"}[row.statistics],
        "distance": lambda row: f"{row.distance:.2g}",
        "rise of the loss": mean,
        "over that of {base}": ratio,
        "curves down on": _concave,
    },
)

GRIDS = {"smoothness_in_phases": smoothness_in_phases, "rises": rises}
