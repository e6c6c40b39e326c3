"""What figures of learning rates show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import percent, rows_of
from bnlab.page.phrases import Tables, compared, effect, listed, place, times
from bnlab.page.style import NONE_LEFT


def heat_map(table: pd.DataFrame) -> str:
    """Each method's test accuracy at its chosen rate, the best first."""
    best = table[table["chosen"] & (table["n"] > 0)].sort_values("mean", ascending=False)
    said = [f"{r.method_label} {percent(r)} at rate {r.learning_rate:g}" for r in rows_of(best)]
    return f"Each at its best rate: {listed(said)}" if said else "No replicate is left"


def rate_range(table: pd.DataFrame) -> str:
    """The highest rate about as good as the best, method by method."""
    said = [
        f"{r.method_label} {f'{r.highest:.2g}' if r.n else NONE_LEFT}"
        + (" or more" if r.n and r.reaches_highest else "")
        for r in rows_of(table)
    ]
    return f"Highest learning rate that is still good: {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether higher rates are allowed, and how methods compare at the rate that suits each."""
    said = []
    rates = effects[effects["quantity"] == "highest_good_rate"].drop_duplicates("dataset")
    found = [
        f"on {place(r)} {times(r, ' that of the network without')}"
        + ("" if r.low > 1 else ", so not clearly higher" if r.high > 1 else "")
        for r in rows_of(rates)
        if r.n > 1
    ]
    if found:
        said.append(
            "The highest learning rate that still trains well is, with batch normalization, "
            f"{listed(found)}."
        )
    best = []
    for compare, words in (
        ("bn - base", "with batch normalization than without"),
        ("ln - bn", "with layer than with batch normalization"),
        ("ws - bn", "with weight standardization than with batch normalization"),
    ):
        row = effect(
            effects, compare=compare, quantity="test_accuracy", recipe="each method's best rate"
        )
        if row:
            best.append(f"{compared(row)} {words}")
            where = place(row)
    if best:
        said.append(f"With each at its own best rate, test accuracy on {where} is {listed(best)}.")
    return [" ".join(said)] if said else []
