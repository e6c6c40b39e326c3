"""Measures of a probe in phases of training, and their ratios to base over steps and over the training loss.

One rule for every measure. The loss is that of the probe along the gradient at the weights themselves, the mean over
its fixed batches in training mode, so that loss and measure are of the same step. *plateau*: base's loss has not yet
fallen to ``LEFT`` of the loss of a guess. *end*: the last quarter of the steps. *learning*: between both. *equal_loss*:
where both networks have the same loss, below the plateau and down to the higher of their lowest losses. The value of a
phase is the mean over its probed steps, each weighted by the steps since the probe before; at equal loss it is the mean
over ``LOSSES`` losses, evenly spaced in logarithms. Between probes a measure is linear in the logarithm of the loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE
from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.statistics import CONFIDENCE, paired_ratio, sign_flips
from bnlab.analysis.summaries import BASE, RUN, summarize
from bnlab.study.ledger import Effect, Measure
from bnlab.study.names import PHASES

LEFT = 0.9
"""Share of the loss of a guess (``tidy.guess``) at which base's plateau ends."""
END = 0.75
"""Share of all steps after which the end begins."""
LOSSES = 20
"""Losses between which measures are compared at equal loss."""


class Course(NamedTuple):
    """One replicate in training: probed steps (n,), training losses (n,), a measure (n,), and the loss of a guess."""

    steps: np.ndarray
    losses: np.ndarray
    values: np.ndarray
    guess: float


Courses = dict[tuple[Any, ...], Course]
"""Courses by method, batch, learning rate and replicate."""


def courses(
    rows: pd.DataFrame,
    measure: str,
    along: pd.DataFrame,
    metrics: pd.DataFrame,
    first: int = 1,
) -> Courses:
    """Return the course of a measure in each replicate, the median over layers from ``first`` on.

    Args:
        rows: columns of ``ONE``, step, layer (where there is one) and the measure.
        measure: a column of ``rows``.
        along: the tidy source of the loss along the gradient.
        metrics: the tidy source with the loss of a guess.
        first: the first layer that is counted.
    """
    rows = rows[rows["step"] > 0]
    if "layer" in rows:
        rows = rows[rows["layer"] >= first]
    values = rows.groupby([*ONE, "step"])[measure].median()
    at_weights = along[along["size"] == 0].groupby([*ONE, "step"])["loss"].mean()
    table = pd.DataFrame({"value": values, "loss": at_weights.reindex(values.index)})
    guess = metrics.groupby(ONE)["guess_loss"].first().to_dict()
    return {
        key: Course(
            group.index.get_level_values("step").to_numpy(float),
            group["loss"].to_numpy(float),
            group["value"].to_numpy(float),
            float(guess[key]),
        )
        for key, group in table.groupby(ONE)
    }


def phases(base: Course) -> np.ndarray:
    """Return the phase of each probed step by base's course: plateau, learning or end."""
    left = base.losses <= LEFT * base.guess
    leaves = int(left.argmax()) if left.any() else len(base.steps)
    early = np.where(np.arange(len(base.steps)) < leaves, "plateau", "learning")
    return np.where(base.steps > END * base.steps[-1], "end", early)


def value_in(phase: str, own: Course, other: Course, base: Course) -> float:
    """Return the value of a course in a phase; NaN where the phase has no step, or the replicate diverged.

    Args:
        phase: one of ``PHASES``.
        own: the course.
        other: that of the method that it is compared with, which says at what losses both have been.
        base: that of base, which says when phases begin.
    """
    if np.isnan(own.values).any():
        return np.nan
    if phase == "equal_loss":
        losses = common_losses(own, other, base)
        return float(at_losses(own, losses).mean()) if len(losses) else np.nan
    here = phases(base) == phase
    weights = np.diff(own.steps, prepend=0)[here]
    return float(np.average(own.values[here], weights=weights)) if here.any() else np.nan


