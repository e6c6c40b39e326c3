"""The figure of mistakes, drawn from its published table and nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bnlab.experiments.faults import mistakes
from bnlab.page.panels import figure_of, name_of, plain
from bnlab.page.style import method_style

FAULT_COLOR = "#d55e00"
FAULT_LINES: dict[str, Any] = {"test": "-", "train": (0, (4, 1.5))}
PLAIN_LINES: dict[str, Any] = {"base": (0, (1.2, 1.2)), "bn": (0, (4, 1.2, 1, 1.2))}


def faults(table: pd.DataFrame) -> Figure:
    """Accuracy by epoch, a panel a mistake beside base and bn, with what the source reports."""
    runs = ["method", "batch", "trained_with"]
    drawn = [rows for _, rows in table.groupby(runs, sort=False)]
    correct = [rows for rows in drawn if _is_plain(rows)]
    wrong = sorted((r for r in drawn if not _is_plain(r)), key=_order)
    columns = min(max(len(wrong), 1), 3)
    lines = -(-max(len(wrong), 1) // columns)
    title = "accuracy during training with a mistake in batch normalization"
    figure = figure_of(table, 1.0 + 1.95 * lines, title)
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for axis in grid.flat[len(wrong) :]:
        axis.set_axis_off()
    for axis, rows in zip(grid.flat, wrong, strict=False):
        _mistake(axis, rows, correct)
    for axis in grid[:, 0]:
        axis.set_ylabel("accuracy (%)")
    for column in range(columns):
        grid[:, column][(len(wrong) - 1 - column) // columns].tick_params(labelbottom=True)
        grid[-1, column].set_xlabel("epoch (log axis)")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _order(rows: pd.DataFrame) -> tuple[int, str]:
    """By code, and variants of one mistake together."""
    return mistakes.place(rows["code"].iloc[0]), str(rows["method_label"].iloc[0])


def _is_plain(rows: pd.DataFrame) -> bool:
    """Whether these rows are base or bn without a mistake, which every panel shows."""
    return rows["method"].iloc[0] in PLAIN_LINES and rows["code"].iloc[0] == mistakes.NO_CODE


def _mistake(axis: Axes, rows: pd.DataFrame, correct: Sequence[pd.DataFrame]) -> None:
    """A mistake's curves, thick, over those of base and bn, and the two numbers to be met."""
    lowest = 0.78
    for other in correct:
        method, test = str(other["method"].iloc[0]), other[other["split"] == "test"]
        axis.plot(
            test["epoch"],
            test["mean"],
            color=method_style(method).color,
            linestyle=PLAIN_LINES[method],
            linewidth=1,
            label=f"{name_of(other)}, test",
        )
    for split, line in FAULT_LINES.items():
        curve = rows[rows["split"] == split]
        axis.plot(
            curve["epoch"],
            curve["mean"],
            color=FAULT_COLOR,
            linestyle=line,
            linewidth=1.9 if split == "test" else 1.2,
            label=f"with the mistake, {split}",
        )
        axis.fill_between(
            curve["epoch"], curve["low"], curve["high"], color=FAULT_COLOR, alpha=0.18, linewidth=0
        )
    axis.plot(
        mistakes.EARLY_EPOCH,
        mistakes.EARLY_ACCURACY,
        "^",
        color="black",
        markersize=5,
        linestyle="none",
        label=f"training must be above {mistakes.EARLY_ACCURACY * 100:g} %",
    )
    epoch = rows["base_epoch"].iloc[0]
    if np.isfinite(epoch):
        low, high = mistakes.TARGET
        axis.add_patch(
            Rectangle(
                (epoch / 1.12, low),
                epoch * (1.12 - 1 / 1.12),
                high - low,
                facecolor="none",
                edgecolor="black",
                zorder=3,
                label="test must pass through the box",
            )
        )
    end = rows[rows["split"] == "test"].iloc[-1]
    if end["mean"] < lowest:
        axis.text(
            0.98,
            0.06,
            f"test ends at {end['mean'] * 100:.1f} %",
            transform=axis.transAxes,
            ha="right",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    title = textwrap.fill(mistakes.title(end), 38)
    verdict = textwrap.fill(mistakes.verdict(end), 42)
    axis.set_title(f"{title}\n{verdict}", loc="left", fontsize=8)
    axis.set(xscale="log", xlim=(1, 130), ylim=(lowest, 1))
    axis.xaxis.set_major_locator(FixedLocator([1, 3, 10, 30, 100]))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(plain))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}"))
