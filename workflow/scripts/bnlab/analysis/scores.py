"""The scorecard: what an engineer asks of a method, a row each, answered for every method that was trained for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.claims import Absent, place, rows_at
from bnlab.analysis.quantities import Quantity, Results, rate_chosen
from bnlab.analysis.samples import (
    Setting,
    as_bounded,
    beyond_the_rates_tried,
    called,
    says_nothing,
    without_values,
)
from bnlab.analysis.statistics import (
    CONFIDENCE,
    FEWEST,
    Interval,
    holm,
    mean_interval,
    paired_ratio,
    share_interval,
    share_test_p,
    t_test_p,
    within,
)
from bnlab.study.config import Study
from bnlab.study.declaration import Quantity as Declared
from bnlab.study.ledger import Row

COLUMNS = [
    *("key", "asks", "when", "experiment", "dataset", "dataset_label", "unit", "better", "against"),
    *("method", "method_label", "estimate", "low", "high", "n", "replicates", "open", "at_end"),
    *("behind", "rivals", "ranked_by", "missing", "less_best", "less_best_low", "less_best_high"),
]
PAIRS, INTERVALS = "pairs", "intervals"
"""Grounds of a rank: paired tests, or, in rows of earlier publications, intervals that do not meet."""


class Answer(NamedTuple):
    """A method's cell of a row, and the least and the greatest value of each replicate, logarithms for a ratio.

    ``learns`` is false where every replicate of the method diverged or failed.
    """

    cell: dict[str, Any]
    lowest: pd.Series
    highest: pd.Series
    learns: bool = True


def score(
    rows: Sequence[Row],
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every row of the scorecard for every method that the study trains where the row asks.

    Args:
        rows: as the ledger has them.
        study: the study.
        results: tidy tables by experiment and source.
        quantity: the function that computes a quantity, by the experiment's and its own name.
        earlier: the published scorecard, from which the rows of experiments come that the study takes as published.

    Returns:
        ``COLUMNS``: the mean over replicates with its 95 % interval; ratios are geometric means. ``open`` is how many
        of the values are open at one end. ``at_end`` says whether a better rate may lie beyond those tried.
        ``behind`` is how many ``rivals`` are better (``ranked``). A row that lacks a method which is trained there has
        no rivals, so that it ranks nobody; ``missing`` names the method.
    """
    scored = [pd.DataFrame(columns=COLUMNS)]
    for row in rows:
        settings = _settings(row, study)
        if row.experiment in results:
            answers = [
                answer
                for method, where in settings.items()
                if (answer := _answer(row, study, results, quantity, method, where))
            ]
            cells = ranked(answers)
        else:
            cells = _published(row, study, settings, earlier)
        if len(cells):
            missing = [study.label(name) for name in settings if name not in set(cells["method"])]
            scored.append(cells.assign(missing=", ".join(missing)))
            if missing:
                scored[-1] = scored[-1].assign(behind=0, rivals=0)
    return pd.concat(scored, ignore_index=True)[COLUMNS]


def unanswered(rows: Sequence[Row], study: Study) -> list[str]:
    """Return the questions to experiments of a study that it has no runs for on any data, each with the reason."""
    here = [row for row in rows if row.experiment in study.experiments]
    answered, reasons = {row.asks for row in here if _settings(row, study)}, dict[str, str]()
    for row in here:
        method = next(name for name in study.methods if name != row.compared_with)
        if row.asks not in answered:
            try:
                place(row, study, _with_reference(row, method))
            except Absent as reason:
                reasons.setdefault(row.asks, f"{row.asks}, since {reason}")
    return list(reasons.values())


def _settings(row: Row, study: Study) -> dict[str, Setting]:
    """The place of each method's runs that the row asks about; that of the reference is left out."""
    settings = {}
    for method in study.methods:
        if method != row.compared_with:
            with suppress(Absent):
                settings[method] = place(row, study, _with_reference(row, method))
    return settings


def _with_reference(row: Row, method: str) -> list[str]:
    return [method, *([row.compared_with] if row.compared_with else [])]


def _published(
    row: Row, study: Study, settings: Mapping[str, Setting], earlier: pd.DataFrame | None
) -> pd.DataFrame:
    """The cells of a published row, under the row's present words.

    Ranks stay as they were, and a row with methods that are not at hand ranks nobody. A publication without
    ``ranked_by`` ranked by intervals, one without ``at_end`` does not know of it, and one without ``less_best`` has
    none.
    """
    if earlier is None:
        return pd.DataFrame()
    known = earlier[earlier["key"] == row.key]
    cells = known[known["method"].isin(list(settings))]
    if len(cells) < len(known):
        cells = cells.assign(behind=0, rivals=0)
    unit = study.declaration(row.experiment).quantities[row.quantity].unit_of_values
    cells = cells.assign(
        asks=row.asks,
        when=row.when or "",
        unit="times" if row.against else unit,
        against=row.compared_with or "",
    )
    if "ranked_by" not in cells:
        cells = cells.assign(ranked_by=INTERVALS)
    return cells.reindex(columns=COLUMNS).fillna({"at_end": False})


