"""The claims of the report: counts of verdicts, effects in words, and forest plots.

All comes from claims.csv and effects.csv. The template adds no numbers of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import FEWEST, MOST_REPLICATES
from bnlab.page.confirmation import Confirmation, on_claim, on_effect, sentences
from bnlab.page.forest import forest
from bnlab.page.grids import rows_of
from bnlab.page.headlines import effect_plots
from bnlab.page.links import Places
from bnlab.page.phrases import amount, listed, minus, rule_text
from bnlab.page.verdicts import UNTESTED, VERDICTS, Verdict, regions, verdict_of
from bnlab.study.names import ALL_RECIPES
from bnlab.study.origins import Fixed


class Part(NamedTuple):
    """A verdict's part of a bar; start and width are in percent."""

    verdict: Verdict
    claims: int
    start: float
    width: float


SETTLED_BY = ("algebra", "primary source")
FEW = 6
"""Replicates below which a test that assumes no normal distribution cannot reach p = 0.05."""


def page(
    claims: pd.DataFrame,
    effects: pd.DataFrame,
    labels: Mapping[str, str],
    where: Places,
    shorts: Mapping[str, str],
    fresh: Confirmation | None = None,
    documents: str | None = None,
) -> dict[str, Any]:
    """Return the variables of the template for the ledger.

    Args:
        claims: claims.csv.
        effects: effects.csv.
        labels: label of each method, by name.
        where: where figures and tables stand, to which effects lead.
        shorts: short name of each source, by name.
        fresh: verdicts on fresh seeds; None without any.
        documents: topic of claims about documents, which have a list of their own; None without any.
    """
    # A CSV file returns empty texts as missing values.
    texts = ["scale", "stand_in", "headline", "coarse_reason"]
    effects = effects.assign(**effects[texts].astype(object).fillna(""))
    claims = claims.astype(object).where(claims.notna(), "")
    entries = [
        _claim(claim, effects[effects["id"] == claim.id], labels, where, shorts, fresh)
        for claim in rows_of(claims)
    ]
    tested = [entry for entry in entries if entry["row"].verdict != UNTESTED]
    slips = [entry for entry in tested if entry["row"].topic == documents]
    tested.sort(key=lambda entry: _place(entry, set(effects.loc[effects["headline"] != "", "id"])))
    return {
        "total": len(claims),
        "bar": bar(claims["verdict"]),
        "on_stand_ins": on_stand_ins(claims),
        "sentence": sentence(claims),
        "topics": _topics(claims),
        "sources": _sources(claims, shorts),
        "verdicts": VERDICTS,
        "claims": [entry for entry in tested if entry not in slips],
        "slips": slips,
        "untested": [entry for entry in entries if entry["row"].verdict == UNTESTED],
        "fresh": sentences(fresh),
        "effect_plots": effect_plots(effects, labels),
    }


def _place(
    entry: Mapping[str, Any], important: Collection[str]
) -> tuple[bool, bool, tuple[int, str]]:
    """Return the key by which claims are sorted.

    Claims with a headline come first, then others that training decides, then those that are settled without it.
    """
    row = entry["row"]
    settled = row.decided_by in SETTLED_BY or not entry["effects"]
    return settled, row.id not in important, in_order(row.id)


def _topics(claims: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"name": topic, "total": len(rows), "bar": bar(rows["verdict"])}
        for topic, rows in claims.groupby("topic", sort=False)
    ]


def _sources(claims: pd.DataFrame, shorts: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": rows["source_title"].iloc[0], "claims": len(rows)}
        | {"short": shorts.get(str(name), name)}
        for name, rows in claims.groupby("source", sort=False)
    ]


def bar(verdicts: Iterable[str]) -> list[Part]:
    """Return the count and share of every verdict, in the order of ``VERDICTS``."""
    counts = Counter(verdicts)
    parts, start = [], 0.0
    for verdict in VERDICTS:
        width = 100 * counts[verdict.name] / counts.total()
        parts.append(Part(verdict, counts[verdict.name], start, width))
        start += width
    return parts


def on_stand_ins(claims: pd.DataFrame) -> dict[str, str]:
    """Count claims that rest on stand-in data alone, by verdict: ``2 on a redraw``."""
    on = _on_stand_ins(claims)
    counts: dict[str, list[str]] = {}
    for row in rows_of(on.value_counts(["verdict", "stand_in"], sort=False).reset_index()):
        counts.setdefault(row.verdict, []).append(f"{row.count} on {row.stand_in}")
    return {verdict: listed(parts) for verdict, parts in counts.items()}


def _on_stand_ins(claims: pd.DataFrame) -> pd.DataFrame:
    return claims[claims["stand_in"].notna() & (claims["stand_in"] != "")]


def since(fixed: Fixed | None, digest: str) -> str:
    """Return since when the tests of a ledger with this digest are as they are; empty where it does not say so."""
    if fixed is None:
        return ""
    commit = f"commit `{fixed.commit}`, " if fixed.commit else ""
    then = f"{fixed.date} ({commit}digest `{fixed.digest}`)"
    if not digest.startswith(fixed.digest):
        return f"Tests have changed since they were fixed on {then}."
    known = f" {fixed.known}" if fixed.known else ""
    return f"The tests were fixed on {then}, and none has changed since.{known}"


