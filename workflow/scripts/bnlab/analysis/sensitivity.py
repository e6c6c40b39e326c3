"""Corrections for many tests: the one that decides, and verdicts under three others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.effects import OPEN, decisive, is_coarse, level_left, printer
from bnlab.analysis.samples import Sample
from bnlab.analysis.statistics import (
    CONFIDENCE,
    FEWEST,
    OF_A_MEAN,
    OF_A_SHARE,
    holm,
    replicates_needed,
    sign_flips,
)

FAMILY = ["topic", "primary"]
"""The primary effects of a topic are a family, the secondary ones another."""
ONE_TEST = [*FAMILY, "effect", "dataset", "recipe", "batch", "p"]
"""Columns in which effects agree that are one test, on which several claims rest."""
CORRECTIONS = ("holm_by_topic", "holm_over_all", "none", "max_t")
"""Holm's over the tests of a topic, which decides; over all tests of the ledger; none; and the step-down max-T."""
DECIDES = CORRECTIONS[0]


def corrections(effects: pd.DataFrame) -> pd.DataFrame:
    """Return p of each effect under each of ``CORRECTIONS``, with the index of ``effects``.

    An effect that several claims rest on is one test. What is judged by another test than Student's, or by too few
    replicates, keeps Holm's correction in ``max_t``. A sign-flip test of n replicates has no p below 2¹⁻ⁿ, so in a
    family ``max_t`` is taken apart for each n, and multiplied by how many there are (Bonferroni).

    Args:
        effects: as ``claims.judge_ledger`` has them, with their samples in ``drawn``.
    """
    once = effects.drop_duplicates(ONE_TEST)
    by_family = once.groupby(FAMILY)["p"].transform(holm)
    adjusted = pd.DataFrame(
        {
            "holm_by_topic": by_family,
            "holm_over_all": holm(once["p"]),
            "none": once["p"],
            "max_t": by_family,
        }
    )
    students = once[np.array([test is OF_A_MEAN for test in once["deciding_test"]], bool)]
    for _, family in students[students["n"] >= FEWEST].groupby(FAMILY):
        for _, alike in family.groupby("n"):
            adjusted.loc[alike.index, "max_t"] = np.minimum(1, family["n"].nunique() * max_t(alike))
    keyed = once[ONE_TEST].join(adjusted)
    merged = effects[ONE_TEST].merge(keyed, on=ONE_TEST, how="left")
    return merged[list(CORRECTIONS)].set_axis(effects.index)


def max_t(family: pd.DataFrame) -> np.ndarray:
    """Return p of a family by the step-down max-T, with the signs of replicates flipped jointly.

    t is that of the distance of a sample from its threshold, and a flip has one sign for each replicate in all samples
    of the family, since equal replicates share their seed. No normality is assumed (Westfall & Young 1993, section 2.6;
    Romano & Wolf 2005). A sample without spread, or with fewer than two values, keeps its own p.
    """
    drawn: list[Sample] = list(family["drawn"])
    thresholds = family["threshold"].to_numpy(float)
    samples = [each.values - at for each, at in zip(drawn, thresholds, strict=True)]
    t = np.array([_t(sample[None])[0] for sample in samples])
    usable = np.flatnonzero(np.isfinite(t))
    p = family["p"].to_numpy(float).copy()
    if not len(usable):
        return p
    replicates = [each.replicates.astype(int) for each in drawn]
    signs = sign_flips(1 + max(int(replicates[place].max()) for place in usable))
    flipped = np.column_stack(
        [_t(signs[:, replicates[place]] * samples[place]) for place in usable]
    )
    order = usable[np.argsort(-t[usable])]
    columns = {place: column for column, place in enumerate(usable)}
    largest = 0.0
    for rank, place in enumerate(order):
        rest = np.nanmax(flipped[:, [columns[other] for other in order[rank:]]], axis=1)
        largest = max(largest, float((rest >= t[place] - 1e-12).mean()))
        p[place] = largest
    return p


def _t(samples: np.ndarray) -> np.ndarray:
    """Return |mean|/(s/√n) of each row without its NaN; NaN where there is no spread or fewer than two values."""
    known = samples[:, np.isfinite(samples[0])]
    number = known.shape[1]
    if number < 2:
        return np.full(len(samples), np.nan)
    spread = known.std(axis=1, ddof=1)
    return np.abs(known.mean(axis=1)) / np.where(spread > 0, spread, np.nan) * np.sqrt(number)


def corrected(effects: pd.DataFrame, adjusted: pd.Series) -> pd.DataFrame:
    """Return effects judged after a correction; without an adjusted p ≤ 0.05, nothing is decided.

    ``p_holm`` is the adjusted p. ``decisive_low`` and ``decisive_high`` are the interval at the level that the
    correction leaves.

    Args:
        effects: as ``claims.judge_ledger`` has them, with their samples in ``drawn``.
        adjusted: p of each effect after the correction, with the index of ``effects``.
    """
    effects = effects.assign(p_holm=adjusted)
    rows: list[Any] = list(effects.itertuples())
    intervals = [decisive(row) for row in rows]
    sure = (effects["p_holm"] <= 1 - CONFIDENCE).to_numpy()
    at_level = [is_coarse(row, *ends) for row, ends in zip(rows, intervals, strict=True)]
    coarse = sure & np.array(at_level, bool) | effects["coarse"].to_numpy(bool)
    is_open = (effects["verdict"] == OPEN).to_numpy() | ~sure | coarse
    return effects.assign(
        verdict=effects["verdict"].mask(is_open, OPEN),
        coarse=coarse,
        decisive_low=[
            printer(row.scale)(low) for row, (low, _) in zip(rows, intervals, strict=True)
        ],
        decisive_high=[
            printer(row.scale)(high) for row, (_, high) in zip(rows, intervals, strict=True)
        ],
    )


def with_needed(effects: pd.DataFrame) -> pd.DataFrame:
    """Return corrected effects with ``replicates_needed`` of each open one, at the level that the correction leaves."""
    return effects.assign(replicates_needed=[_needed(row) for row in effects.itertuples()])


def _needed(effect: Any) -> float:
    """Return the replicates needed by a t-test; NaN for a decided effect, and where the measurement is too coarse."""
    if (
        effect.verdict != OPEN
        or effect.coarse
        or effect.deciding_test is OF_A_SHARE
        or not effect.p_holm > 0
    ):
        return np.nan
    return replicates_needed(effect.drawn.values, effect.threshold, alpha=level_left(effect))


def changed_verdicts(
    effects: pd.DataFrame,
    adjusted: pd.DataFrame,
    verdict_of: Callable[[pd.DataFrame], dict[str, str]],
) -> pd.DataFrame:
    """Return how many verdicts are others under each correction than under the one that decides.

    Args:
        effects: as in ``corrected``.
        adjusted: p of each effect under each correction, from ``corrections``.
        verdict_of: from corrected effects to the verdict of each claim.

    Returns:
        Columns correction, claims (those judged by effects), changed, and which (their numbers).
    """
    verdicts = {name: verdict_of(corrected(effects, adjusted[name])) for name in CORRECTIONS}
    rows: list[dict[str, Any]] = []
    for name in CORRECTIONS:
        changed = [n for n, v in verdicts[name].items() if v != verdicts[DECIDES][n]]
        rows.append(
            {
                "correction": name,
                "claims": len(verdicts[name]),
                "changed": len(changed),
                "which": " ".join(changed),
            }
        )
    return pd.DataFrame(rows)
