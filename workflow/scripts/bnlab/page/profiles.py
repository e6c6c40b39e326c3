"""The figure of what a probe finds: layer by layer above, step by step below, a column for each measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator

from bnlab.page.forms import draw_lines
from bnlab.page.panels import by_method, draw_curve, legend_row, name_and_failures, per_batch
from bnlab.page.style import SOFT, method_style

MOST_MARKERS = 25
"""Points of a curve of ratios that are drawn with markers."""
NOTHING_SHARED = "no training loss in common"


class Measure(NamedTuple):
    """Title of a measure in a figure, true for a logarithmic axis, and the range of its values."""

    title: str
    log: bool = True
    limits: tuple[float, float] | None = None


def draw_profiles(table: pd.DataFrame, measures: dict[str, Measure], title: str) -> Figure:
    """A column of panels for each measure, in the order given (``analysis.profiles`` makes the table)."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(2, len(measures), squeeze=False)
        for column, (name, measure) in enumerate(measures.items()):
            for axis, view in zip(grid[:, column], ("layer", "step"), strict=True):
                shown = rows[(rows["measure"] == name) & (rows["view"] == view)]
                _draw(axis, shown, view, measure)
            grid[0, column].set_title(measure.title)
        legend_row(part, *grid.flat)

    return per_batch(table, 4.8, title, panels)


def draw_over_steps(
    table: pd.DataFrame, lines: list[dict[str, Measure]], names: list[str], title: str
) -> Figure:
    """A line of panels for each set of measures, over training steps."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        columns = max(len(measures) for measures in lines)
        grid = part.subplots(len(lines), columns, squeeze=False)
        for line, measures, name in zip(grid, lines, names, strict=True):
            for axis, (kind, measure) in zip(line, measures.items(), strict=True):
                shown = rows[(rows["measure"] == kind) & (rows["view"] == "step")]
                _draw(axis, shown, "step", measure)
                axis.set(title=measure.title, xlabel="training step (log axis)")
            line[0].set_ylabel(name)
        legend_row(part, *grid.flat)

    return per_batch(table, 2.4 * len(lines), title, panels)


def draw_ratios(table: pd.DataFrame, measures: Mapping[str, str], title: str) -> Figure:
    """A line of panels for each measure: its ratio to base over steps, and over the training loss."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(len(measures), 2, squeeze=False, sharex="col", sharey="row")
        for line, (name, words) in zip(grid, measures.items(), strict=True):
            for axis, over in zip(line, ("step", "loss"), strict=True):
                shown = rows[(rows["measure"] == name) & (rows["over"] == over)]
                draw_lines(axis, shown, "at", most_markers=MOST_MARKERS)
                axis.axhline(1, color="#555555", linewidth=0.8, linestyle=":")
                axis.set(xscale="log", yscale="log")
                if shown.empty and over == "loss":
                    middle: Any = {"transform": axis.transAxes, "ha": "center", "va": "center"}
                    axis.text(0.5, 0.5, NOTHING_SHARED, color=SOFT.light, fontsize=8, **middle)
            line[0].set_ylabel(words)
        grid[-1, 0].set_xlabel("training step (log axis)")
        grid[-1, 1].set_xlabel("training loss (log axis, falling)")
        grid[-1, 1].invert_xaxis()
        legend_row(part, *grid.flat)

    return per_batch(table, 1.9 * len(measures), title, panels)


def _draw(axis: Axes, rows: pd.DataFrame, view: str, measure: Measure) -> None:
    shown = rows[rows["at"] > 0] if view == "step" else rows
    for method, curve in by_method(shown):
        few = curve["at"].nunique() <= MOST_MARKERS
        label = name_and_failures(curve)
        draw_curve(axis, method_style(method), curve["at"], curve, label, markers=few)
    if measure.log and (shown["mean"] > 0).any():
        axis.set_yscale("log")
        positive = shown.loc[shown["mean"] > 0, "mean"]
        axis.set_ylim(positive.min() / 2, 2 * np.nanmax(shown[["mean", "high"]].to_numpy(float)))
    if measure.limits:
        low, high = axis.get_ylim()
        axis.set_ylim(max(low, measure.limits[0]), min(high, measure.limits[1]))
    if view == "step":
        axis.set(xscale="log", xlabel="training step (log axis), over layers")
    else:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_xlabel("layer, over steps")