def sentence(claims: pd.DataFrame) -> str:
    """Return a sentence that counts claims: by verdict, on stand-in data alone, and settled without training."""
    published = claims["id"].map(in_order).map(lambda number: number[0]).nunique()
    whole = published == len(claims)
    of = (
        f"{published} published claims"
        if whole
        else f"{len(claims)} statements in {published} published claims"
    )
    text = f"Of {of} {_are(_counts(claims))}."
    on = _on_stand_ins(claims)
    notes = []
    for stand_in, rows in on.groupby("stand_in", sort=False):
        notes.append(f"{listed(_counts(rows))} on {stand_in} alone")
    settled = int(claims["decided_by"].isin(SETTLED_BY).sum())
    if settled:
        notes.append(f"{settled} by algebra or a primary source, without training")
    return f"{text} Among them are {'; '.join(notes)}." if notes else text


def _counts(claims: pd.DataFrame) -> list[str]:
    return [f"{part.claims} {part.verdict.name}" for part in bar(claims["verdict"]) if part.claims]


def _are(counts: Sequence[str]) -> str:
    if not counts:
        return "none is judged"
    verb = " is " if counts[0].startswith("1 ") else " are "
    return listed(counts).replace(" ", verb, 1)


def _claim(
    claim: Any,
    effects: pd.DataFrame,
    labels: Mapping[str, str],
    where: Places,
    shorts: Mapping[str, str],
    fresh: Confirmation | None,
) -> dict[str, Any]:
    return {
        "row": claim,
        "short": shorts.get(claim.source, claim.source),
        "verdict": verdict_of(claim.verdict),
        "regions": regions(claim),
        "measured": measured(effects),
        "fresh": on_claim(fresh, claim.id),
        "effects": [_effect(row, labels, where, fresh) for row in rows_of(effects)],
    }


def sensitivity(table: pd.DataFrame) -> str:
    """Return a sentence on the verdicts that other corrections for many tests would change; empty without any verdict.

    Args:
        table: sensitivity.csv.
    """
    changed = {row.correction: _changed(row) for row in rows_of(table)}
    if table.empty or not table["claims"].max():
        return ""
    return (
        f"Of {table['claims'].max()} verdicts by training, other corrections would change these: one over all tests at "
        f"once {changed['holm_over_all']}; the step-down max-T, which assumes no normal distribution, "
        f"{changed['max_t']}; no correction at all {changed['none']}."
    )


def _changed(row: Any) -> str:
    """Return how many verdicts change, and of which claims: ``2 (7 and 39)``."""
    numbers = str(row.which).split() if row.changed else []
    return f"{row.changed} ({listed(numbers)})" if numbers else "none"


def in_order(number: str) -> tuple[int, str]:
    """Return the key by which claims are sorted: 5, 5a, 5b, 10."""
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits), number.removeprefix(digits)


def measured(effects: pd.DataFrame) -> list[str]:
    """Return the primary effects of a claim as texts."""
    primary = effects[effects["primary"].astype(bool)]
    return [f"{amount(row)} ({row.region})" for row in rows_of(primary)]


def _effect(
    row: Any, labels: Mapping[str, str], where: Places, fresh: Confirmation | None
) -> dict[str, Any]:
    return {
        "row": row,
        "id": f"effect-{row.id}-{row.test}",
        "verdict": verdict_of(row.verdict),
        "amount": amount(row),
        "rule": rule_text(row.rule),
        "facts": [*_facts(row, labels), *on_effect(fresh, row.id, row.test)],
        "forest": forest(row),
        "where": f"{row.dataset_label}, {_recipe(row.recipe)}, batch {row.batch}",
        "why": why(row),
        "link": where.address(row.anchor, row.quantity),
    }


def why(row: Any) -> str:
    """Return the reason why an effect is undecided; empty for one that is decided."""
    if row.verdict != "undecided":
        return ""
    if row.coarse is True or row.coarse == "True":
        return f"Undecided because it is measured too coarsely: {row.coarse_reason}."
    if not row.n and row.coarse_reason:
        return f"Undecided because {row.coarse_reason}."
    if row.n < FEWEST:
        return f"Undecided because {row.n} replicates are fewer than {FEWEST}."
    return "Undecided because the interval after Holm's correction (the thin line) includes the threshold."


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else name


def _facts(row: Any, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return names and values of the numbers of an effect."""
    facts = [("replicates", _replicates(row))]
    if np.isfinite(row.p):
        facts += [("p", probability(row.p)), ("p after Holm", probability(row.p_holm))]
    if FEWEST <= row.n < FEW:
        facts.append(("least p of a sign-flip test", probability(2.0 ** (1 - row.n))))
    if np.isfinite(row.d_z):
        facts.append(("d_z", minus(f"{row.d_z:.2f}")))
    if np.isfinite(row.p_better):
        first, second = (labels.get(name, name) for name in row.compare.split()[::2])
        low, high = row.p_better_low, row.p_better_high
        spread = f" ({low:.2f} to {high:.2f})" if np.isfinite(low) else ""
        sign = ">" if np.isfinite(row.threshold_low) else "<"
        weight = f", {row.better}" if isinstance(row.better, str) and row.better else ""
        facts.append((f"P({first} {sign} {second})", f"{row.p_better:.2f}{spread}{weight}"))
    if not np.isnan(row.replicates_needed):
        few = row.replicates_needed <= MOST_REPLICATES
        needed = f"{np.ceil(row.replicates_needed):,.0f}" if few else f"> {MOST_REPLICATES:,}"
        facts.append(("replicates needed", needed))
    return facts


def _replicates(row: Any) -> str:
    count = f"{row.n}" if row.n == row.replicates else f"{row.n} of {row.replicates}"
    return f"{count} ({row.censored} never got there)" if row.censored else count


def probability(p: float) -> str:
    """Return a p-value with two significant digits."""
    if np.isnan(p):
        return "–"
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"
