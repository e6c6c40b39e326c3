"""Figures and result tables of methods by batch size: accuracy, its difference from a reference, and loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bnlab.analysis.summaries import CURVES
from bnlab.page.forms import cross_table
from bnlab.page.grids import Grid, amount, cell, count, part, rows_of, unit_of
from bnlab.page.panels import (
    accuracy_axis,
    batch_axis,
    by_method,
    draw_curve,
    figure_of,
    label_ends,
    legend_row,
    log_values,
    name_of,
    on_axis,
    subtitle,
)
from bnlab.page.phrases import minus
from bnlab.page.style import MethodStyle, method_style


class Curve(NamedTuple):
    """A line of a figure: style, label and rows."""

    style: MethodStyle
    label: str
    rows: pd.DataFrame

    def of(self, split: str, metric: str) -> Curve:
        """Return the curve of one number."""
        rows = self.rows
        return self._replace(rows=rows[(rows["split"] == split) & (rows["metric"] == metric)])


Panel = Callable[[Axes, Sequence[Curve], Sequence[Curve]], None]
"""Function that draws the curves of one column; the last argument is those of every column."""


def draw_all_methods(table: pd.DataFrame) -> Figure:
    """Draw test accuracy, its difference from base and validation loss against the batch size."""
    panels = [accuracies, differences, losses] if is_compared(table) else [accuracies, losses]
    return draw_methods(table, panels, "test accuracy and validation loss by batch size")


def is_compared(table: pd.DataFrame) -> bool:
    """Return true where a method has a difference from the reference."""
    return bool((table["pairs"] > 0).any())


def draw_methods(table: pd.DataFrame, panels: Sequence[Panel], title: str) -> Figure:
    """Draw panels one above the other, with a curve a method."""
    curves = [Curve(method_style(method), name_of(rows), rows) for method, rows in by_method(table)]
    return stacked(table, {"": curves}, panels, title)


def stacked(
    table: pd.DataFrame,
    columns: Mapping[str, Sequence[Curve]],
    panels: Sequence[Panel],
    title: str,
) -> Figure:
    """Draw a column of panels for each group of curves, below its heading."""
    figure = figure_of(table, 0.9 + 2.6 * len(panels), f"{title}\n{subtitle(table)}")
    grid = figure.subplots(len(panels), len(columns), sharex=True, sharey="row", squeeze=False)
    every = [curve for curves in columns.values() for curve in curves]
    for axes, (heading, curves) in zip(grid.T, columns.items(), strict=True):
        for axis, draw in zip(axes, panels, strict=True):
            draw(axis, curves, every)
        batch_axis(axes[-1], sorted(table["batch"].unique()), len(columns))
        of_test = [curve.of("test", "accuracy") for curve in curves]
        if heading:
            axes[0].set_title(heading + _losses_in_words(of_test[0].rows))
        else:
            _write_losses(axes[0], of_test[: 1 if "statistics" in table else None])
    for axis in grid[:, 1:].flat:
        axis.set_ylabel("")
    named = grid[panels.index(accuracies), 0]
    if len(columns) > 1 or not label_ends(named, [_end(curve, every) for curve in every]):
        legend_row(figure, named)
    return figure


def _end(curve: Curve, every: Sequence[Curve]) -> tuple[str, str, float, float]:
    """Return the name, colour and last point of a curve of accuracies."""
    rows = pd.concat([other.of("test", "accuracy").rows for other in every])
    last = on_axis(curve.of("test", "accuracy").rows, rows).iloc[-1]
    return curve.label, curve.style.color, float(last["batch"]), float(last["mean"])


def accuracies(axis: Axes, curves: Sequence[Curve], every: Sequence[Curve]) -> None:
    """Draw test accuracies, on an axis that fits those of ``every`` column."""
    rows = pd.concat([curve.of("test", "accuracy").rows for curve in every])
    for curve in curves:
        of_test = curve.of("test", "accuracy")
        draw_curve(
            axis, curve.style, of_test.rows["batch"], on_axis(of_test.rows, rows), curve.label
        )
    accuracy_axis(axis, rows)
    axis.set_ylabel(f"test {axis.get_ylabel()}")


def differences(axis: Axes, curves: Sequence[Curve], every: Sequence[Curve]) -> None:
    """Draw paired differences in points, linear within one point of zero and logarithmic beyond."""
    axis.set_yscale("symlog", linthresh=1, linscale=0.7)  # before curves, so that margins are its
    for curve in curves:
        rows = curve.of("test", "accuracy").rows
        rows = rows[rows["pairs"] > 0]
        if len(rows):
            shown = rows.assign(
                n=rows["pairs"],
                mean=100 * rows["difference"],
                low=100 * rows["difference_low"],
                high=100 * rows["difference_high"],
            )
            draw_curve(axis, curve.style, rows["batch"], shown, curve.label)
    (reference,) = [c for c in every if (c.rows["method"] == c.rows["reference"]).all()]
    others = [curve.label for curve in every if curve is not reference]
    axis.axhline(0, color=reference.style.color, linewidth=1.2)
    low, high = axis.get_ylim()
    marks = (0, 0.5, 1, 2, 5, 10, 20, 50, 100)
    ticks = [s * m for m in marks for s in ((1,) if m == 0 else (-1, 1)) if low <= s * m <= high]
    axis.yaxis.set_major_locator(FixedLocator(ticks))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: minus(f"{value:+g}") if value else "0")
    )
    lead = f"{others[0]} minus" if len(others) == 1 else "difference from"
    axis.set_ylabel(f"{lead} {reference.label}\n(points)")


def losses(axis: Axes, curves: Sequence[Curve], every: Sequence[Curve]) -> None:
    """Draw validation losses on a logarithmic axis."""
    for curve in curves:
        rows = curve.of("validation", "loss").rows
        draw_curve(axis, curve.style, rows["batch"], rows, curve.label)
    log_values(axis, "validation loss")
    axis.tick_params(axis="y", which="minor", labelsize=8)


def _write_losses(axis: Axes, curves: Sequence[Curve]) -> None:
    """Write a line above the panel for each method that lost replicates: the number at each batch size."""
    with_losses = [curve for curve in curves if _lost(curve.rows).any()]
    if not with_losses:
        return

    def write(text: str, x: float, line: int, color: str, coordinates: Any, **how: Any) -> None:
        place: Any = {"xytext": (how.pop("shift", 0), 3 + 10 * line), "textcoords": "offset points"}
        how |= {"color": color, "fontsize": 8, "annotation_clip": False}
        axis.annotate(text, (x, 1), xycoords=coordinates, **place, **how)

    for line, (style, _, rows) in enumerate(reversed(with_losses)):
        name, *more = name_of(rows).splitlines()
        write(
            f"{name} …" if more else name,
            0,
            line,
            style.color,
            "axes fraction",
            ha="right",
            shift=-6,
        )
        for batch, lost in zip(rows["batch"], _lost(rows), strict=True):
            if lost:
                write(f"{lost}", batch, line, style.color, axis.get_xaxis_transform(), ha="center")
    total = with_losses[0].rows["replicates"].max()
    heading = f"diverged or at chance, of {total} replicates at each batch size:"
    write(heading, 0, len(with_losses), "#333333", "axes fraction", ha="left")


def _losses_in_words(rows: pd.DataFrame) -> str:
    """Return a line with the number of lost replicates at each batch size, empty without any."""
    counts = zip(_lost(rows), rows["batch"], strict=True)
    lost = [f"{count} at batch {batch}" for count, batch in counts if count]
    if not lost:
        return ""
    return f"\ndiverged or at chance, of {rows['replicates'].max()}: {', '.join(lost)}"


def _lost(rows: pd.DataFrame) -> pd.Series:
    """Return the number of replicates that diverged or failed, by row."""
    return rows["diverged"] + rows["failed"]


def final_by_batch(table: pd.DataFrame) -> list[Grid]:
    """Lay out test accuracy and validation loss, a grid each: a row per batch size, a column per method."""
    return [
        cross_table(
            part(table, split, metric),
            f"{split} {unit_of(metric)}".capitalize(),
            "batch",
            "batch",
            cell,
        )
        for split, metric in CURVES
    ]


def stability(table: pd.DataFrame) -> list[Grid]:
    """Lay out a row per method: range and slope of accuracy over the batch sizes."""
    columns = ["method", "batch sizes", "best minus worst (points)", "points per doubling"]
    columns += ["best at", "worst at", "diverged"]
    rows = [
        [
            r.method_label,
            f"{r.smallest_batch} to {r.largest_batch}",
            amount(r, "range", 100),
            amount(r, "slope", 100),
            count(r.best_batch),
            count(r.worst_batch),
            f"{r.diverged} of {r.replicates}",
        ]
        for r in rows_of(table)
    ]
    return [Grid("", columns, rows)]
