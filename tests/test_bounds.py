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


def bounds_of(row: pd.Series, prefix: str, kind: str) -> tuple[float, float]:
    """Return the range of a number by its column and what the row says of it."""
    if "difference" in prefix or prefix.startswith("less_") or prefix in ("slope", "gain"):
        return -np.inf, np.inf
    number = row.get("metric", row.get("measure", ""))
    if prefix in OF_SHARES or (prefix == "mean" and number in SHARES):
        return 0, 1
    if prefix == "mean" and number == "cosine":
        return -1, 1
    return (-np.inf, np.inf) if prefix == "mean" and kind in SIGNED else (0, np.inf)


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
            for _, row in table[[low, high, *({"metric", "measure"} & set(table))]].iterrows():
                least, greatest = bounds_of(row, prefix, file.stem)
                if row[low] < least or row[high] > greatest:
                    outside.append((file.relative_to(TABLES).as_posix(), prefix, *row))
    assert outside == []
