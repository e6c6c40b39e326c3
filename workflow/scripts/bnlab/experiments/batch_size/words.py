"""What figures of batch sizes show, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.page.batches import best_and_worst
from bnlab.page.grids import part, percent, rows_of
from bnlab.page.phrases import Tables, compared, effect, listed, place, sizes, times
from bnlab.study.names import NEAR_BEST

all_methods = best_and_worst


def small_batches(table: pd.DataFrame) -> str:
    """From which batch on each method keeps up with base."""
    test = part(table, "test", "accuracy")
    wide = test.pivot(index="batch", columns="method_label", values="mean").sort_index()
    names = dict(zip(test["method"], test["method_label"], strict=True))
    if "base" not in names:
        return all_methods(table)
    base = names.pop("base")
    keeps = {
        label: [
            batch for batch in wide.index if wide[label][batch] >= wide[base][batch] - NEAR_BEST
        ]
        for label in names.values()
    }
    said = [
        f"{label} {'at ' + sizes(found, list(wide.index)) if found else 'nowhere'}"
        for label, found in keeps.items()
    ]
    return f"Within one point of {base} or above it: {listed(said)}"


def pair(table: pd.DataFrame) -> str:
    """At which batches the first method is ahead of the second, by their paired differences."""
    rows = part(table, "test", "accuracy")
    rows = rows[rows["pairs"] > 0]
    if rows.empty:
        return all_methods(table)
    first = rows["method_label"].iloc[0]
    other = next(n for n in table["method_label"].unique() if n != first)
    tried = sorted(rows["batch"].unique())
    ahead = sorted(rows.loc[rows["difference_low"] > 0, "batch"])
    behind = sorted(rows.loc[rows["difference_high"] < 0, "batch"])
    if not ahead and not behind:
        return f"{first} and {other} are not told apart at any of {len(tried)} batch sizes"
    said = [f"above {other} at batch {sizes(ahead, tried)}"] if ahead else []
    if behind:
        lead = "below it at" if ahead else f"below {other} at batch"
        said.append(f"{lead} {sizes(behind, tried)}")
    neither = len(tried) - len(ahead) - len(behind)
    if neither:
        said.append(f"not told apart at {neither} of {len(tried)} sizes")
    return f"{first} is {listed(said)}"


bn_vs_ln = ws_vs_bn = ws_bn_vs_bn = pair


def statistics(table: pd.DataFrame) -> str:
    """Test accuracy under each kind of statistics at the smallest batch that all of them have."""
    test = part(table, "test", "accuracy").dropna(subset="mean")
    said = []
    for name, rows in test.groupby("method_label", sort=False):
        kinds = rows.groupby("batch")["statistics"].nunique()
        batch = kinds.index[kinds == kinds.max()].min()
        found = [
            f"{percent(r)} under {r.statistics}" for r in rows_of(rows[rows["batch"] == batch])
        ]
        said.append(f"{name} at batch {batch} has {listed(found)} statistics")
    return listed(said[:2])


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Which ways to normalize work with small batches, and whether training or inference fails."""
    batch = 2
    at = {"batch": batch, "quantity": "test_accuracy"}
    said = []
    for compare, name in (
        ("bn - base", "batch normalization"),
        ("ws_bn - base", "weight standardization and batch normalization"),
        ("ln - base", "layer normalization"),
    ):
        found = effect(effects, compare=compare, **at)
        if found:
            said.append(f"{compared(found)} with {name}{_inference(found)}")
    if said:
        text = (
            f"With two rows a batch on {place(effect(effects, **at))}, test accuracy is, against the network without "
            f"normalization, {listed(said)}"
        )
    elif ln := effect(effects, compare="ln - bn", **at):
        text = (
            f"With two rows a batch on {place(ln)}, test accuracy is {compared(ln)} with layer than with batch "
            "normalization"
        )
    else:
        return []
    loss = effect(effects, compare="bn / base", quantity="validation_loss", batch=batch)
    if loss:
        text += f"; the validation loss of batch normalization is {times(loss, ' that without')}"
    return [f"{text}."]


def _inference(row: Any) -> str:
    """That a failure is one of training, where it shows under the statistics of all training rows too."""
    if "population" in row.effect and row.high < 0:
        return ", even under the statistics of all training rows, so that it is training that fails"
    return ""