def common_losses(own: Course, other: Course, base: Course) -> np.ndarray:
    """Return the losses, from high to low, at which two courses are compared; none where they share none."""
    highest = np.min([LEFT * base.guess, own.losses[0], other.losses[0]])
    lowest = np.max([np.min(own.losses), np.min(other.losses)])  # NaN where a replicate diverged
    return np.geomspace(highest, lowest, LOSSES) if 0 < lowest < highest else np.array([])


def at_losses(course: Course, losses: np.ndarray) -> np.ndarray:
    """Return the measure at these losses, from the step at which a course first got down to each."""
    lowest_so_far = np.minimum.accumulate(course.losses)
    new = np.diff(lowest_so_far, prepend=np.inf) < 0
    known = np.log(course.losses[new])[::-1]
    return np.interp(np.log(losses), known, course.values[new][::-1])


def in_phase_of(
    source: str,
    measure: str,
    along: str,
    first: int = 1,
    prepare: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows,
    of_layer: bool = False,
) -> Quantity:
    """Return the quantity that is the value of a measure in the phase of an effect.

    Args:
        source: tidy source of the probe.
        measure: column of what ``prepare`` returns.
        along: tidy source of the loss along the gradient.
        first: the first layer that is counted.
        prepare: from the rows of runs to their measures.
        of_layer: true to take the layer of the effect alone.
    """

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        assert effect.phase is not None
        compared = effect.methods if isinstance(effect, Effect) else []
        partner = next((name for name in compared if name != method), BASE)
        by_method = {}
        for name in {method, partner, BASE}:
            rows = prepare(method_runs(results, source, effect, name))
            if of_layer:
                rows = rows[rows["layer"] == effect.layer]
            losses = method_runs(results, along, effect, name)
            metrics = method_runs(results, "metrics", effect, name)
            of_name = courses(rows, measure, losses, metrics, first)
            by_method[name] = {key[-1]: course for key, course in of_name.items()}
        own, other, base = (by_method[name] for name in (method, partner, BASE))
        values = {
            replicate: value_in(effect.phase, course, other[replicate], base[replicate])
            for replicate, course in own.items()
        }
        return pd.Series(values, dtype=float).rename_axis("replicate")

    return quantity


def by_phase(
    rows: pd.DataFrame,
    measures: Sequence[str],
    along: pd.DataFrame,
    metrics: pd.DataFrame,
    first: int = 1,
) -> pd.DataFrame:
    """Return means of measures in each phase, and ratios to base, paired by replicate.

    A method without base beside it has no row, since base says when phases begin.

    Returns:
        Columns of ``RUN``, measure, phase, the interval of the mean, and that of the ratio.
    """
    parts = []
    for measure in measures:
        of_measure = courses(rows, measure, along, metrics, first)
        for (method, *setting), own in of_measure.items():
            base = of_measure.get((BASE, *setting))
            if base is None:
                continue
            for phase in PHASES:
                # At equal loss base has a value for each method that it is compared with.
                mine = value_in(phase, own, base, base)
                theirs = value_in(phase, base, own, base)
                parts.append((method, *setting, measure, phase, mine, theirs))
    table = pd.DataFrame(parts, columns=[*ONE, "measure", "phase", "value", "base"])
    keys = [*RUN, "measure", "phase"]
    means = summarize(table, keys, "value", scale="log")
    others = table[table["method"] != BASE].groupby(keys, sort=False)
    ratios = [(*key, *paired_ratio(each["value"], each["base"])) for key, each in others]
    names = [*keys, "ratio", "ratio_low", "ratio_high", "pairs"]
    return means.merge(pd.DataFrame(ratios, columns=names), how="left").fillna({"pairs": 0})


