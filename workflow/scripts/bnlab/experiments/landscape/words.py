"""What figures of the landscape show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.experiments.landscape.measures import at_distance
from bnlab.page.phrases import Tables, as_, each, listed, on_each, place
from bnlab.page.style import NONE_LEFT


def smoothness(table: pd.DataFrame) -> str:
    """β of each method by both kinds of steps."""
    rows = table[table["view"] == "overall"]
    first = each(rows[rows["measure"] == "smoothness"])
    second = each(rows[rows["measure"] == "smoothness_in_weights"])
    return f"Effective smoothness along the gradient: {first}; with weights of length one {second}"


def lines(table: pd.DataFrame) -> str:
    """How far the loss rises half a filter away, method by method."""
    rows = at_distance(table, 0.5).drop_duplicates(["method", "batch"])
    return f"Half a filter away the training loss has risen by {each(rows)}"


def surface(table: pd.DataFrame) -> str:
    """The highest loss on the plane over the lowest, method by method."""
    said = []
    for name, rows in table[table["statistics"] == "moving"].groupby("method_label", sort=False):
        known = rows["loss"].dropna()
        text = f"from {known.min():.2g} to {known.max():.2g}" if len(known) else NONE_LEFT
        said.append(f"{text} with {name}")
    return f"Around the trained weights the loss goes {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether the loss is smoother along the gradient, by rate and in lengths of the weights."""
    by_rate = _as_fast(effects, "smoothness")
    by_weights = _as_fast(effects, "smoothness_in_weights")
    if not by_rate:
        return []
    said = (
        "Smoothness, published for a VGG: along its own way the gradient of the loss changes, with batch "
        f"normalization against without, {by_rate}"
    )
    if by_weights:
        said += f"; with steps in lengths of the weights {by_weights}"
    return [f"{said}."]


def _as_fast(effects: pd.DataFrame, quantity: str) -> str:
    rows = on_each(effects, quantity=quantity, compare="bn / base")
    return listed([f"{as_(row, 'fast')} on {place(row)}" for row in rows])
