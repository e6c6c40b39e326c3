"""What figures of learning curves show, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.page.curves import best_at_the_end
from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, effect, listed, number, place, points, spread, times
from bnlab.page.style import NONE_LEFT

accuracy = best_at_the_end


def percentiles(table: pd.DataFrame) -> str:
    """How the spread of each method's typical unit changes."""
    said = []
    for name, rows in table[table["quantity"] == "activation"].groupby("method_label", sort=False):
        wide = rows[rows["typical"]].pivot_table(index="step", columns="percentile", values="value")
        if {15, 50, 85} - set(wide):
            said.append(f"{NONE_LEFT} of {name}")
            continue
        widths = wide[85] - wide[15]
        said.append(f"{widths.iloc[-1] / widths.iloc[0]:.2g} times its first with {name}")
    if not said:
        return "No unit was measured"
    return f"The spread of a typical unit's input ends at {listed(said)}"


def drift(table: pd.DataFrame) -> str:
    """How far percentiles are from their ends, over training and units, against base."""
    first = table[table["quantity"] == "activation"].drop_duplicates(["method", "batch"])
    ratios = [
        f"{number(r.ratio, (r.ratio_high - r.ratio_low) / 2)} times "
        f"({spread(r, 'ratio_low', 'ratio_high')}) as far from their ends with {r.method_label}"
        for r in rows_of(first)
        if r.pairs > 1
    ]
    if ratios:
        return f"Percentiles of a unit's input are {listed(ratios)} as without normalization"
    means = [f"{r.method_label} {f'{r.average:.2g}' if r.n else NONE_LEFT}" for r in rows_of(first)]
    return f"Mean drift of percentiles: {listed(means)}"


def roc(table: pd.DataFrame) -> str:
    """The class that each method finds hardest, by the area under its curve."""
    last = table.drop_duplicates(["method", "batch", "class"])
    said = []
    for name, rows in last.groupby("method_label", sort=False):
        worst = next(rows_of(rows.dropna(subset="auc").sort_values("auc")), None)
        if worst is None:
            said.append(f"{NONE_LEFT} of {name}")
        else:
            half = (worst.auc_high - worst.auc_low) / 2
            said.append(f"{worst.class_name} with {name} (AUC {number(worst.auc, half)})")
    return f"Hardest to tell from the rest is {listed(said)}"


def confusion(table: pd.DataFrame) -> str:
    """The mistake that each method makes most often."""
    wrong = table[(table["true"] != table["predicted"]) & table["mean"].notna()]
    said = []
    for name, rows in wrong.groupby("method_label", sort=False):
        most = next(rows_of(rows.sort_values("mean", ascending=False)))
        said.append(
            f"{most.true_name} for {most.predicted_name} with {name} ({most.mean:,.0f} rows)"
        )
    return f"Most often taken: {listed(said)}" if said else "No row is mistaken"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether a network learns faster and ends better with batch normalization, and how steady its inputs are."""
    said = [_faster(effects), _better(effects), _steadier(effects)]
    return [sentence for sentence in said if sentence]


def _faster(effects: pd.DataFrame) -> str:
    steps = effect(effects, quantity="steps_to_train", compare="bn / base")
    if not steps:
        return ""
    level = steps.effect.partition("steps to ")[2].partition(":")[0]
    if steps.low <= 1 <= steps.high:
        said = f"With batch normalization a network on {place(steps)} needs about as many steps to {level} as without"
    else:
        way = "Faster" if steps.high < 1 else "Slower"
        said = (
            f"{way}: with batch normalization a network on {place(steps)} needs {times(steps, ' the steps')} "
            f"to {level}{_rate(steps)}"
        )
    cost = effect(effects, quantity="seconds_per_1000_steps", compare="bn / base")
    if cost and not cost.low <= 1 <= cost.high:
        claimed = f" ({cost.claimed:g} times is claimed)" if np.isfinite(cost.claimed) else ""
        said += f"; a step takes {times(cost)} the time{claimed}"
    return f"{said}."


def _better(effects: pd.DataFrame) -> str:
    rows = effects[(effects["quantity"] == "test_accuracy") & (effects["compare"] == "bn - base")]
    ends = rows[~rows["effect"].str.contains("epoch")].drop_duplicates(["dataset", "recipe"])
    said = [f"{points(r)} on {place(r)}{_rate(r)}" for r in rows_of(ends) if r.n > 1]
    if not said:
        return ""
    lead = "At the end of training, test accuracy with batch normalization is, against the network"
    text = f"{lead} without, {listed(said)}"
    claimed = ends["claimed"].dropna()
    return f"{text}; {number(claimed.iloc[0])} points are claimed." if len(claimed) else f"{text}."


def _steadier(effects: pd.DataFrame) -> str:
    rows = effects[effects["quantity"] == "activation_drift"].drop_duplicates(["dataset", "recipe"])
    found = [r for r in rows_of(rows) if r.n > 1]
    if not found:
        return ""
    steadier = all(r.high < 1 for r in found)
    said = listed([f"{times(r)}{_rate(r)}" for r in found])
    return (
        f"{'Steadier inputs' if steadier else 'Inputs'}: over training, what enters the last hidden activation is "
        f"{said} as far from its final distribution as without normalization."
    )


def _rate(row: Any) -> str:
    """`` at learning rate 0.01``, as the region says it."""
    _, found, rest = str(row.region).partition("rate ")
    return f" at learning rate {rest.partition(',')[0].partition(' ')[0]}" if found else ""
