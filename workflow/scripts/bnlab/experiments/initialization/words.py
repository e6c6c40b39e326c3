"""What the figure of initial weights shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import percent, rows_of
from bnlab.page.phrases import Tables, compared, effect, initial_weights, listed, place


def heat_maps(table: pd.DataFrame) -> str:
    """The worst of the initial weights for each method, at its best rate."""
    chosen = table[table["chosen"]].dropna(subset="mean")
    said = []
    for name, rows in chosen.groupby("method_label", sort=False):
        worst = next(rows_of(rows.sort_values("mean").head(1)))
        said.append(f"{name} {percent(worst)} from {initial_weights(worst.initializer)}")
    return f"Lowest accuracy over initial weights, each at its best rate: {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether initial weights matter less with batch normalization."""
    spread = effect(effects, compare="bn - base", quantity="spread_over_initializers")
    failing = effect(effects, compare="bn - base", quantity="failures_everywhere")
    if not spread or not failing:
        return []
    return [
        f"Initial weights on {place(spread)}: what accuracy loses from the best to the worst of them, each at its best "
        f"rate, is, against the network without normalization, {compared(spread)} with batch normalization, and the "
        f"share of initial weights and rates at which training fails is {compared(failing)}."
    ]
