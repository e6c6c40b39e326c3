"""The ledger of claims as the report shows it: verdicts counted, effects in words, forest plots.

Everything comes from ``claims.csv`` and ``effects.csv``; numbers are printed here and places in the
plots worked out, the template only lays them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from bnlab.analysis.statistics import MOST_REPLICATES, rounded
from bnlab.study.names import ALL_RECIPES


class Verdict(NamedTuple):
    """A verdict: its name in claims.csv, its CSS class, its sign, and what it says of n claims."""

    name: str
    slug: str
    sign: str
    said: str


VERDICTS = (
    Verdict("supported", "supported", "✓", "supports"),
    Verdict("refuted", "refuted", "✗", "refutes"),
    Verdict("partly", "partly", "◐", "supports in part"),
    Verdict("inconclusive", "inconclusive", "?", "leaves undecided"),
    Verdict("not tested here", "untested", "–", "does not test"),
)


class Part(NamedTuple):
    """A verdict's share of a bar: where it begins and how wide it is, in percent."""

    verdict: Verdict
    claims: int
    start: float
    width: float


class Label(NamedTuple):
    """A text in a plot: the x it is about, where it stands, and which end of it stands there."""

    at: float
    x: float
    text: str
    anchor: str


class Forest(NamedTuple):
    """A forest plot of one effect, x in units of the drawing.

    ``allowed`` is the range in which the rule is fulfilled, ``interval`` None without one.
    """

    title: str
    description: str
    height: int
    estimate: float
    interval: tuple[float, float] | None
    allowed: tuple[float, float]
    thresholds: list[Label]
    claimed: Label | None
    reference: float | None
    ticks: list[Label]


SETTLED_BY = ("algebra", "primary source")

WIDTH = 340
"""Width of a forest plot, in units of the drawing."""
MARGIN = 14
ROOM = 50
"""What a number may need beside a line."""


