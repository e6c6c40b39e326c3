"""The figure of what a probe finds: layer by layer above, step by step below, a column for each measure."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator

from bnlab.page.panels import by_method, diverged, draw_curve, name_of, per_batch
from bnlab.page.style import look


class Measure(NamedTuple):
    """What a measure is called in a figure, and whether its axis is logarithmic."""

    title: str
    log: bool = True


def draw_profiles(table: pd.DataFrame, measures: dict[str, Measure], title: str) -> Figure:
    """A column of panels for each measure, in the order given (``analysis.profiles`` makes the table)."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = part.subplots(2, len(measures), squeeze=False)
        for column, (name, measure) in enumerate(measures.items()):
            for axis, view in zip(grid[:, column], ("layer", "step"), strict=True):
                shown = rows[(rows["measure"] == name) & (rows["view"] == view)]
                _draw(axis, shown, view, measure)
            grid[0, column].set_title(measure.title)
        grid[0, 0].legend(loc="best")

    return per_batch(table, 4.8, title, panels)


def _draw(axis: Axes, rows: pd.DataFrame, view: str, measure: Measure) -> None:
    shown = rows[rows["at"] > 0] if view == "step" else rows
    for method, curve in by_method(shown):
        label = f"{name_of(curve)}{diverged(curve)}"
        few = curve["at"].nunique() <= 40
        draw_curve(axis, look(method), curve["at"], curve, label, markers=few)
    if measure.log and (shown["mean"] > 0).any():
        axis.set_yscale("log")
        positive = shown.loc[shown["mean"] > 0, "mean"]
        axis.set_ylim(positive.min() / 2, shown["high"].max() * 2)
    if view == "step":
        axis.set(xscale="log", xlabel="training step (log axis), over layers")
    else:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_xlabel("layer, over steps")
