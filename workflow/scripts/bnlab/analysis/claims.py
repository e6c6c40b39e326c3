"""Judging claims: from an experiment's tidy results to effects with intervals, and to verdicts.

An effect is a difference or a ratio of two methods, replicate by replicate, or one method's value. Its 95 % interval
decides: wholly inside the rule's range the claim is *supported* there, wholly outside *refuted*, else *inconclusive*.
Effects of one topic are one family: a decision also needs p ≤ 0.05 after Holm's correction over the family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.effects import EFFECT_COLUMNS, INTERNAL, Setting, effect_row
from bnlab.analysis.quantities import Quantity, Results
from bnlab.analysis.statistics import CONFIDENCE, MOST_REPLICATES, holm, replicates_needed
from bnlab.study.config import Run, Study
from bnlab.study.declaration import TIMING
from bnlab.study.ledger import Claim, Effect, Ledger
from bnlab.study.names import ALL_RECIPES

NOT_TESTED = "not tested here"


class Absent(Exception):
    """An effect cannot be measured in this study; the text says why."""


def place(effect: Effect, study: Study) -> Setting:
    """The dataset and recipe in this study that an effect asks for, or what stands for them.

    Raises Absent if the study has no such experiment or runs.
    """
    if effect.experiment not in study.experiments:
        raise Absent(f"this study leaves out the experiment {effect.experiment}")
    runs = study.runs(effect.experiment)
    dataset = _in_the_place_of(effect.dataset, study.datasets, [run.dataset for run in runs])
    runs = [run for run in runs if run.dataset == dataset]
    recipe = ALL_RECIPES
    if effect.recipe is not None:
        recipe = _in_the_place_of(effect.recipe, study.recipes, [run.recipe for run in runs])
    batches = [effect.batch] if effect.batch is not None else effect.batches or []
    for method in effect.methods:
        for batch in batches:
            if not any(_is_asked_for(run, method, batch, recipe) for run in runs):
                raise Absent(f"this study does not train {method} at batch {batch} there")
    _check_recorded(effect, study, [run for run in runs if recipe in (run.recipe, ALL_RECIPES)])
    return Setting(dataset, recipe)


def _check_recorded(effect: Effect, study: Study, runs: Sequence[Run]) -> None:
    reads = study.declared(effect.experiment).quantities[effect.quantity].reads
    if not all(study.records(run.recipe, reads) for run in runs):
        raise Absent(f"this study does not record {' and '.join(reads)} there")
    timed = study.timed(effect.experiment)
    if TIMING in reads and not any((r.dataset, r.batch, r.recipe) in timed for r in runs):
        raise Absent("this study times no steps there")


def _in_the_place_of(name: str, entries: Mapping[str, Any], used: Sequence[str]) -> str:
    if name in used:
        return name
    for candidate in used:
        if entries[candidate].stands_for == name:
            return candidate
    raise Absent(f"this study has nothing on {name} there")


def _is_asked_for(run: Run, method: str, batch: int, recipe: str) -> bool:
    return (run.method, run.batch) == (method, batch) and recipe in (run.recipe, ALL_RECIPES)


def combine(verdicts: Sequence[str], whole: bool = True) -> str:
    """The verdict on a claim from those of its effects; ``whole`` if all of them could be judged.

    All supported: supported. Some supported and some refuted: partly. Some refuted and none supported: refuted, since
    what is claimed without limits fails at its first counterexample. Else inconclusive.
    """
    if not verdicts:
        return NOT_TESTED
    if set(verdicts) == {"supported"} and whole:
        return "supported"
    if "refuted" in verdicts:
        return "partly" if "supported" in verdicts else "refuted"
    return "inconclusive"


def judge_ledger(
    ledger: Ledger,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims, a row each, and their judged effects, a row each (``CLAIM_COLUMNS``, ``EFFECT_COLUMNS``).

    ``results`` has the tidy tables of each experiment, by experiment and source; ``quantity`` is the function that
    computes a quantity, by the experiment's and its own name.
    """
    rows: list[dict[str, Any]] = []
    absent: dict[int, list[str]] = {}
    for claim in ledger.claims:
        for number, effect in enumerate(claim.tests, 1):
            try:
                where = place(effect, study)
            except Absent as reason:
                absent.setdefault(claim.id, []).append(f"{effect.region}: {reason}")
                continue
            found = {
                source: _rows_at(table, where)
                for source, table in results[effect.experiment].items()
            }
            lead = {"id": claim.id, "topic": claim.topic, "test": number}
            measure = quantity(effect.experiment, effect.quantity)
            rows.append(lead | effect_row(effect, where, study, found, measure))
    effects = corrected(pd.DataFrame(rows, columns=["topic", *INTERNAL, *EFFECT_COLUMNS]))
    claims = [
        _claim_row(claim, ledger, effects[effects["id"] == claim.id], absent.get(claim.id, []))
        for claim in ledger.claims
    ]
    return pd.DataFrame(claims, columns=CLAIM_COLUMNS), effects[EFFECT_COLUMNS]


