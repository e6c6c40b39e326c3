"""Judging claims: from an experiment's tidy results to effects with intervals, and to verdicts.

An effect is a difference or a ratio of two methods, replicate by replicate, or one method's value. Its interval
decides: wholly inside the rule's range the claim is *supported* in that region, wholly outside *refuted*, else
*undecided*. The primary effects of a topic are one family and the others a second: a decision needs p ≤ 0.05 after
Holm's correction over the family.

A claim has a verdict in its own setting, by its primary effects alone. Where it holds, where it fails and what is not
known, all of its effects say together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.earlier import Earlier, measured_before, results_at_the_end
from bnlab.analysis.effects import (
    INTERNAL,
    OPEN,
    REPLICATE_COLUMNS,
    effect_row,
    replicate_rows,
)
from bnlab.analysis.quantities import Quantity, Results, narrowed
from bnlab.analysis.samples import Measured, Setting, measure
from bnlab.analysis.sensitivity import (
    DECIDES,
    changed_verdicts,
    corrected,
    corrections,
    with_needed,
)
from bnlab.analysis.statistics import FEWEST, MOST_REPLICATES
from bnlab.analysis.summaries import BASE
from bnlab.study.config import Run, Study
from bnlab.study.declaration import TIMING
from bnlab.study.ledger import Claim, Effect, Ledger, Measure
from bnlab.study.names import ALL_RECIPES, EFFECT_COLUMNS

NOT_TESTED = "not tested here"
NOT_REPRODUCED = "not reproduced"


class Absent(Exception):
    """An effect cannot be measured in this study; the text says why."""


def place(effect: Measure, study: Study, methods: Sequence[str]) -> Setting:
    """Return the data set and recipe that a measure of these methods asks for, or what stands for them here.

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
    # Base's loss says when phases begin, so it must be there too.
    for method in [*methods, *([BASE] if effect.phase and BASE not in methods else [])]:
        for batch in batches:
            if not any(_is_asked_for(run, method, batch, recipe, effect, study) for run in runs):
                raise Absent(f"this study does not train {method} at batch {batch} there")
    _check_recorded(effect, study, [run for run in runs if recipe in (run.recipe, ALL_RECIPES)])
    return Setting(dataset, recipe)


def _check_recorded(effect: Measure, study: Study, runs: Sequence[Run]) -> None:
    reads = study.declaration(effect.experiment).quantities[effect.quantity].reads
    # A quantity over all recipes may read what some of them record; at a rate of its own it may be any of them.
    enough = all if effect.recipe or effect.rate else any
    if not enough(study.records(run.recipe, reads) for run in runs):
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


def _is_asked_for(
    run: Run, method: str, batch: int, recipe: str, effect: Measure, study: Study
) -> bool:
    settings = study.comparison_settings(run.recipe)
    return (
        (run.method, run.batch) == (method, batch)
        and recipe in (run.recipe, ALL_RECIPES)
        and all(settings[name] == value for name, value in effect.where.items())
    )


def combine(verdicts: Sequence[str], needs: str | None = None) -> str:
    """Combine the verdicts of effects into the verdict on the claim.

    All supported: supported. All refuted: refuted. Some of each: mixed. Else undecided. A claim that ``needs`` "all" is
    refuted by one counterexample. One that needs "one" is supported by one example.

    An effect that gets better (refuted, undecided, supported) never makes the verdict worse, mixed and undecided being
    equals.
    """
    if not verdicts:
        return NOT_TESTED
    found = set(verdicts)
    if found == {"supported"} or (needs == "one" and "supported" in found):
        return "supported"
    if found == {"refuted"} or (needs == "all" and "refuted" in found):
        return "refuted"
    return "mixed" if {"supported", "refuted"} <= found else OPEN


def own_effects(effects: pd.DataFrame, needs: str | None) -> pd.DataFrame:
    """Return those effects of a claim that decide it: the primary ones, or all where one example is enough."""
    return effects if needs == "one" else effects[effects["primary"].astype(bool)]


