"""Figures and result table of methods that are tuned alike, each from its published table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bnlab.page.forms import log_axis, split_by, with_mean
from bnlab.page.grids import Grid, amount, percent, rows_of, signed
from bnlab.page.panels import (
    batch_axis,
    by_method,
    column_title,
    draw_curve,
    figure_of,
    in_percent,
    legend_row,
    name_of,
    panel_grid,
)
from bnlab.page.style import method_style, no_figure

NETWORK = ["network", "form", "blocks", "activation", "optimizer", "warm_up", "trained"]
WITHOUT_WARM_UP = [name for name in NETWORK if name != "warm_up"]
COLUMNS = 2
REFERENCES = ("base", "bn", "ln")


def name_of_network(row: Any) -> str:
    """Return what a network is called: its kind, blocks and form, and what is not usual about it."""
    parts = [str(row.network).replace("_", " ")]
    parts += [f"{row.blocks:g} blocks"] if row.blocks else []
    parts += [str(row.form).replace("_", " ")] if row.form != "plain" else []
    parts += [str(row.activation), str(row.optimizer)]
    parts += [f"warm-up {row.warm_up:g}"] if row.warm_up else []
    parts += [f"only {row.trained}"] if row.trained != "all" else []
    return ", ".join(parts)


def _networks(table: pd.DataFrame, *more: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the rows of each network, and of each value of further columns."""
    for _, rows in table.groupby([*NETWORK, *more], sort=False):
        yield name_of_network(next(rows_of(rows))), rows


