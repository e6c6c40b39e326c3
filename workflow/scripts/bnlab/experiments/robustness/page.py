"""Figures and result tables of accuracy on corrupted rows."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import draw_dots, draw_lines, method_label, row_table
from bnlab.page.grids import less_base, percent
from bnlab.page.panels import (
    column_title,
    in_percent,
    legend_row,
    name_and_failures,
    panel_grid,
    per_batch,
)

CORRUPTIONS = {
    "noise": "noise",
    "contrast": "contrast lost",
    "shift": "brightness added",
    "fgsm": "FGSM",
}
STATISTICS = {
    "moving": "averages of training",
    "random_500": "500 random rows",
    "random_60": "60 random rows",
    "random_8": "8 random rows",
    "one_class_60": "60 rows of one class",
}
ROWS = {"none": "rows as they are", "natural": "noise, contrast, shift", "fgsm": "FGSM"}


def sizes(table: pd.DataFrame) -> Figure:
    """Draw accuracy over the size of a corruption, a panel for each."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        grid = panel_grid(part, len(CORRUPTIONS), 2, sharey=True)
        for axis, (name, words) in zip(grid.ravel(), CORRUPTIONS.items(), strict=True):
            draw_lines(
                axis, in_percent(rows[rows["corruption"] == name]), "size", name_and_failures
            )
            column_title(axis, words, 2)
            axis.set_xlabel("size")
        for axis in grid[:, 0]:
            axis.set_ylabel("test accuracy (%)")
        legend_row(part, *grid.ravel())

    return per_batch(table, 5.2, "accuracy on corrupted rows, each method at its best rate", panels)


def test_batches(table: pd.DataFrame) -> Figure:
    """Draw accuracy by the statistics of inference, a panel for each kind of rows."""

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        axes = part.subplots(1, len(ROWS), squeeze=False, sharex=True, sharey=True)[0]
        places = [name for name in STATISTICS if (rows["statistics"] == name).any()]
        for axis, (name, words) in zip(axes, ROWS.items(), strict=True):
            draw_dots(axis, in_percent(rows[rows["rows"] == name]), "statistics", places)
            column_title(axis, words, len(ROWS))
            axis.set_xlabel("test accuracy (%)")
        axes[0].set_yticks(range(len(places)), [STATISTICS[name] for name in places])
        legend_row(part, *axes)

    return per_batch(table, 3.2, "accuracy by the statistics that normalize test rows", panels)


FIGURES = {"sizes": sizes, "test_batches": test_batches}

accuracies = partial(
    row_table,
    columns={
        "method": method_label,
        "corruption": lambda row: CORRUPTIONS[row.corruption],
        "size": lambda row: f"{row.size:.2g}",
        "accuracy": percent,
        "less {base} (points)": less_base,
    },
)
gains = partial(
    row_table,
    columns={
        "method": method_label,
        "rows": lambda row: ROWS[row.rows],
        "statistics": lambda row: STATISTICS[row.statistics],
        "accuracy": percent,
        "less that by averages (points)": less_base,
    },
)

GRIDS = {"accuracies": accuracies, "gains": gains}
