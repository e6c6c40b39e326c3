"""Figures of batch sizes, each drawn from its published table and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bnlab.page.panels import (
    accuracy_axis,
    batch_axis,
    by_method,
    draw_curve,
    figure_of,
    name_of,
    on_axis,
    plain,
    plain_if_narrow,
    subtitle,
)
from bnlab.page.style import Look, look

STATISTICS = {
    "moving": Look("#0173b2", "s", "-"),
    "population": Look("#03304d", "o", (0, (5, 1.5))),
    "batch": Look("#56b4e9", "^", (0, (1.2, 1.2))),
}


class Curve(NamedTuple):
    """A line of a figure: how it looks, what it is called, and its rows."""

    look: Look
    label: str
    rows: pd.DataFrame

    def of(self, split: str, metric: str) -> Curve:
        """The curve of one number."""
        rows = self.rows
        return self._replace(rows=rows[(rows["split"] == split) & (rows["metric"] == metric)])


def all_methods(table: pd.DataFrame) -> Figure:
    """Test accuracy and validation loss against the batch size, one above the other."""
    curves = [Curve(look(method), name_of(rows), rows) for method, rows in by_method(table)]
    return _against_batch(table, {"": curves})


bn_vs_ln = ws_vs_bn = ws_bn_vs_bn = small_batches = all_methods


def statistics(table: pd.DataFrame) -> Figure:
    """The same under each kind of inference statistics, methods side by side."""
    columns = {
        name_of(rows): [
            Curve(style, f"{kind} statistics", of_kind)
            for kind, style in STATISTICS.items()
            if len(of_kind := rows[rows["statistics"] == kind])
        ]
        for _, rows in by_method(table)
    }
    if len(columns) > 1:
        return _against_batch(table, columns)
    ((name, curves),) = columns.items()
    named = [curve._replace(label=f"{name}, {curve.label}") for curve in curves]
    return _against_batch(table, {"": named})


def _against_batch(table: pd.DataFrame, columns: Mapping[str, Sequence[Curve]]) -> Figure:
    """A column of two panels for each group of curves, with its heading."""
    title = f"test accuracy and validation loss by batch size\n{subtitle(table)}"
    figure = figure_of(table, 6.2, title)
    grid = figure.subplots(2, len(columns), sharex=True, sharey="row", squeeze=False)
    every = [curve for curves in columns.values() for curve in curves]
    for axes, (heading, curves) in zip(grid.T, columns.items(), strict=True):
        _accuracies(axes[0], [c.of("test", "accuracy") for c in curves], every)
        _losses(axes[1], [c.of("validation", "loss") for c in curves])
        batch_axis(axes[1], sorted(table["batch"].unique()))
        with_kinds = "statistics" in table
        _diverged_counts(
            axes[0], [c.of("test", "accuracy") for c in curves][: 1 if with_kinds else None]
        )
        if heading:
            axes[0].set_title(heading)
    for axis in grid[:, 1:].flat:
        axis.set_ylabel("")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 7))
    return figure


def _accuracies(axis: Axes, curves: Sequence[Curve], every: Sequence[Curve]) -> None:
    """Test accuracies, on an axis that fits those of ``every`` column."""
    rows = pd.concat([curve.of("test", "accuracy").rows for curve in every])
    for curve in curves:
        draw_curve(axis, curve.look, curve.rows["batch"], on_axis(curve.rows, rows), curve.label)
    accuracy_axis(axis, rows)
    axis.set_ylabel(f"test {axis.get_ylabel()}")


def _losses(axis: Axes, curves: Sequence[Curve]) -> None:
    for curve in curves:
        draw_curve(axis, curve.look, curve.rows["batch"], curve.rows, curve.label)
    axis.set(yscale="log", ylabel="validation loss (nats)")
    axis.yaxis.set_major_formatter(FuncFormatter(plain))
    axis.yaxis.set_minor_formatter(FuncFormatter(plain_if_narrow(axis)))
    axis.tick_params(axis="y", which="minor", labelsize=8)


def _diverged_counts(axis: Axes, curves: Sequence[Curve]) -> None:
    """Above the panel, a line per method with diverged replicates: how many at which batch."""
    with_some = [curve for curve in curves if (curve.rows["diverged"] > 0).any()]
    if not with_some:
        return

    def write(text: str, x: float, number: int, color: str, coordinates: Any, **how: Any) -> None:
        axis.annotate(
            text,
            (x, 1),
            xycoords=coordinates,
            xytext=(how.pop("shift", 0), 3 + 10 * number),
            textcoords="offset points",
            color=color,
            fontsize=8,
            annotation_clip=False,
            **how,
        )

    for number, (style, _, rows) in enumerate(reversed(with_some)):
        write(name_of(rows), 0, number, style.color, "axes fraction", ha="right", shift=-6)
        some = rows.loc[rows["diverged"] > 0, ["batch", "diverged"]]
        for batch, count in some.to_numpy():
            write(f"{count}", batch, number, style.color, axis.get_xaxis_transform(), ha="center")
    total = with_some[0].rows["replicates"].max()
    heading = f"diverged, of {total} replicates at each batch size:"
    write(heading, 0, len(with_some), "#333333", "axes fraction", ha="left")
