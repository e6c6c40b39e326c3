"""What figures of regularization show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import percent, rows_of, signed
from bnlab.page.phrases import Tables, compared, effect, listed, number, place, spread


def gains(table: pd.DataFrame) -> str:
    """The best combination of each method, and what it gains over neither."""
    said = []
    for name, rows in table.dropna(subset="mean").groupby("method_label", sort=False):
        best = next(rows_of(rows.sort_values("mean", ascending=False).head(1)))
        said.append(f"{name} with {best.setting} ({percent(best)})")
    return f"Best of the combinations tried: {listed(said)}"


def paths(table: pd.DataFrame) -> str:
    """The gap at the lowest training loss that all methods reach with neither."""
    rows = table[(table["dropout"] == 0) & (table["l2"] == 0)]
    reached = rows.groupby("loss")["method"].nunique()
    loss = reached.index[reached == rows["method"].nunique()].min()
    said = [
        f"{signed(rounded(100 * r.mean, 50 * (r.high - r.low)))} points with {r.method_label}"
        for r in rows_of(rows[rows["loss"] == loss])
    ]
    return f"At a training loss of {loss:.2g} training accuracy is above test accuracy by {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether batch normalization regularizes, and whether dropout and L2 still help."""
    gap = effect(effects, quantity="matched_gap", compare="bn - base")
    helps = {
        "dropout": effect(effects, quantity="dropout_gain", compare="bn"),
        "L2": effect(effects, quantity="l2_gain", compare="bn"),
    }
    found = [f"{name} {_gained(row)}" for name, row in helps.items() if row]
    if not gap or not found:
        return []
    return [
        f"Regularization on {place(gap)}: at a training loss of 0.1 what test rows lose is {compared(gap)} with batch "
        f"normalization; beside it {listed(found)}."
    ]


def _gained(row: object) -> str:
    half = (row.high - row.low) / 2  # type: ignore[attr-defined]
    return f"changes test accuracy by {number(row.estimate, half)} points ({spread(row)})"  # type: ignore[attr-defined]