def page(
    claims: pd.DataFrame,
    effects: pd.DataFrame,
    labels: Mapping[str, str],
    places: Collection[str],
) -> dict[str, Any]:
    """What the template needs of the ledger.

    Args:
        claims: claims.csv.
        effects: effects.csv.
        labels: label of each method, by name.
        places: ids of the report's groups of figures, to which effects may link.
    """
    effects = effects.fillna({"scale": ""})  # how an empty text comes back from a CSV file
    return {
        "total": len(claims),
        "bar": bar(claims["verdict"]),
        "sentence": sentence(claims),
        "topics": [
            {"name": topic, "total": len(rows), "bar": bar(rows["verdict"])}
            for topic, rows in claims.groupby("topic", sort=False)
        ],
        "sources": dict(zip(claims["source"], claims["source_title"], strict=True)),
        "verdicts": VERDICTS,
        "claims": [
            _claim(claim, effects[effects["id"] == claim.id], labels, places)
            for claim in claims.astype(object).where(claims.notna(), "").itertuples()
        ],
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


def sentence(claims: pd.DataFrame) -> str:
    """The counts in words, what training decided apart from what algebra or a primary source settles."""
    settled = claims["decided_by"].isin(SETTLED_BY)
    said = [
        f"{p.verdict.said} {p.claims}" for p in bar(claims.loc[~settled, "verdict"]) if p.claims
    ]
    text = f"Of {len(claims)} published claims this study {_listed(said)}."
    if not settled.any():
        return text
    said = [f"{p.claims} {p.verdict.name}" for p in bar(claims.loc[settled, "verdict"]) if p.claims]
    return f"{text} Algebra or a primary source settles the other {settled.sum()}: {_listed(said)}."


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _claim(
    claim: Any, effects: pd.DataFrame, labels: Mapping[str, str], places: Collection[str]
) -> dict[str, Any]:
    return {
        "row": claim,
        "verdict": _verdict(claim.verdict),
        "effects": [_effect(row, labels, places) for row in effects.itertuples()],
    }


def _verdict(name: str) -> Verdict:
    return next(verdict for verdict in VERDICTS if verdict.name == name)


def _effect(row: Any, labels: Mapping[str, str], places: Collection[str]) -> dict[str, Any]:
    return {
        "row": row,
        "id": f"effect-{row.id}-{row.test}",
        "verdict": _verdict(row.verdict),
        "amount": amount(row),
        "rule": _minus(row.rule),
        "facts": _facts(row, labels),
        "forest": forest(row),
        "where": f"{row.dataset_label}, {_recipe(row.recipe)}, batch {row.batch}",
        "link": row.anchor if row.anchor in places else None,
    }


def amount(row: Any) -> str:
    """The estimate with its interval, rounded to its uncertainty; a ratio's interval by its ends."""
    half = (row.high - row.low) / 2
    if row.scale != "ratio" or not half > 0:
        text = _minus(rounded(row.estimate, half))
        return text if row.scale in ("", "ratio") or text == "–" else f"{text} {row.scale}"
    places = max(0, 1 - int(np.floor(np.log10(half))))
    estimate, low, high = (f"{v:,.{places}f}" for v in (row.estimate, row.low, row.high))
    return f"{estimate} ({low} to {high})"


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else name


def _facts(row: Any, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name and value of everything known of an effect that has a number."""
    facts = [("replicates", _replicates(row))]
    if np.isfinite(row.p):
        facts += [("p", probability(row.p)), ("p after Holm", probability(row.p_holm))]
    if np.isfinite(row.d_z):
        facts.append(("d_z", _minus(f"{row.d_z:.2f}")))
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


def forest(row: Any) -> Forest | None:
    """The plot of an effect: estimate, interval, rule and claimed number; None without estimate.

    Ratios are on a logarithmic axis. The axis always shows what stands for no difference.
    """
    if not np.isfinite(row.estimate):
        return None
    is_ratio = row.scale == "ratio"
    reference = _no_difference(row)
    limits = [value for value in (row.threshold_low, row.threshold_high) if np.isfinite(value)]
    shown = [row.estimate, row.low, row.high, row.claimed, *limits]
    finite = [value for value in shown if np.isfinite(value)]
    if reference is not None:
        finite.append(reference)
    across = _axis(finite, logarithmic=is_ratio and min(finite) > 0)
    low, high = (
        across(limit) if np.isfinite(limit) else edge
        for limit, edge in ((row.threshold_low, 0.0), (row.threshold_high, float(WIDTH)))
    )
    has_claim = bool(np.isfinite(row.claimed))
    return Forest(
        title=f"{row.effect}, {row.region}",
        description=_in_words(row),
        height=92 if has_claim else 72,
        estimate=across(row.estimate),
        interval=(across(row.low), across(row.high)) if np.isfinite(row.low) else None,
        allowed=(low, high),
        thresholds=_thresholds(row, across),
        claimed=_label(across(row.claimed), f"claimed {_plain(row.claimed)}", 9)
        if has_claim
        else None,
        reference=None if reference is None else across(reference),
        ticks=_ticks(finite, across, is_ratio),
    )


def _in_words(row: Any) -> str:
    text = f"{amount(row)}, 95 % interval; the rule: {_minus(row.rule)}"
    if np.isfinite(row.claimed):
        text += f"; claimed was {_plain(row.claimed)}"
    return f"{text}. {row.verdict.capitalize()}."


def _no_difference(row: Any) -> float | None:
    if row.scale == "ratio":
        return 1.0
    return 0.0 if " - " in row.compare else None


def _axis(values: Sequence[float], logarithmic: bool) -> Callable[[float], float]:
    """The map from a value to x, with room at both ends."""
    scale: Any = np.log if logarithmic else float
    low, high = scale(min(values)), scale(max(values))
    room = 0.06 * (high - low) or 1.0
    low, high = low - room, high + room
    return lambda value: round(
        MARGIN + (WIDTH - 2 * MARGIN) * float((scale(value) - low) / (high - low)), 1
    )


def _ticks(
    values: Sequence[float], across: Callable[[float], float], is_ratio: bool
) -> list[Label]:
    low, high = min(values), max(values)
    if is_ratio and low > 0 and high / low > 4:
        lead = (1,) if high / low > 100 else (1, 2, 5)
        found = [n * 10.0**e for e in range(-6, 7) for n in lead]
    else:
        found = list(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    places = [(across(tick), _plain(tick)) for tick in found if not is_ratio or tick > 0]
    return [Label(x, x, text, "middle") for x, text in places if MARGIN <= x <= WIDTH - MARGIN]


def _thresholds(row: Any, across: Callable[[float], float]) -> list[Label]:
    low, high = row.threshold_low, row.threshold_high
    if np.isfinite(low) and np.isfinite(high):
        left, right = _label(across(low), _plain(low)), _label(across(high), _plain(high))
        left = left if left.x < ROOM else left._replace(anchor="end")
        return [left, right if right.x > WIDTH - ROOM else right._replace(anchor="start")]
    if np.isfinite(low):
        return [_label(across(low), f"> {_plain(low)}")]
    return [_label(across(high), f"< {_plain(high)}")]


def _label(x: float, text: str, gap: float = 0) -> Label:
    """A text at x, on the side of it where there is room."""
    left = x < WIDTH / 2
    return Label(x, x + gap if left else x - gap, text, "start" if left else "end")


def _plain(value: float) -> str:
    return _minus(f"{value:,.4g}") if abs(value) > 1e-9 else "0"


def _minus(text: str) -> str:
    return text.replace("-", "−")
