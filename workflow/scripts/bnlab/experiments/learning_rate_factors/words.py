"""What the figure of multiples of the best rate shows, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.page.grids import of_batch, rows_of
from bnlab.page.phrases import Tables, effect, listed, place, points, times
from bnlab.study.names import NEAR_BEST


def factors(table: pd.DataFrame) -> str:
    """With which networks batch normalization, at each multiple, gets as far as base at its best rate."""
    networks: dict[float, list[str]] = {}
    for (network, activation), of_network in table.groupby(["network", "activation"], sort=False):
        for batch, rows in of_network.groupby("batch"):
            name = f"{network} ({activation}{of_batch(of_network, batch)})"
            base = rows.loc[(rows["method"] == "base") & (rows["factor"] == 1), "mean"]
            above = rows[(rows["method"] == "bn") & (rows["factor"] > 1)]
            for r in rows_of(above.sort_values("factor")):
                keep_up = networks.setdefault(r.factor, [])
                if len(base) and r.mean >= base.item() - NEAR_BEST:
                    keep_up.append(name)
    if not networks:
        return "no multiple was trained"
    said = [
        f"at {factor:g} times that rate with {listed(names) if names else 'no network'}"
        for factor, names in sorted(networks.items())
    ]
    return f"Within a point of base at its best rate, or above it, BN gets {'; '.join(said)}"


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
