"""What the figure of the cost of whitening shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, effect, listed, number, place, spread


def cost(table: pd.DataFrame) -> str:
    """The time of a step at the largest width over base's, method by method."""
    widest = table[table["units"] == table["units"].max()]
    said = [
        f"{number(r.ratio, (r.ratio_high - r.ratio_low) / 2)} times with {r.method_label}"
        for r in rows_of(widest)
        if r.pairs
    ]
    return f"With {widest['units'].iloc[0]:,} units a step takes, over that of base, {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """With which power of the width the cost of whitening grows."""
    row = effect(effects, quantity="cost_exponent", compare="whitening")
    if not row:
        return []
    power = number(row.estimate, (row.high - row.low) / 2)
    return [
        f"Whitening every layer adds a time that grows with the power {power} ({spread(row)}) of its width, measured "
        f"on {place(row)}."
    ]
