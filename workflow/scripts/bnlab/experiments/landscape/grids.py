"""Result tables of the landscape as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import Grid, mean, of_batch, of_measures, ratio, reference_of, rows_of

MEASURES = {
    "loss_range": "range of the loss, steps by rate",
    "gradient_change": "change of the gradient, steps by rate",
    "smoothness": "effective smoothness β, steps by rate",
    "loss_range_in_weights": "range of the loss, steps by weights",
    "gradient_change_in_weights": "relative change of the gradient, steps by weights",
    "smoothness_in_weights": "effective smoothness β, weights of length one",
}
STATISTICS = {"moving": "frozen", "batch": "of each point"}


def smoothness_over_training(table: pd.DataFrame) -> list[Grid]:
    """A row per measure, a column per method and per ratio to base."""
    return of_measures(table, MEASURES)


def rises(table: pd.DataFrame) -> list[Grid]:
    """A row per method, statistics and distance."""
    shown = []
    for batch, part in table.groupby("batch"):
        columns = ["method", "statistics", "distance", "rise of the loss"]
        columns += [f"over that of {reference_of(part)}", "curves down on"]
        rows = [
            [
                r.method_label,
                STATISTICS[r.statistics],
                f"{r.distance:.2g}",
                mean(r),
                ratio(r),
                f"{100 * r.concave:.0f} % of a line" if r.n else "–",
            ]
            for r in rows_of(part)
        ]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown
