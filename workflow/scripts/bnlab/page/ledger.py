"""The ledger of claims as the report shows it: verdicts counted, effects in words, forest plots.

Everything comes from ``claims.csv`` and ``effects.csv``; numbers are printed here and places in the
plots worked out, the template only lays them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import MOST_REPLICATES
from bnlab.page.answers import answer_plots
from bnlab.page.forest import forest
from bnlab.page.grids import rows_of
from bnlab.page.phrases import amount, listed, minus
from bnlab.page.verdicts import VERDICTS, Verdict, verdict_of
from bnlab.study.names import ALL_RECIPES


class Part(NamedTuple):
    """A verdict's share of a bar: where it begins and how wide it is, in percent."""

    verdict: Verdict
    claims: int
    start: float
    width: float


SETTLED_BY = ("algebra", "primary source")
UNTESTED = "not tested here"


def page(
    claims: pd.DataFrame,
    effects: pd.DataFrame,
    labels: Mapping[str, str],
    places: Collection[str],
    shorts: Mapping[str, str],
) -> dict[str, Any]:
    """What the template needs of the ledger.

    Args:
        claims: claims.csv.
        effects: effects.csv.
        labels: label of each method, by name.
        places: ids of the report's groups of figures, to which effects may link.
        shorts: what each source is called in a column of a table, by name.
    """
    # How an empty text comes back from a CSV file.
    texts = ["scale", "stand_in", "headline", "coarse_reason"]
    effects = effects.assign(**effects[texts].astype(object).fillna(""))
    claims = claims.astype(object).where(claims.notna(), "")
    shown = [
        _claim(claim, effects[effects["id"] == claim.id], labels, places, shorts)
        for claim in rows_of(claims)
    ]
    tested = [one for one in shown if one["row"].verdict != UNTESTED]

    # What training decides comes first, then what is settled without it; each by its number.
    def settled(one: dict[str, Any]) -> bool:
        return one["row"].decided_by in SETTLED_BY or not one["effects"]

    tested.sort(key=lambda one: (settled(one), one["row"].id))
    return {
        "total": len(claims),
        "bar": bar(claims["verdict"]),
        "on_stand_ins": on_stand_ins(claims),
        "sentence": sentence(claims),
        "topics": [
            {"name": topic, "total": len(rows), "bar": bar(rows["verdict"])}
            for topic, rows in claims.groupby("topic", sort=False)
        ],
        "sources": [
            {"name": name, "title": rows["source_title"].iloc[0], "claims": len(rows)}
            | {"short": shorts.get(str(name), name)}
            for name, rows in claims.groupby("source", sort=False)
        ],
        "verdicts": VERDICTS,
        "claims": tested,
        "untested": [one for one in shown if one["row"].verdict == UNTESTED],
        "answers": answer_plots(effects, labels),
    }


def bar(verdicts: Iterable[str]) -> list[Part]:
    """Every verdict's count and share, in the order of ``VERDICTS``."""
    counts = Counter(verdicts)
    parts, start = [], 0.0
    for verdict in VERDICTS:
        width = 100 * counts[verdict.name] / counts.total()
        parts.append(Part(verdict, counts[verdict.name], start, width))
        start += width
    return parts


def on_stand_ins(claims: pd.DataFrame) -> dict[str, str]:
    """``2 on a redraw``: by verdict, how many of its claims rest on stand-in data alone, and on which."""
    on = _on_stand_ins(claims)
    said: dict[str, list[str]] = {}
    for row in rows_of(on.value_counts(["verdict", "stand_in"], sort=False).reset_index()):
        said.setdefault(row.verdict, []).append(f"{row.count} on {row.stand_in}")
    return {verdict: listed(parts) for verdict, parts in said.items()}


def _on_stand_ins(claims: pd.DataFrame) -> pd.DataFrame:
    return claims[claims["stand_in"].notna() & (claims["stand_in"] != "")]


def sentence(claims: pd.DataFrame) -> str:
    """The counts in words: all, how many of them rest on stand-in data alone, and how many need no training."""
    counted = [f"{p.claims} {p.verdict.name}" for p in bar(claims["verdict"]) if p.claims]
    text = f"Of {len(claims)} published claims {_are(counted)}."
    on = _on_stand_ins(claims)
    notes = []
    for stand_in, rows in on.groupby("stand_in", sort=False):
        said = [f"{p.claims} {p.verdict.name}" for p in bar(rows["verdict"]) if p.claims]
        notes.append(f"{listed(said)} on {stand_in} alone")
    settled = int(claims["decided_by"].isin(SETTLED_BY).sum())
    if settled:
        notes.append(f"{settled} by algebra or a primary source, without training")
    return f"{text} Among them are {'; '.join(notes)}." if notes else text


def _are(counted: Sequence[str]) -> str:
    if not counted:
        return "none is judged"
    verb = " is " if counted[0].startswith("1 ") else " are "
    return listed(counted).replace(" ", verb, 1)


def _claim(
    claim: Any,
    effects: pd.DataFrame,
    labels: Mapping[str, str],
    places: Collection[str],
    shorts: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "row": claim,
        "short": shorts.get(claim.source, claim.source),
        "verdict": verdict_of(claim.verdict),
        "extent": extent(claim),
        "measured": measured(effects),
        "effects": [_effect(row, labels, places) for row in rows_of(effects)],
    }


def extent(claim: Any) -> str:
    """``in 4 of 5 regions, 1 open``: what stands beside the verdict."""
    if not claim.regions:
        return f"by {claim.decided_by}" if claim.decided_by else ""
    open_ = claim.regions - claim.supported - claim.refuted
    if claim.verdict == "refuted":
        text = f"in {claim.refuted} of {claim.regions} regions"
        text += f", {claim.supported} supported" if claim.supported else ""
    else:
        text = f"in {claim.supported} of {claim.regions} regions"
        text += f", {claim.refuted} refuted" if claim.refuted else ""
    return text + (f", {open_} open" if open_ else "")


def measured(effects: pd.DataFrame) -> list[str]:
    """What the primary effects of a claim are, a line each."""
    primary = effects[effects["primary"].astype(bool)]
    return [f"{amount(row)} ({row.region})" for row in rows_of(primary)]


def _effect(row: Any, labels: Mapping[str, str], places: Collection[str]) -> dict[str, Any]:
    return {
        "row": row,
        "id": f"effect-{row.id}-{row.test}",
        "verdict": verdict_of(row.verdict),
        "amount": amount(row),
        "rule": minus(row.rule),
        "facts": _facts(row, labels),
        "forest": forest(row),
        "where": f"{row.dataset_label}, {_recipe(row.recipe)}, batch {row.batch}",
        "why": why(row),
        "link": row.anchor if row.anchor in places else None,
    }


def why(row: Any) -> str:
    """Why an effect stays undecided; empty for one that is decided."""
    if row.verdict != "undecided":
        return ""
    if row.coarse is True or row.coarse == "True":
        return f"Undecided because it is measured too coarsely: {row.coarse_reason}."
    if not np.isfinite(row.low):
        return "Undecided because fewer than two replicates are left."
    return "Undecided because the interval that is left after Holm's correction (the thin line) reaches the threshold."


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else name


def _facts(row: Any, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name and value of everything known of an effect that has a number."""
    facts = [("replicates", _replicates(row))]
    if np.isfinite(row.p):
        facts += [("p", probability(row.p)), ("p after Holm", probability(row.p_holm))]
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
    """A p-value with two significant digits."""
    if np.isnan(p):
        return "–"
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"