def verdict_by(own: pd.DataFrame, needs: str | None, observation: bool, unmeasured: int = 0) -> str:
    """Return the verdict on a claim by its ``own_effects``; an observation is never refuted, but not reproduced.

    So many primary effects as are ``unmeasured`` count as open, beside at least one that is measured.
    """
    verdict = combine([*own["verdict"], *[OPEN] * (unmeasured if len(own) else 0)], needs)
    return NOT_REPRODUCED if observation and verdict == "refuted" else verdict


class Judged(NamedTuple):
    """A judged ledger: claims, their effects, the values of each replicate (``…_COLUMNS`` of each), and sensitivity."""

    claims: pd.DataFrame
    effects: pd.DataFrame
    replicates: pd.DataFrame
    sensitivity: pd.DataFrame


def judge_ledger(
    ledger: Ledger,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    earlier: Earlier | None = None,
) -> Judged:
    """Judge every claim by the study's results.

    ``results`` has the tidy tables of each experiment, by experiment and source; ``quantity`` is the function that
    computes a quantity, by the experiment's and its own name. What the study takes from a publication is judged anew
    by the values of each replicate in ``earlier``.
    """
    rows, absent, unmeasured = _tests(ledger, study, results, quantity, earlier)
    judged = pd.DataFrame(rows, columns=[*INTERNAL, *EFFECT_COLUMNS])
    adjusted = corrections(judged)
    effects = with_needed(corrected(judged, adjusted[DECIDES]))
    claims = [
        _claim_row(
            claim,
            ledger,
            effects[effects["id"] == claim.id],
            absent.get(claim.id, []),
            unmeasured[claim.id],
        )
        for claim in ledger.claims
    ]

    replicates = [pd.DataFrame(columns=REPLICATE_COLUMNS), *map(replicate_rows, rows)]
    return Judged(
        pd.DataFrame(claims, columns=CLAIM_COLUMNS),
        effects[EFFECT_COLUMNS],
        pd.concat(replicates[1:] or replicates, ignore_index=True),
        changed_verdicts(judged, adjusted, partial(_verdicts, ledger, unmeasured)),
    )


def _tests(
    ledger: Ledger,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    earlier: Earlier | None,
) -> tuple[list[dict[str, Any]], dict[str, list[str]], Counter[str]]:
    """Return a row for each measured test; by claim, why tests are absent, and how many primary ones are."""
    rows: list[dict[str, Any]] = []
    absent: dict[str, list[str]] = {}
    unmeasured: Counter[str] = Counter()
    for claim in ledger.claims:
        for number, effect in enumerate(claim.tests, 1):
            try:
                where = place(effect, study, effect.methods)
                measured = _measured(effect, where, study, results, quantity, earlier)
            except Absent as reason:
                absent.setdefault(claim.id, []).append(f"{effect.region}: {reason}")
                unmeasured[claim.id] += effect.primary
                continue
            lead = {"id": claim.id, "topic": claim.topic, "test": number}
            rows.append(lead | effect_row(effect, where, study, measured))
    return rows, absent, unmeasured


def _verdicts(ledger: Ledger, unmeasured: Mapping[str, int], rows: pd.DataFrame) -> dict[str, str]:
    """Return the verdict of each claim that tests decide, by the verdicts of its tests in ``rows``."""
    of_claims = {
        claim.id: verdict_by(
            own_effects(rows[rows["id"] == claim.id], claim.needs),
            claim.needs,
            claim.observation,
            unmeasured[claim.id],
        )
        for claim in ledger.claims
        if claim.settled is None and claim.tests
    }
    return {number: verdict for number, verdict in of_claims.items() if verdict != NOT_TESTED}


def _measured(
    effect: Effect,
    where: Setting,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    earlier: Earlier | None,
) -> Measured:
    """Measure an effect by the study's own results, or take it as it was published.

    Raises Absent if the publication has no effect of these settings.
    """
    if effect.experiment not in results:
        assert earlier is not None
        published = measured_before(effect, earlier, study)
        if published is not None:
            return published
        at_the_end = results_at_the_end(effect, where, earlier, study)
        if at_the_end is None:
            raise Absent("what is published was not measured for this test, replicate by replicate")
        results = {effect.experiment: at_the_end}
    here = rows_at(results[effect.experiment], where, effect, study)
    return measure(effect, where, study, here, quantity(effect.experiment, effect.quantity))


