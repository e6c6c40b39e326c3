"""What figures of depth show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, listed, powers

HALF = 0.5


def depth(table: pd.DataFrame) -> str:
    """The deepest network of each activation that most replicates train, method by method."""
    said = []
    for activation, rows in table.groupby("activation", sort=False):
        deepest = [
            f"{name} {_deepest(of)}" for name, of in rows.groupby("method_label", sort=False)
        ]
        said.append(f"{activation}: {listed(deepest)}")
    return f"Hidden layers up to which most replicates train, {'; '.join(said)}"


def _deepest(rows: pd.DataFrame) -> str:
    """The largest depth up to which at all depths fewer than half of the replicates are lost."""
    good = 0
    for row in rows_of(rows.sort_values("layers")):
        if row.lost >= HALF * row.replicates:
            return str(good) if good else "none"
        good = row.layers
    return f"{good} (all tried)"


def flow(table: pd.DataFrame) -> str:
    """The first layer's gradient over the last hidden layer's before training, in the deepest networks."""
    rows = table[(table["measure"] == "gradient") & (table["when"] == "start")]
    said = []
    for activation, of in rows.groupby("activation", sort=False):
        deepest = of[of["layers"] == of["layers"].max()]
        ratios = []
        for name, lengths in deepest.groupby("method_label", sort=False):
            by_layer = lengths.set_index("layer")["mean"].sort_index()
            ratio = float(by_layer.iloc[0] / by_layer.iloc[-2])
            ratios.append(f"{powers(ratio)} with {name}")
        said.append(f"{activation}: {listed(ratios)}")
    return (
        f"Before training the first layer's gradient over the last hidden one's, {'; '.join(said)}"
    )


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """How deep networks train with and without batch normalization."""
    said = []
    for table in tables("depths"):
        rows = table[table["method"].isin(["base", "bn"])]
        for activation, of in rows.groupby("activation", sort=False):
            deepest = {m: _deepest(r) for m, r in of.groupby("method")}
            if set(deepest) == {"base", "bn"}:
                ways = (f"{deepest['base']} without", f"{deepest['bn']} with it")
                if deepest["base"] == deepest["bn"]:
                    ways = (f"{deepest['bn']} both without", "with it")
                said.append(f"{listed(ways)} where units are {activation}")
        if said:
            label = table["dataset_label"].iloc[0]
            return [
                f"Depth, and batch normalization, on {label}: the hidden layers up to which most replicates train are "
                f"{'; '.join(said)}."
            ]
    return []
