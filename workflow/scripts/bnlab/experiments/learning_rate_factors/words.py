"""What the figure of multiples of the best rate shows, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.page.grids import percent, rows_of
from bnlab.page.phrases import Tables, effect, listed, place, points, times


def factors(table: pd.DataFrame) -> str:
    """The multiple at which batch normalization gets furthest, beside base at its best rate."""
    said = []
    for (network, activation), rows in table.groupby(["network", "activation"], sort=False):
        bn = rows[rows["method"] == "bn"].dropna(subset="mean").sort_values("mean")
        base = rows[(rows["method"] == "base") & (rows["factor"] == 1)]
        if bn.empty or base.empty:
            continue
        best, own = next(rows_of(bn.tail(1))), next(rows_of(base))
        said.append(
            f"{best.method_label} gets to {percent(best)} at {best.factor:g} times the rate at which "
            f"{own.method_label} gets to {percent(own)} ({network}, {activation})"
        )
    return listed(said) if said else "no replicate is left"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """How much sooner batch normalization reaches base's best accuracy at five times its rate, and ensembles."""
    rows = effects[(effects["quantity"] == "steps_at_5") & (effects["compare"] == "bn / base")]
    rows = rows.drop_duplicates(["effect", "dataset"])
    found = [f"{times(r, ' the steps')} ({_place(r)})" for r in rows_of(rows) if r.n > 1]
    if not found:
        return []
    said = (
        "At five times the best rate without it, batch normalization reaches the best accuracy without it in "
        f"{listed(found)}"
    )
    gain = effect(effects, quantity="ensemble_gain", compare="bn")
    return [f"{said}{_ensemble(gain)}."]


def _place(row: Any) -> str:
    """The network and the data of an effect, and how many replicates never get there."""
    never = f"; {row.censored} of {row.n} never get there" if row.censored else ""
    return f"{row.region.removesuffix(', five times the rate')}{never}"


def _ensemble(gain: Any) -> str:
    if not gain:
        return ""
    return f"; an ensemble of six has, against its best member on {place(gain)}, accuracy {points(gain)}"
