"""Verdicts beside those of another study, which trained the same runs on fresh seeds.

A fresh effect is one of the same claim, measure, rule, data set and recipe. Timings are left out, since no seed changes
them. A claim has a fresh verdict where each of its primary effects has a fresh one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.claims import own_effects, verdict_by
from bnlab.analysis.effects import OPEN
from bnlab.study.declaration import TIMING
from bnlab.study.experiments import experiments

CONFIRMED, CHANGED, NEWLY_DECIDED = "confirmed", "changed", "newly decided"
SAME = ["id", "key", "rule", "dataset", "recipe"]
MEASURED = ["scale", "estimate", "low", "high", "n", "p_holm"]
CONFIRMATION_COLUMNS = ["id", "test", "key", "rule", *MEASURED, "first", "fresh", "outcome"]


def outcome(first: str, fresh: str) -> str:
    """Return confirmed, changed, newly decided (it was undecided), or undecided, which the fresh verdict is."""
    if fresh == OPEN:
        return OPEN
    if first == OPEN:
        return NEWLY_DECIDED
    return CONFIRMED if fresh == first else CHANGED


def confirm(claims: pd.DataFrame, effects: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Return first and fresh verdict (``CONFIRMATION_COLUMNS``) of each claim, without a test, and of each effect.

    Args:
        claims: claims.csv.
        effects: effects.csv.
        fresh: effects.csv of the study on fresh seeds, decided by Holm's correction within it.
    """
    fresh = _by_seeds(fresh)[[*SAME, *MEASURED, "verdict"]].drop_duplicates(SAME)
    both = effects.drop(columns=MEASURED).rename(columns={"verdict": "first"}).merge(fresh, on=SAME)
    rows = [
        {"id": claim.id, "first": claim.verdict, "fresh": verdict}
        for claim in claims.itertuples()
        if (verdict := _fresh_verdict(claim, effects, both)) is not None
    ]
    table = pd.DataFrame([*rows, *both.rename(columns={"verdict": "fresh"}).to_dict("records")])
    table = table.reindex(columns=CONFIRMATION_COLUMNS)
    return table.assign(outcome=list(map(outcome, table["first"], table["fresh"])))


def _by_seeds(effects: pd.DataFrame) -> pd.DataFrame:
    known = experiments()
    measures = zip(effects["experiment"], effects["quantity"], strict=True)
    timed = [TIMING in known[name].quantities[quantity].reads for name, quantity in measures]
    return effects[~np.array(timed, dtype=bool)]


def _fresh_verdict(claim: Any, effects: pd.DataFrame, both: pd.DataFrame) -> str | None:
    """Return a claim's verdict by its fresh effects; None where a primary effect has none, or it needs no training."""
    here, fresh = (table[table["id"] == claim.id] for table in (effects, both))
    primary = here.loc[here["primary"].astype(bool), "test"]
    if primary.empty or not primary.isin(fresh["test"]).all():
        return None
    return verdict_by(own_effects(fresh, claim.needs), claim.needs, claim.observation)
