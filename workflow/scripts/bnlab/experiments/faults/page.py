"""Figure and result table of mistakes in batch normalization."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from bnlab.experiments.faults.analysis import (
    EARLY_ACCURACY,
    EARLY_EPOCH,
    HIGHEST,
    LOWEST,
    NO_CODE,
)
from bnlab.page.forms import log_axis_at
from bnlab.page.grids import Grid, amount, count, rows_of
from bnlab.page.panels import figure_of, name_of
from bnlab.page.style import HUES, method_style

COLUMNS = 3
COLOR = HUES["rose"].light
LINES: dict[str, Any] = {"test": ("-", 1.9), "train": ((0, (4, 1.5)), 1.2)}
"""Line and width of a mistake's curves."""
CORRECT = ("base", "bn")
BOTTOM = 0.78
"""Least accuracy that is drawn."""


def faults(table: pd.DataFrame) -> Figure:
    """Draw accuracy by epoch, a panel for each mistake beside base and bn, with what the source reports."""
    correct: list[pd.DataFrame] = []
    wrong: list[pd.DataFrame] = []
    for _, rows in table.groupby(["method", "batch", "trained_with"], sort=False):
        is_correct = rows["method"].iloc[0] in CORRECT and rows["code"].iloc[0] == NO_CODE
        (correct if is_correct else wrong).append(rows)
    wrong.sort(key=lambda rows: (number(rows["code"].iloc[0]), name_of(rows)))
    columns = min(max(len(wrong), 1), COLUMNS)
    lines = -(-max(len(wrong), 1) // columns)
    title = "accuracy during training with a mistake; F1, F2, …: its place in the list of mistakes"
    figure = figure_of(table, 1.0 + 1.95 * lines, title)
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for axis in grid.flat[len(wrong) :]:
        axis.set_axis_off()
    for axis, rows in zip(grid.flat, wrong, strict=False):
        _panel(axis, rows, correct)
    for axis in grid[:, 0]:
        axis.set_ylabel("accuracy (%)")
    for column, axes in enumerate(grid.T):
        axes[(len(wrong) - 1 - column) // columns].tick_params(labelbottom=True)
        axes[-1].set_xlabel("epoch (log axis)")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, correct: Sequence[pd.DataFrame]) -> None:
    """Draw a mistake's curves over those of base and bn, and the two numbers that the source reports."""
    for other in correct:
        method, test = str(other["method"].iloc[0]), other[other["split"] == "test"]
        style: Any = {"color": method_style(method).color, "ls": method_style(method).line, "lw": 1}
        axis.plot(test["epoch"], test["mean"], label=f"{name_of(other)}, test", **style)
    for split, (line, width) in LINES.items():
        curve = rows[rows["split"] == split]
        style = {"color": COLOR, "ls": line, "lw": width, "label": f"with the mistake, {split}"}
        axis.plot(curve["epoch"], curve["mean"], **style)
        band: Any = {"color": COLOR, "alpha": 0.18, "linewidth": 0}
        axis.fill_between(curve["epoch"], curve["low"], curve["high"], **band)
    above = f"training must be above {EARLY_ACCURACY * 100:g} %"
    axis.plot(EARLY_EPOCH, EARLY_ACCURACY, "^", color="black", markersize=5, label=above)
    epoch = rows["base_epoch"].iloc[0]
    if np.isfinite(epoch):
        style = {
            "fc": "none",
            "ec": "black",
            "zorder": 3,
            "label": "test must pass through the box",
        }
        width = epoch * (1.12 - 1 / 1.12)
        axis.add_patch(Rectangle((epoch / 1.12, LOWEST), width, HIGHEST - LOWEST, **style))
    end = rows[rows["split"] == "test"].iloc[-1]
    if end["mean"] < BOTTOM:
        text = f"test ends at {end['mean'] * 100:.1f} %"
        box: Any = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axis.text(0.98, 0.06, text, transform=axis.transAxes, ha="right", fontsize=8, bbox=box)
    title = f"{textwrap.fill(name(end), 38)}\n{textwrap.fill(verdict(end), 42)}"
    axis.set_title(title, loc="left", fontsize=8)
    log_axis_at(axis, [1, 3, 10, 30, 100])
    axis.set(xlim=(1, 130), ylim=(BOTTOM, 1))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}"))


FIGURES = {"faults": faults}


def compatibility(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per mistake, in the order of their codes."""
    columns = ["mistake", "what it does", "train accuracy in epoch 3 (%)", "test accuracy (%)"]
    columns += ["at epoch", "verdict"]
    rows = [
        [
            name(row) if np.isfinite(row.epoch) else row.code,
            row.does,
            amount(row, "early", 100),
            _accuracy(row),
            count(row.epoch),
            verdict(row),
        ]
        for row in sorted(rows_of(table), key=lambda row: number(row.code))
    ]
    return [Grid("", columns, rows)]


def _accuracy(row: Any) -> str:
    if not np.isfinite(row.epoch):
        return "–"
    notes = [] if row.quoted == "test" else [f"{row.quoted} accuracy"]
    counts = {"diverged": row.diverged, "failed": row.failed}
    notes += [f"{n:.0f} of {row.replicates:.0f} {word}" for word, n in counts.items() if n]
    return f"{amount(row, scale=100)} ({', '.join(notes)})" if notes else amount(row, scale=100)


def number(code: str) -> int:
    """Return the number in a mistake's code, 0 where it has none."""
    return int(re.sub(r"\D", "", code) or 0)


def name(row: Any) -> str:
    """Return code, label and variant of a row, such as ``F7 BN, rate 0.001``."""
    variant = f", {row.variant}" if isinstance(row.variant, str) and row.variant else ""
    code = "" if row.code == NO_CODE else f"{row.code} "
    return f"{code}{row.method_label}{variant}"


def verdict(row: Any) -> str:
    """Return verdict and reason of a row, such as ``excluded: too high``."""
    return f"{row.verdict}: {row.reason}" if isinstance(row.reason, str) else row.verdict


GRIDS = {"compatibility": compatibility}
