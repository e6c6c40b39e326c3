"""What the figure of convolutional networks shows, and what the experiment answers."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bnlab.page.batches import best_and_worst
from bnlab.page.grids import part, percent, rows_of
from bnlab.page.phrases import Tables, compared, effect, listed, place, times

all_methods = best_and_worst


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """What normalization changes in batches of two, and what is best at the smallest and the largest batch."""
    best = [said for table in _widest(tables("all_methods")) if (said := _best_of(table))]
    over = f"Best in a convolutional network: {'; '.join(best)}." if best else ""
    return [sentence for sentence in (_in_twos(effects), over) if sentence]


def _in_twos(effects: pd.DataFrame) -> str:
    methods = {"bn": "batch normalization", "ln": "layer normalization"}
    at = {"batch": 2, "quantity": "test_accuracy"}
    found = {name: effect(effects, compare=f"{name} - base", **at) for name in methods}
    said = [f"{compared(row)} with {methods[name]}" for name, row in found.items() if row]
    if not said:
        return ""
    where = next(place(row) for row in found.values() if row)
    loss = effect(effects, compare="bn / base", quantity="validation_loss", batch=2)
    text = (
        f"A convolutional network, whose statistics are over positions too, in batches of two on {where}: test "
        f"accuracy is, against the network without normalization, {listed(said)}"
    )
    if loss:
        text += f"; the validation loss of batch normalization is {times(loss, ' that without')}"
    return f"{text}."


def _widest(tables: Iterable[pd.DataFrame]) -> list[pd.DataFrame]:
    """Of each dataset the table with the most batch sizes."""
    kept: dict[str, pd.DataFrame] = {}
    for table in tables:
        other = kept.get(table["dataset"].iloc[0])
        if other is None or table["batch"].nunique() > other["batch"].nunique():
            kept[table["dataset"].iloc[0]] = table
    return list(kept.values())


def _best_of(table: pd.DataFrame) -> str:
    rows = part(table, "test", "accuracy").dropna(subset="mean")
    if rows.empty:
        return ""
    ends = rows[rows["batch"].isin([rows["batch"].min(), rows["batch"].max()])]
    best = ends.loc[ends.groupby("batch")["mean"].idxmax()]
    found = [f"{r.method_label} at batch {r.batch} ({percent(r)})" for r in rows_of(best)]
    return f"on {rows['dataset_label'].iloc[0]} {listed(found)}"