def _rows_at(table: pd.DataFrame, where: Setting) -> pd.DataFrame:
    here = table["dataset"] == where.dataset
    return table[here if where.recipe == ALL_RECIPES else here & (table["recipe"] == where.recipe)]


def corrected(effects: pd.DataFrame) -> pd.DataFrame:
    """Effects with Holm's correction of p within each topic; without p ≤ 0.05 there, nothing is decided.

    An effect that several claims of a topic rest on is one test and counts once. For what stays undecided,
    ``replicates_needed`` is that of a test at the level which the correction leaves to it.
    """
    same = ["topic", "effect", "dataset", "recipe", "batch", "p"]
    once = effects[same].drop_duplicates()
    once = once.assign(p_holm=once.groupby("topic")["p"].transform(holm))
    effects = effects.drop(columns="p_holm", errors="ignore").merge(once, on=same, how="left")
    open_ = ~(effects["p_holm"] <= 1 - CONFIDENCE) | (effects["verdict"] == "inconclusive")
    return effects.assign(
        verdict=effects["verdict"].mask(open_, "inconclusive"),
        replicates_needed=[
            _needed_for(row) if row.Index in open_.index[open_] else np.nan
            for row in effects.itertuples()
        ],
    )


def _needed_for(effect: Any) -> float:
    """NaN where the measurement is too coarse, which more replicates do not mend."""
    if effect.coarse or not effect.p_holm > 0:
        return np.nan
    alpha = (1 - CONFIDENCE) * effect.p / effect.p_holm
    return replicates_needed(effect.values, effect.threshold, alpha=alpha)


def _claim_row(
    claim: Claim, ledger: Ledger, effects: pd.DataFrame, absent: Sequence[str]
) -> dict[str, Any]:
    verdict, correction, decided_by = combine(list(effects["verdict"]), not absent), "", ""
    if verdict not in ("inconclusive", NOT_TESTED):
        decided_by = "training"
    if claim.settled is not None:
        verdict, correction = claim.settled.verdict, claim.settled.correction
        decided_by = claim.settled.by
        reason = f"Settled by {claim.settled.by}" + (
            f", checked in {claim.settled.checked}." if claim.settled.checked else "."
        )
    elif claim.untested is not None:
        reason = claim.untested
    else:
        reason = _reason(effects, absent)
    return {
        "id": claim.id,
        "source": claim.source,
        "source_title": ledger.sources[claim.source].title,
        "place": claim.place,
        "topic": claim.topic,
        "claim": claim.claim,
        "claimed": claim.claimed or "",
        "verdict": verdict,
        "decided_by": decided_by,
        "reason": reason,
        "correction": correction,
        "tests": len(effects),
    }


def _reason(effects: pd.DataFrame, absent: Sequence[str]) -> str:
    """Which regions say what, and what is not judged."""
    parts = []
    for verdict in ("supported", "refuted", "inconclusive"):
        regions = list(effects.loc[effects["verdict"] == verdict, "region"])
        if regions:
            parts.append(f"{verdict.capitalize()}: {'; '.join(regions)}.")
    coarse = list(effects.loc[effects["coarse"].astype(bool), "region"])
    if coarse:
        parts.append(f"Measured too coarsely to decide: {'; '.join(coarse)}.")
    needed = effects["replicates_needed"].dropna()
    if len(needed):
        parts.append(_needed(needed))
    if absent:
        parts.append(f"Not judged: {'; '.join(absent)}.")
    return " ".join(parts)


def _needed(numbers: pd.Series) -> str:
    most = numbers.max()
    if not np.isfinite(most) or most > MOST_REPLICATES:
        return f"More than {MOST_REPLICATES:,} replicates would be needed to find an effect as large as observed."
    return f"An effect as large as observed would be found with about {most:.0f} replicates."


CLAIM_COLUMNS = [
    "id",
    "source",
    "source_title",
    "place",
    "topic",
    "claim",
    "claimed",
    "verdict",
    "decided_by",
    "reason",
    "correction",
    "tests",
]