def _panels(
    table: pd.DataFrame,
    parts: list[tuple[str, pd.DataFrame]],
    title: str,
    draw: Callable[[Axes, pd.DataFrame], None],
    **share: Any,
) -> Figure:
    """Draw a panel for each part, two in a line, with one legend."""
    if not parts:
        return no_figure()
    lines = -(-len(parts) // COLUMNS)
    figure = figure_of(table, 2.6 * lines + 0.6, title)
    grid = panel_grid(figure, len(parts), COLUMNS, **share)
    axes = list(grid.ravel()[: len(parts)])
    for axis, (name, rows) in zip(axes, parts, strict=True):
        draw(axis, rows)
        column_title(axis, name, COLUMNS)
    legend_row(figure, *axes)
    return figure


def quality(table: pd.DataFrame) -> Figure:
    """Draw tuned accuracy against the sensitivity to the rate, a point a method, a panel a network and batch size."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        for method, part in by_method(in_percent(rows)):
            style, row = method_style(method), next(rows_of(part))
            marks = style.marks | ({"markerfacecolor": "none"} if row.at_end else {})
            axis.vlines(row.sensitivity, row.low, row.high, color=style.color, lw=1)
            aside = row.sensitivity_low, row.sensitivity_high
            axis.hlines(row.mean, *aside, color=style.color, lw=1)
            at = row.sensitivity, row.mean
            axis.plot(*at, ls="", color=style.color, label=name_of(part), **marks)
        axis.set(xlabel="sensitivity to the rate (loss)", ylabel="test accuracy (%)")

    parts = [
        (f"{name}{_of_batch(table, batch)}", rows)
        for name, group in _networks(table)
        for (batch,), rows in split_by(group)
    ]
    return _panels(table, parts, "accuracy at the best rate, and what other rates lose", draw)


def _of_batch(table: pd.DataFrame, batch: Any) -> str:
    return f", batch {batch}" if table["batch"].nunique() > 1 else ""


def by_batch(table: pd.DataFrame) -> Figure:
    """Draw the best rate against the batch size, a line a method, a panel for each network of several batch sizes."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        batches = sorted(rows["batch"].unique())
        curves = with_mean(rows, "best_rate")
        for method, part in by_method(curves):
            curve = part.sort_values("batch")
            draw_curve(axis, method_style(method), curve["batch"], curve, name_of(curve))
            ends = curve[(curve["reaches_lowest"] + curve["reaches_highest"]) > 0]
            axis.plot(ends["batch"], ends["mean"], "o", color="white", markersize=2.5, zorder=3)
        middle = curves.loc[curves["batch"] == batches[0], "mean"].mean()
        axis.plot(
            batches,
            [middle * b / batches[0] for b in batches],
            color="#999999",
            lw=0.8,
            ls=(0, (4, 3)),
        )
        axis.set(yscale="log", ylabel="best rate (log axis)")
        batch_axis(axis, batches, COLUMNS)

    parts = [(name, rows) for name, rows in _networks(table) if rows["batch"].nunique() > 2]
    return _panels(table, parts, "learning rate with the least validation loss", draw)


def warm_up(table: pd.DataFrame) -> Figure:
    """Draw tuned accuracy without and with a warm-up, a line a method, a panel a network."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        for method, part in by_method(in_percent(rows)):
            curve = part.sort_values("warm_up")
            draw_curve(axis, method_style(method), curve["warm_up"], curve, name_of(curve))
        lengths = sorted(rows["warm_up"].unique())
        axis.set_xticks(lengths, [f"{length:g}" for length in lengths])
        axis.set(xlabel="warm-up (share of all steps)", ylabel="test accuracy (%)")

    parts = [
        (name_of_network(next(rows_of(rows.assign(warm_up=0)))), rows)
        for _, rows in table.groupby([*WITHOUT_WARM_UP, "batch"], sort=False)
        if rows["warm_up"].nunique() > 1
    ]
    return _panels(
        table, parts, "accuracy at the best rate, without and with a warm-up", draw, sharey=True
    )


def by_rate(table: pd.DataFrame) -> Figure:
    """Draw accuracy against the rate, a line a method, a panel for each network and batch size."""

    def draw(axis: Axes, rows: pd.DataFrame) -> None:
        for method, part in by_method(in_percent(rows)):
            curve, style = part.sort_values("learning_rate"), method_style(method)
            draw_curve(axis, style, curve["learning_rate"], curve, name_of(curve))
            best = curve[curve["chosen"]]
            ring: Any = {"ls": "", "markersize": 11, "markerfacecolor": "none"}
            axis.plot(best["learning_rate"], best["mean"], "o", color=style.color, **ring)
        axis.set_ylabel("test accuracy (%)")
        log_axis(axis, "learning rate (log axis)")

    parts = [
        (f"{name}{_of_batch(table, rows['batch'].iloc[0])}", rows)
        for name, rows in _networks(table, "batch")
    ]
    return _panels(
        table, parts, "test accuracy at the end (ringed: the best rate by validation)", draw
    )


def tuned(table: pd.DataFrame) -> list[Grid]:
    """Lay out a grid for each network and batch size, a row for each method."""
    grids = []
    for name, part in _networks(table, "batch"):
        batch = part["batch"].iloc[0]
        labels = dict(zip(part["method"], part["method_label"], strict=True))
        others = [each for each in REFERENCES if (part[f"{each}_pairs"] > 0).any()]
        columns = ["method", "chosen rate", "test accuracy"]
        columns += [f"minus {labels[each]} (points)" for each in others]
        columns += ["sensitivity", "best rate of the loss", "rates tried"]
        lines = [
            [
                r.method_label,
                f"{r.learning_rate:g}{' (at an end)' if r.at_end else ''}",
                percent(r),
                *(_less(r, each) for each in others),
                amount(r, "sensitivity"),
                amount(r, "best_rate"),
                str(r.tried),
            ]
            for r in rows_of(part)
        ]
        grids.append(Grid(f"{name}, batch {batch}", columns, lines))
    return grids


def _less(row: Any, reference: str) -> str:
    """Return the difference from a reference, a dash for the reference itself."""
    if not getattr(row, f"{reference}_pairs"):
        return "–"
    return signed(amount(row, f"less_{reference}", 100))


FIGURES = {"quality": quality, "by_batch": by_batch, "warm_up": warm_up, "by_rate": by_rate}
GRIDS = {"tuned": tuned}
