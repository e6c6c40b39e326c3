"""What figures of the landscape show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.experiments.landscape.measures import at_distance
from bnlab.page.phrases import Tables, as_, each, effect, listed, place
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
    by_rate = effect(effects, quantity="smoothness", compare="bn / base")
    by_weights = effect(effects, quantity="smoothness_in_weights", compare="bn / base")
    if not by_rate:
        return []
    where, change = place(by_rate), as_(by_rate, "fast")
    said = (
        "Smoothness, in three sigmoid layers where the claim is about a VGG: along its own way the gradient of the "
        f"loss on {where} changes {change} with batch normalization as without"
    )
    if by_weights:
        said += f", with steps in lengths of the weights {as_(by_weights, 'fast')}"
    return [f"{said}."]
