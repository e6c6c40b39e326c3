"""Figures of batch sizes, each drawn from its published table and nothing else."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from bnlab.page.batches import (
    Curve,
    accuracies,
    curves_of,
    differences,
    draw_all_methods,
    is_compared,
    losses,
    stacked,
)
from bnlab.page.panels import by_method, name_of
from bnlab.page.style import MethodStyle

all_methods = draw_all_methods
STATISTICS = {
    "moving": MethodStyle("#0173b2", "s", "-"),
    "population": MethodStyle("#03304d", "o", (0, (5, 1.5))),
    "batch": MethodStyle("#56b4e9", "^", (0, (1.2, 1.2))),
}


def small_batches(table: pd.DataFrame) -> Figure:
    """Test accuracy and its difference from base, one above the other."""
    panels = [accuracies, differences] if is_compared(table) else [accuracies, losses]
    return stacked(table, {"": curves_of(table)}, panels, "test accuracy at the smallest batches")


def pair(table: pd.DataFrame) -> Figure:
    """The difference of two methods' test accuracies, and what they are."""
    title = "difference in test accuracy by batch size, and what it is a difference of"
    panels = [differences, accuracies, losses]
    return stacked(table, {"": curves_of(table)}, panels, title)


bn_vs_ln = ws_vs_bn = ws_bn_vs_bn = pair


def statistics(table: pd.DataFrame) -> Figure:
    """Test accuracy and validation loss under each kind of inference statistics, methods side by side."""
    columns = {
        name_of(rows): [
            Curve(style, f"{kind} statistics", of_kind)
            for kind, style in STATISTICS.items()
            if len(of_kind := rows[rows["statistics"] == kind])
        ]
        for _, rows in by_method(table)
    }
    title = "test accuracy and validation loss by batch size"
    if len(columns) > 1:
        return stacked(table, columns, [accuracies, losses], title)
    ((name, curves),) = columns.items()
    named = [curve._replace(label=f"{name}, {curve.label}") for curve in curves]
    return stacked(table, {"": named}, [accuracies, losses], title)