def _answer(
    row: Row,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    method: str,
    where: Setting,
) -> Answer | None:
    """A method's answer; None where its runs give no value."""
    here = rows_at(results[row.experiment], where, row, study)
    measure = quantity(row.experiment, row.quantity)
    declaration = study.declaration(row.experiment).quantities[row.quantity]
    known = as_bounded(measure(here, row, method))
    chosen = rate_chosen(here, row, method)
    measured = beyond_the_rates_tried(known, chosen, declaration, method)
    if not len(measured.values):
        return None
    compared = _with_reference(row, method)
    if nothing := says_nothing(row, here, declaration, compared):
        is_own = not row.against and declaration.is_of_predictions  # such as an accuracy at chance
        measured = measured if is_own else without_values(measured, nothing)
    values = measured.values
    others = as_bounded(measure(here, row, row.against)).values if row.against else None
    interval = _interval(values, others, declaration)
    unit = 100 if declaration.unit == "points" and not row.against else 1
    cell = {
        "key": row.key,
        "asks": row.asks,
        "when": row.when or "",
        "experiment": row.experiment,
        "dataset": where.dataset,
        "dataset_label": called(where, study)[0],
        "unit": "times" if row.against else declaration.unit_of_values,
        "better": declaration.better,
        "against": row.compared_with or "",
        "method": method,
        "method_label": study.label(method),
        "estimate": unit * interval.mean,
        "low": unit * interval.low,
        "high": unit * interval.high,
        "n": interval.n,
        "replicates": len(values),
        "open": int(np.isinf(values).sum()),
        "at_end": chosen is not None and chosen.is_end,
    }
    lowest, highest = (np.log(end) if row.against else end for end in measured[1:3])
    return Answer(cell, lowest, highest, learns=not nothing)


def _interval(values: pd.Series, others: pd.Series | None, about: Declared) -> Interval:
    """Return the mean with its interval: exact for a share of replicates, else on the scale of the quantity."""
    if others is not None:
        return paired_ratio(values, others.reindex(values.index))
    if about.is_share:
        return share_interval(values)
    return within(mean_interval(values), about.scale)


def ranked(answers: Sequence[Answer]) -> pd.DataFrame:
    """Return the cells with how many ``rivals`` each has, and how many of these are better (``behind``).

    A method is better than another if the test of their difference, paired by replicate, says so after Holm's
    correction for all pairs of the row (``_better_p``). The methods that have an estimate are rivals.
    """
    cells = pd.DataFrame([answer.cell for answer in answers])
    if cells.empty:
        return cells
    known = [place for place, answer in enumerate(answers) if np.isfinite(answer.cell["estimate"])]
    pairs = list(combinations(known, 2))
    one_sided = [
        (_better_p(answers[one], answers[other]), _better_p(answers[other], answers[one]))
        for one, other in pairs
    ]
    adjusted = holm([2 * min(p) for p in one_sided])
    behind = np.zeros(len(cells), int)
    for pair, p, both in zip(pairs, one_sided, adjusted, strict=True):
        if both <= 1 - CONFIDENCE:
            behind[pair[1] if p[0] < p[1] else pair[0]] += 1
    rivals = [len(known) - 1 if place in known else 0 for place in range(len(cells))]
    cells = cells.assign(behind=behind, rivals=rivals, ranked_by=PAIRS)
    return cells.assign(**_less_best([answers[place] for place in known], len(cells), known))


def _less_best(answers: Sequence[Answer], cells: int, places: Sequence[int]) -> dict[str, Any]:
    """Return each method's value minus that of the best one, in the unit of print, with its 95 % interval over pairs.

    An end is infinite where a value is open there. The best one itself has 0, and fewer pairs than ``FEWEST`` have no
    interval.
    """
    differences = np.full((3, cells), np.nan)
    if answers:
        choose = max if answers[0].cell["better"] == "high" else min
        best = choose(answers, key=lambda answer: answer.cell["estimate"])
        for place, answer in zip(places, answers, strict=True):
            differences[:, place] = 0 if answer is best else _paired(answer, best)
    return dict(zip(("less_best", "less_best_low", "less_best_high"), differences, strict=True))


def _paired(answer: Answer, best: Answer) -> tuple[float, float, float]:
    unit = 100 if answer.cell["unit"] == "%" else 1
    least, most = unit * (answer.lowest - best.highest), unit * (answer.highest - best.lowest)
    low, high = mean_interval(least), mean_interval(most)
    ends = (low.low, high.high) if min(low.n, high.n) >= FEWEST else (np.nan, np.nan)
    open_ends = np.isneginf(least).any(), np.isposinf(most).any()
    mean = answer.cell["estimate"] - best.cell["estimate"]
    return mean, *(
        end if not is_open else infinite
        for end, is_open, infinite in zip(ends, open_ends, (-np.inf, np.inf), strict=True)
    )


def _better_p(better: Answer, worse: Answer) -> float:
    """Return p of one side, that a method is no better than another in pairs of replicates.

    Where values are known between bounds, the nearest ones of a pair count. Student's t-test judges their mean, and
    the exact sign test where a value is open at one end. Fewer than ``FEWEST`` pairs have no p, and neither have two
    methods that learn nothing.
    """
    if not (better.learns or worse.learns):
        return np.nan
    sign = 1 if better.cell["better"] == "high" else -1
    mine = better.lowest if sign > 0 else better.highest
    other = worse.highest if sign > 0 else worse.lowest
    mine, other = mine.align(other, join="inner")
    both = (mine.notna() & other.notna()).to_numpy()
    first, second = (sign * each.to_numpy(float)[both] for each in (mine, other))
    if len(first) < FEWEST:
        return np.nan
    if np.isfinite(first).all() and np.isfinite(second).all():
        return t_test_p(first - second, 0, "greater")
    return share_test_p((first > second)[first != second].astype(float), 0.5, "greater")
