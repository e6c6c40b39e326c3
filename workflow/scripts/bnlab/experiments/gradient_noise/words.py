"""What figures of batches show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.phrases import (
    Tables,
    effect,
    listed,
    minus,
    number,
    place,
    significant,
    spread,
    times,
)


def noise(table: pd.DataFrame) -> str:
    """By how much the variance falls over the sizes shown, method by method."""
    rows = table[table["measure"] == "variance"].dropna(subset="mean")
    said = []
    for name, of in rows.groupby("method_label", sort=False):
        ends = of.sort_values("size").iloc[[0, -1]]
        fall = significant(float(ends["mean"].iloc[0] / ends["mean"].iloc[1]), 2)
        said.append(f"{fall} with {name}")
    sizes = rows["size"].min(), rows["size"].max()
    return f"Between {sizes[0]} and {sizes[1]} rows the variance of the gradient falls by a factor of {listed(said)}"


def cost(table: pd.DataFrame) -> str:
    """What an example costs in the smallest and in the largest batch."""
    least, most = table["batch"].min(), table["batch"].max()
    said = []
    for name, of in table.groupby("method_label", sort=False):
        by_batch = of.set_index("batch")["mean"]
        said.append(
            f"{significant(by_batch[least], 2)} and {significant(by_batch[most], 2)} with {name}"
        )
    return f"Microseconds for an example in batches of {least} and of {most}: {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """With which power of the batch size noise falls, and what a batch costs."""
    row = effect(effects, quantity="noise_exponent", compare="base")
    paid = effect(effects, quantity="batch_cost", compare="base")
    if not row or not paid:
        return []
    power = minus(number(row.estimate, (row.high - row.low) / 2))
    return [
        f"A larger batch on {place(row)}: the variance of its gradient goes with the power {power} ({spread(row)}) of "
        f"its size, and a step of {_largest(paid)} rows takes {times(paid, ' the time of as many steps of one')}."
    ]


def _largest(row: object) -> str:
    return str(row.batch).rpartition(", ")[2]  # type: ignore[attr-defined]
