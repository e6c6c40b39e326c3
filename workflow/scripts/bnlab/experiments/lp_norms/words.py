"""What figures of other norms show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.curves import best_at_the_end
from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, each, listed, number, place, points, spread

accuracy = best_at_the_end
NORMS = {
    "l1": "the mean of absolute values",
    "l2": "the root mean square",
    "l_inf": "the largest value",
}


def loss(table: pd.DataFrame) -> str:
    """Each method's training loss at the end, the lowest first."""
    last = table.groupby(["method_label", "batch"], sort=False).tail(1).sort_values("mean")
    return f"Training loss ends at {each(last, lambda r: number(r.mean, (r.high - r.low) / 2))}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """How accurate networks are that divide by another norm."""
    rows = effects[
        (effects["quantity"] == "test_accuracy") & effects["compare"].str.endswith(" - bn")
    ]
    found = []
    for name, words in NORMS.items():
        row = next(rows_of(rows[rows["compare"] == f"{name} - bn"]), None)
        if row is not None and row.n > 1:
            where = place(row)
            same = row.verdict == "supported"
            text = f"within a point ({spread(row)} points)" if same else points(row)
            found.append(f"{text} with {words}")
    if not found:
        return []
    lead = "Other norms in the place of the standard deviation: test accuracy, against batch normalization,"
    return [f"{lead} is on {where} {listed(found)}."]
