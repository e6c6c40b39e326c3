"""The result table of the recurrent network as the page shows it."""

from __future__ import annotations

import pandas as pd

from bnlab.page.by_rate import best_grids
from bnlab.page.grids import Grid


def best(table: pd.DataFrame) -> list[Grid]:
    """``by_rate.best_grids`` of methods."""
    return best_grids(table, "method")