def ratio_curves(
    rows: pd.DataFrame,
    measures: Sequence[str],
    along: pd.DataFrame,
    metrics: pd.DataFrame,
    first: int = 1,
) -> pd.DataFrame:
    """Return the ratio of measures to base's over steps and over the training loss, with simultaneous bands.

    Returns:
        Columns of ``RUN``, measure, ``over`` (step or loss), ``at``, and mean, low and high (``simultaneous``, in
        logarithms), n and replicates.
    """
    parts = []
    for measure in measures:
        of_measure = courses(rows, measure, along, metrics, first)
        groups: dict[tuple[Any, ...], list[tuple[Course, Course]]] = {}
        for (method, batch, rate, replicate), own in of_measure.items():
            base = of_measure.get((BASE, batch, rate, replicate))
            if method != BASE and base is not None:
                groups.setdefault((method, batch, rate), []).append((own, base))
        for run, pairs in groups.items():
            for over, at, logs in (("step", *_by_step(pairs)), ("loss", *_by_loss(pairs))):
                lead = dict(zip(RUN, run, strict=True)) | {"measure": measure, "over": over}
                band = np.exp(simultaneous(logs))
                counts = {"n": np.isfinite(logs).all(axis=1).sum(), "replicates": len(logs)}
                curve = pd.DataFrame(band, columns=["mean", "low", "high"])
                parts.append(curve.assign(at=at, **lead, **counts))
    names = [*RUN, "measure", "over", "at", "mean", "low", "high", "n", "replicates"]
    return pd.concat(parts)[names] if parts else pd.DataFrame(columns=names)


def _by_step(pairs: Sequence[tuple[Course, Course]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the probed steps (n,), and the logarithms of the ratios there (replicates, n)."""
    return pairs[0][0].steps, _logs([(own.values, base.values) for own, base in pairs])


def _by_loss(pairs: Sequence[tuple[Course, Course]]) -> tuple[np.ndarray, np.ndarray]:
    """Return losses that all replicates share (n,), and the logarithms of the ratios there (replicates, n)."""
    shared = [losses for own, base in pairs if len(losses := common_losses(own, base, base))]
    if not shared:
        return np.array([]), np.empty((len(pairs), 0))
    highest, lowest = min(each[0] for each in shared), max(each[-1] for each in shared)
    if lowest >= highest:
        return np.array([]), np.empty((len(pairs), 0))
    losses = np.geomspace(highest, lowest, LOSSES)
    nothing = np.full(LOSSES, np.nan)
    values = [
        (at_losses(own, losses), at_losses(base, losses))
        if len(common_losses(own, base, base))
        else (nothing, nothing)
        for own, base in pairs
    ]
    return losses, _logs(values)


def _logs(values: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    own, base = (np.array(each) for each in zip(*values, strict=True))
    positive = (own > 0) & (base > 0)
    return np.where(
        positive, np.log(np.where(positive, own, 1)) - np.log(np.where(positive, base, 1)), np.nan
    )


def simultaneous(values: np.ndarray, confidence: float = CONFIDENCE) -> np.ndarray:
    """Return mean and band (n, 3) of curves (replicates, n) that covers the whole mean curve with this confidence.

    The band is x̄ ± c·s/√r at every point, c the quantile of the largest |t| over the curve where the signs of the
    replicates' deviations from the mean curve are flipped, each replicate's at all points together. Replicates with a
    missing point are left out; fewer than two leave no band.

    Reference: Westfall & Young 1993, section 2 (max-T); Mammen 1993 for flipped signs.
    """
    known = values[np.isfinite(values).all(axis=1)]
    mean = known.mean(axis=0) if len(known) else np.full(values.shape[1], np.nan)
    if len(known) < 2 or not known.shape[1]:
        return np.column_stack([mean, np.full((values.shape[1], 2), np.nan)])
    number = len(known)
    deviations = known - mean
    flipped = sign_flips(number) @ deviations / number
    spread = np.sqrt(np.maximum((deviations**2).mean(axis=0) - flipped**2, 0) / (number - 1))
    t = np.divide(np.abs(flipped), spread, out=np.zeros_like(flipped), where=spread > 0)
    c = float(np.quantile(t.max(axis=1), confidence))
    half = c * known.std(axis=0, ddof=1) / np.sqrt(number)
    return np.column_stack([mean, mean - half, mean + half])
