"""The result table of internal covariate shift as the page shows it."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import Grid, of_measures

MEASURES = {
    "relative": "change of the gradient, in its length",
    "cosine": "cosine between the gradients",
    "shift": "change of the gradient",
    "sliced_in_spreads": "shift of outputs, in their spread",
    "sliced": "shift of outputs",
    "units_in_spreads": "shift of single units, in their spread",
    "units": "shift of single units",
}


def shifts(table: pd.DataFrame) -> list[Grid]:
    """A row per measure, a column per method and per ratio to base."""
    return of_measures(table, MEASURES, unpaired=["cosine"])