def rows_at(results: Results, where: Setting, effect: Measure, study: Study) -> Results:
    """Return the rows that a measure is of, with every value of settings that its quantity compares.

    These are rows of the tidy tables that the quantity reads, and of those that describe an effect and choose a rate.
    """
    declaration = study.declaration(effect.experiment).quantities[effect.quantity]
    fixed = {n: value for n, value in effect.where.items() if n not in declaration.among}
    rows = {}
    for source in {*declaration.reads, "metrics", "classes"} & {*results}:
        table = results[source]
        here = table["dataset"] == where.dataset
        if where.recipe != ALL_RECIPES:
            here &= table["recipe"] == where.recipe
        rows[source] = narrowed(table[here], fixed)
    return rows


def _claim_row(
    claim: Claim, ledger: Ledger, effects: pd.DataFrame, absent: Sequence[str], unmeasured: int
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": claim.id,
        "source": claim.source,
        "source_title": ledger.sources[claim.source].title,
        "place": claim.place,
        "topic": claim.topic,
        "claim": claim.claim,
        "claimed": claim.claimed or "",
        "verdict": NOT_TESTED,
        "decided_by": "",
        "stand_in": "",
        "needs": claim.needs or "",
        "observation": claim.observation,
        "unmeasured": unmeasured,
        **_regions(effects, [*absent, *([claim.unjudged] if claim.unjudged else [])]),
        "reason": "",
        "correction": "",
        "second": claim.second or "",
        "tests": len(effects),
    }
    if claim.settled is not None:
        checked = f", checked in {claim.settled.checked}" if claim.settled.checked else ""
        return row | {
            "verdict": claim.settled.verdict,
            "decided_by": claim.settled.by,
            "reason": f"Settled by {claim.settled.by}{checked}.",
            "correction": claim.settled.correction,
        }
    if claim.untested is not None:
        return row | {"reason": claim.untested}
    own = own_effects(effects, claim.needs)
    verdict = verdict_by(own, claim.needs, claim.observation, unmeasured)
    by_training = verdict not in (OPEN, NOT_TESTED)
    return row | {
        "verdict": verdict,
        "decided_by": "training" if by_training else "",
        "stand_in": ", ".join(dict.fromkeys(own["stand_in"])) if by_training and _only(own) else "",
        "reason": _reason(effects),
    }


def _only(effects: pd.DataFrame) -> bool:
    """Return true where every effect is measured on stand-ins."""
    return bool((effects["stand_in"] != "").all())


def _regions(effects: pd.DataFrame, not_judged: Sequence[str]) -> dict[str, str]:
    """Return the regions in which a claim holds, those in which it fails, and what is not known."""
    regions = {verdict: list(rows) for verdict, rows in effects.groupby("verdict")["region"]}
    return {
        "holds": "; ".join(regions.get("supported", [])),
        "fails": "; ".join(regions.get("refuted", [])),
        "not_known": "; ".join([*regions.get(OPEN, []), *not_judged]),
    }


def _reason(effects: pd.DataFrame) -> str:
    """Return sentences on effects that are measured too coarsely, and on the replicates that others would need."""
    coarse = effects[effects["coarse"].astype(bool)]
    parts = [
        f"Measured too coarsely ({row.region}): {row.coarse_reason}." for row in coarse.itertuples()
    ]
    few = effects["n"].lt(FEWEST)
    if few.any():
        parts.append(f"Fewer than {FEWEST} replicates decide nothing.")
    needed = effects.loc[~few, "replicates_needed"].dropna()
    return " ".join([*parts, _needed(needed)] if len(needed) else parts)


def _needed(numbers: pd.Series) -> str:
    most = numbers.max()
    if not np.isfinite(most) or most > MOST_REPLICATES:
        return f"More than {MOST_REPLICATES:,} replicates would be needed to find an effect as large as observed."
    return f"An effect as large as observed would be found with about {most:,.0f} replicates."


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
    "stand_in",
    "needs",
    "observation",
    "unmeasured",
    "holds",
    "fails",
    "not_known",
    "reason",
    "correction",
    "second",
    "tests",
]
