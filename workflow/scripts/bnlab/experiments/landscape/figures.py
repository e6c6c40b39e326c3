"""Figures of the landscape, each drawn from its published table and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase

from bnlab.page.panels import by_method, diverged, draw_curve, name_of, per_batch
from bnlab.page.profiles import Measure, draw_over_steps
from bnlab.page.style import NONE_LEFT, method_style

STATISTICS = {"moving": "frozen statistics", "batch": "statistics of each point"}


def smoothness(table: pd.DataFrame) -> Figure:
    """Range of the loss, change of the gradient and β over training: steps by rate above, by weights below."""
    return draw_over_steps(
        table,
        [
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
        ["steps of ½ to 4 learning rates", "steps of 0.1 to 3 % of the weights"],
        "the loss along the gradient (the lower, the smoother)",
    )


def lines(table: pd.DataFrame) -> Figure:
    """Rise of the loss against the distance, one panel for each kind of statistics."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        kinds = [kind for kind in STATISTICS if (rows["statistics"] == kind).any()]
        axes = part.subplots(1, len(kinds), squeeze=False, sharey=True)[0]
        for axis, kind in zip(axes, kinds, strict=True):
            for method, of_method in by_method(rows):
                has = (of_method["statistics"] == kind).any()
                shown = of_method[of_method["statistics"] == (kind if has else "moving")]
                label = f"{name_of(shown)}{diverged(shown)}"
                draw_curve(axis, method_style(method), shown["distance"], shown, label)
            axis.set(title=STATISTICS[kind], xlabel="distance (filters' own length = 1)")
            axis.legend(loc="upper left")
        axes[0].set_ylabel("rise of the training loss")

    return per_batch(
        table, 3.0, "training loss along random directions, normalized filter by filter", panels
    )


def surface(table: pd.DataFrame) -> Figure:
    """Contours of the loss on a plane through the trained weights: methods side by side, statistics below another."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        methods = list(by_method(rows))
        kinds = [kind for kind in STATISTICS if (rows["statistics"] == kind).any()]
        levels = _levels(rows["loss"])
        grid = part.subplots(len(kinds), len(methods), squeeze=False, sharex=True, sharey=True)
        for line, kind in zip(grid, kinds, strict=True):
            for axis, (_, of_method) in zip(line, methods, strict=True):
                _contours(axis, of_method[of_method["statistics"] == kind], levels)
            line[0].set_ylabel(STATISTICS[kind])
        for axis, (_, of_method) in zip(grid[0], methods, strict=True):
            axis.set_title(name_of(of_method))

    kinds = table["statistics"].nunique()
    width = table["method"].nunique()
    title = "training loss on a plane through the trained weights (axes: filters' own length = 1)"
    return per_batch(table, 0.5 + kinds * 6.6 / max(width, 2), title, panels)


def _levels(loss: pd.Series) -> np.ndarray:
    known = loss[loss > 0]
    return np.geomspace(known.min(), known.max(), 14) if len(known) else np.array([1.0, 2.0])


def _contours(axis: Axes, rows: pd.DataFrame, levels: np.ndarray) -> None:
    axis.set_aspect("equal")
    axis.grid(visible=False)
    if rows.empty or rows["loss"].isna().all():
        text = "keeps no statistics" if rows.empty else NONE_LEFT
        axis.text(0.5, 0.5, text, transform=axis.transAxes, ha="center", va="center")
        return
    wide = rows.pivot(index="b", columns="a", values="loss")
    axis.contourf(
        wide.columns, wide.index, wide, levels=levels, cmap="YlGnBu", alpha=0.55, norm="log"
    )
    lines = axis.contour(
        wide.columns, wide.index, wide, levels=levels, colors="#444444", linewidths=0.6
    )
    axis.clabel(lines, fontsize=7.5, fmt=lambda value: f"{value:.2g}")
    axis.plot(0, 0, "+", color="black", markersize=6)
