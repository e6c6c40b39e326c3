"""Intervals of bounded numbers in the published tables: none leaves the range of its number."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bnlab.files import read_csv

TABLES = Path(__file__).parents[1] / "reports" / "published" / "tables"
FILES = sorted(TABLES.rglob("*.csv"))
SHARES = {"accuracy", "auc", "average_precision"}
OF_SHARES = {"auc", "r2", "concave", "failing", "range", "during", "early"}
SIGNED = {"exponents", "gain_kept", "paths"}
"""Tables whose ``mean`` may be negative: slopes, shares of a gain, and differences of accuracies."""


def bounds_of(table: pd.DataFrame, prefix: str, kind: str) -> tuple[pd.Series, pd.Series]:
    """Return the range of a number in each row by its column and what the row says of it."""
    least, greatest = pd.Series(0.0, table.index), pd.Series(np.inf, table.index)
    if "difference" in prefix or prefix.startswith("less_") or prefix in ("slope", "gain"):
        least[:] = -np.inf
    elif prefix in OF_SHARES:
        greatest[:] = 1
    elif prefix == "mean":
        least[:] = -np.inf if kind in SIGNED else 0
        number = table.get("metric", table.get("measure", pd.Series("", table.index)))
        share, cosine = number.isin(SHARES), number == "cosine"
        least[share], least[cosine], greatest[share | cosine] = 0, -1, 1
    return least, greatest


@pytest.mark.skipif(not FILES, reason="nothing is published")
def test_no_published_interval_leaves_the_range_of_its_number():
    outside = []
    for file in FILES:
        table = read_csv(file)
        lows = [name for name in table if name == "low" or name.endswith("_low")]
        for low in lows:
            prefix = low.removesuffix("_low") if low != "low" else "mean"
            high = f"{low.removesuffix('low')}high"
            if prefix not in table or high not in table:
                continue
            least, greatest = bounds_of(table, prefix, file.stem)
            wrong = table.loc[(table[low] < least) | (table[high] > greatest), [low, high]]
            place = file.relative_to(TABLES).as_posix()
            outside += [(place, prefix, *row) for row in wrong.itertuples()]
    assert outside == []
