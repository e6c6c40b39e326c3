"""Forms of figures and result tables that several experiments share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from bnlab.analysis.statistics import FEWEST
from bnlab.page.grids import Grid, labels_of, of_batch, reference_of, rows_of
from bnlab.page.panels import by_method, draw_curve, name_of
from bnlab.page.style import method_style

APART = 0.15
"""Distance between the methods of a row, where rows are 1 apart."""


def draw_lines(
    axis: Axes,
    rows: pd.DataFrame,
    x: str,
    label: Callable[[pd.DataFrame], str] = name_of,
    most_markers: int = 40,
) -> None:
    """Draw the mean of every method over a column, with its 95 % band.

    Args:
        axis: axes to draw on.
        rows: columns method, method_label, mean, low, high and ``x``.
        x: column of the horizontal axis.
        label: text of a method in the legend, from its rows.
        most_markers: greatest number of points that are drawn with markers.
    """
    for method, part in by_method(rows):
        curve = part.sort_values(x)
        markers = len(curve) <= most_markers
        draw_curve(axis, method_style(method), curve[x], curve, label(curve), markers=markers)


def draw_dots(axis: Axes, rows: pd.DataFrame, column: str, places: Sequence[str]) -> None:
    """Draw a row for each of the ``places`` of a column, with a dot and its interval for each method.

    Fewer replicates than ``FEWEST`` have no interval.
    """
    methods = list(by_method(rows))
    for number, (method, part) in enumerate(methods):
        style = method_style(method)
        y = part[column].map(list(places).index) + APART * (number - (len(methods) - 1) / 2)
        sure = part["n"] >= FEWEST
        axis.hlines(y[sure], part["low"][sure], part["high"][sure], color=style.color, lw=1.5)
        axis.plot(part["mean"], y, ls="", color=style.color, label=name_of(part), **style.marks)
    axis.set_yticks(range(len(places)), places)
    axis.set_ylim(len(places) - 0.5, -0.5)


def with_mean(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return rows that have a column and its interval as mean, low and high."""
    return rows.assign(mean=rows[column], low=rows[f"{column}_low"], high=rows[f"{column}_high"])


def log_axis_at(axis: Axes, values: Sequence[float]) -> None:
    """Make the x-axis logarithmic, with a tick at each of these values and nowhere else."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(values))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticklabels([f"{value:g}" for value in values])


def log_axis(axis: Axes, label: str = "") -> None:
    """Make the x-axis logarithmic."""
    axis.set(xscale="log", xlabel=label)


def split_by(
    table: pd.DataFrame, *columns: str, sort: bool = True
) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Split a table by batch size and then by these columns."""
    for key, part in table.groupby(["batch", *columns], sort=sort):
        yield key if isinstance(key, tuple) else (key,), part


def row_table(table: pd.DataFrame, columns: Mapping[str, Callable[[Any], str]]) -> list[Grid]:
    """Lay out a line for each row of a table; a grid per batch size.

    Args:
        table: columns batch, method and method_label, and those that the cells need.
        columns: text of a row, given as a named tuple, by heading; ``{base}`` in a heading is the label of base.
    """
    grids = []
    for (batch,), part in split_by(table):
        headings = [heading.format(base=reference_of(part)) for heading in columns]
        lines = [[cell(row) for cell in columns.values()] for row in rows_of(part)]
        grids.append(Grid(of_batch(table, batch, "batch"), headings, lines))
    return grids


def method_label(row: Any) -> str:
    """Return the label of a row's method."""
    return str(row.method_label)


def cross_table(
    table: pd.DataFrame,
    title: str,
    row: str,
    heading: str,
    cell: Callable[[Any], str],
    sort: bool = True,
) -> Grid:
    """Lay out a row per value of a column and a column per method.

    Args:
        table: columns method_label and ``row``.
        title: heading of the grid.
        row: column whose values name the rows.
        heading: heading of the first column.
        cell: text of a row of ``table``, given as a named tuple.
        sort: True for rows in the order of values, False for that of appearance.
    """
    methods = labels_of(table)
    lines = []
    for value, group in table.groupby(row, sort=sort):
        texts = {r.method_label: cell(r) for r in rows_of(group)}
        first = f"{value:g}" if isinstance(value, float) else str(value)
        lines.append([first, *(texts.get(name, "") for name in methods)])
    return Grid(title, [heading, *methods], lines)


def cross_tables(
    table: pd.DataFrame,
    title: str,
    row: str,
    heading: str,
    cell: Callable[[Any], str],
    sort: bool = True,
) -> list[Grid]:
    """Lay out ``cross_table`` for each batch size, which its title names where there are several."""
    before = ", batch" if title else "batch"
    return [
        cross_table(part, title + of_batch(table, batch, before), row, heading, cell, sort)
        for (batch,), part in split_by(table)
    ]
