"""Judging claims: from an experiment's tidy results to effects with intervals, and to verdicts.

An effect is a difference or a ratio of two methods, replicate by replicate, or one method's value. Its 95 % interval
decides: wholly inside the rule's range the claim is *supported* there, wholly outside *refuted*, else *inconclusive*.
Effects of one topic are one family: a decision also needs p ≤ 0.05 after Holm's correction over the family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab import metrics as measure
from bnlab.config import ACROSS_RECIPES, ALL_RECIPES, Run, Study
from bnlab.ledger import OF_A_LEVEL, OVER_RATES, Claim, Effect, Ledger, Rule
from bnlab.statistics import (
    CONFIDENCE,
    MOST_REPLICATES,
    Interval,
    effect_size,
    equivalence_p,
    holm,
    mean_interval,
    probability_of_improvement,
    replicates_needed,
    restricted,
    slopes,
    t_test_p,
)
from bnlab.tables import chosen_rates, rate_ranges, shown_label

NOT_TESTED = "not tested here"
Results = Mapping[str, pd.DataFrame]
"""The tidy tables of an experiment by source: metrics, runs, percentiles, classes, timing."""


class Setting(NamedTuple):
    """Where an effect is measured in this study: its dataset, and each method's recipe."""

    dataset: str
    recipe: str


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
    return Setting(dataset, recipe)


def _in_the_place_of(name: str, entries: Mapping[str, Any], used: Sequence[str]) -> str:
    if name in used:
        return name
    for candidate in used:
        if entries[candidate].stands_for == name:
            return candidate
    raise Absent(f"this study has nothing on {name} there")


def _is_asked_for(run: Run, method: str, batch: int, recipe: str) -> bool:
    return (run.method, run.batch) == (method, batch) and recipe in (run.recipe, ALL_RECIPES)


# Quantities: a function of an experiment's results for one dataset, an effect's settings and a method, which returns
# one number a replicate (NaN where it diverged).


def _method_runs(results: Results, source: str, effect: Effect, method: str) -> pd.DataFrame:
    """Rows of a method at the effect's batch size; at its best rate where the effect asks for that."""
    table = results[source]
    if effect.rate == "best":
        best = chosen_rates(results["metrics"])
        best = best[(best["method"] == method) & (best["batch"] == effect.batch)]
        table = table[table["recipe"] == best["recipe"].item()]
    return table[(table["method"] == method) & (table["batch"] == effect.batch)]


def _history(results: Results, effect: Effect, method: str, split: str) -> pd.DataFrame:
    rows = _method_runs(results, "metrics", effect, method)
    rows = rows[rows["split"] == split]
    # Training rows, and methods without statistics of the batch, have one kind alone.
    several = rows["statistics"].nunique() > 1
    return rows[rows["statistics"] == effect.statistics] if several else rows


def at_the_end(column: str, split: str) -> Callable[[Results, Effect, str], pd.Series]:
    """Loss or accuracy at the last step, or at the last evaluation up to the effect's epoch."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        rows = _up_to_epoch(_history(results, effect, method, split), effect)
        return rows[rows["step"] == rows["step"].max()].set_index("replicate")[column]

    return quantity


def _up_to_epoch(rows: pd.DataFrame, effect: Effect) -> pd.DataFrame:
    if effect.epoch is None:
        return rows
    # Evaluations fall on whole steps, so an epoch's own may lie a fraction of a step after it.
    per_step = (rows["epoch"] / rows["step"]).max()
    return rows[rows["epoch"] <= effect.epoch + per_step]


def over_time(split: str) -> Callable[[Results, Effect, str], pd.Series]:
    """Accuracy averaged over training, ∫ a(t) dt / (T − t₀) by trapezoids over the evaluations."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        rows = _history(results, effect, method, split)
        wide = rows.pivot(index="replicate", columns="step", values="accuracy")
        steps = wide.columns.to_numpy(float)
        return pd.Series(
            np.trapezoid(wide.to_numpy(), steps, axis=1) / (steps[-1] - steps[0]), wide.index
        )

    return quantity


def accuracy_gap(results: Results, effect: Effect, method: str) -> pd.Series:
    """Training less test accuracy at the end."""
    train, test = (
        at_the_end("accuracy", split)(results, effect, method) for split in ("train", "test")
    )
    return train - test


def steps_to(split: str) -> Callable[[Results, Effect, str], pd.Series]:
    """The first step at the effect's accuracy, restricted at the last step."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        last = _history(results, effect, method, split)["step"].max()
        first = _first_steps(results, effect, method)
        return pd.Series(restricted(first, last), first.index)

    return quantity


def _first_steps(results: Results, effect: Effect, method: str) -> pd.Series:
    """The first evaluated step at the effect's accuracy, NaN where it is never reached."""
    rows = _method_runs(results, "runs", effect, method).set_index("replicate")
    split = effect.quantity.removeprefix("steps_to_")
    return rows[f"first_{split}_{effect.level:g}"].astype(float)


def drift(name: str) -> Callable[[Results, Effect, str], pd.Series]:
    """Percentile drift averaged over training and over units (``metrics.percentile_drift``)."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        rows = _method_runs(results, "percentiles", effect, method)
        units = measure.percentile_drift(measure.unit_drift(rows[rows["quantity"] == name]))
        return units.groupby("replicate")["drift"].mean()

    return quantity


def _areas(results: Results, effect: Effect, method: str) -> pd.DataFrame:
    """One-vs-rest AUC by replicate and class."""
    rows = _method_runs(results, "classes", effect, method)
    return rows.pivot(index="replicate", columns="class", values="auc").dropna(axis=1, how="all")


def macro_auc(results: Results, effect: Effect, method: str) -> pd.Series:
    """Mean one-vs-rest AUC over classes."""
    return _areas(results, effect, method).mean(axis=1, skipna=False)


def auc_range(results: Results, effect: Effect, method: str) -> pd.Series:
    """Largest less smallest one-vs-rest AUC of a class."""
    areas = _areas(results, effect, method)
    return areas.max(axis=1) - areas.min(axis=1)


def class_auc(results: Results, effect: Effect, method: str) -> pd.Series:
    """One-vs-rest AUC of the effect's class, counted from 1."""
    return _areas(results, effect, method)[_class_index(effect)]


def class_auc_rank(results: Results, effect: Effect, method: str) -> pd.Series:
    """Place of the effect's class among all classes by AUC, 1 for the lowest."""
    return _areas(results, effect, method).rank(axis=1)[_class_index(effect)]


def _class_index(effect: Effect) -> int:
    assert effect.class_ is not None
    return effect.class_ - 1


def seconds(results: Results, effect: Effect, method: str) -> pd.Series:
    """Seconds per 1,000 steps in each timed repeat."""
    rows = _method_runs(results, "timing", effect, method)
    return rows.set_index("repeat")["seconds_per_1000_steps"]


def _accuracy_by_batch(results: Results, effect: Effect, method: str) -> pd.DataFrame:
    at = [
        at_the_end("accuracy", "test")(
            results, effect.model_copy(update={"batch": batch}), method
        ).rename(batch)
        for batch in effect.batches or []
    ]
    return pd.concat(at, axis=1)


def accuracy_slope(results: Results, effect: Effect, method: str) -> pd.Series:
    """Least-squares slope of final test accuracy over log₂ batch."""
    wide = _accuracy_by_batch(results, effect, method)
    return pd.Series(slopes(wide.to_numpy(), wide.columns.to_numpy(float)), wide.index)


def absolute_slope(results: Results, effect: Effect, method: str) -> pd.Series:
    """|slope| of final test accuracy over log₂ batch."""
    return accuracy_slope(results, effect, method).abs()


def accuracy_range(results: Results, effect: Effect, method: str) -> pd.Series:
    """Best less worst final test accuracy over the batch sizes."""
    wide = _accuracy_by_batch(results, effect, method)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)


def rates_within_a_point(results: Results, effect: Effect, method: str) -> pd.Series:
    """Decades of learning rate within one point of the best accuracy (``metrics.rate_range``)."""
    ranges = rate_ranges(_method_runs(results, "metrics", effect, method))
    return ranges.set_index("replicate")["decades"]


QUANTITIES: dict[str, Callable[[Results, Effect, str], pd.Series]] = {
    **{
        f"{split}_{column}": at_the_end(column, split)
        for split in ("train", "validation", "test")
        for column in ("accuracy", "loss")
    },
    "mean_train_accuracy": over_time("train"),
    "mean_test_accuracy": over_time("test"),
    "accuracy_gap": accuracy_gap,
    "steps_to_train": steps_to("train"),
    "steps_to_test": steps_to("test"),
    "activation_drift": drift("activation"),
    "weight_drift": drift("weight"),
    "macro_auc": macro_auc,
    "auc_range": auc_range,
    "class_auc": class_auc,
    "class_auc_rank": class_auc_rank,
    "seconds_per_1000_steps": seconds,
    "accuracy_slope": accuracy_slope,
    "absolute_slope": absolute_slope,
    "accuracy_range": accuracy_range,
    "rate_range": rates_within_a_point,
}
"""One number a replicate, by the name that the ledger uses."""


def bounds(results: Results, effect: Effect, method: str) -> tuple[pd.Series, pd.Series]:
    """The lowest and the highest value that each replicate's may in truth have.

    An accuracy is first reached at some step after the evaluation before the one that showed it, or after the last one
    if none did; a range of rates that touches an end of the grid may go on beyond it. Other quantities are exact.
    """
    values = QUANTITIES[effect.quantity](results, effect, method)
    if effect.quantity in OF_A_LEVEL:
        split = effect.quantity.removeprefix("steps_to_")
        steps = sorted(_history(results, effect, method, split)["step"].unique())
        before = dict(zip(steps, [0, *steps], strict=False))
        reached = _first_steps(results, effect, method).notna()
        return values.where(~reached, values.map(before)), values.where(reached, np.inf)
    if effect.quantity in OVER_RATES:
        ranges = rate_ranges(_method_runs(results, "metrics", effect, method))
        ranges = ranges.set_index("replicate")
        return values, values.where(~(ranges["reaches_lowest"] | ranges["reaches_highest"]), np.inf)
    return values, values


class Sample(NamedTuple):
    """An effect in each replicate, in the units of the rule; logarithms for a ratio.

    ``lowest`` and ``highest`` are what ``values`` may in truth be, ``first`` and ``second`` the values compared, the
    latter None for one method's own, and ``censored`` counts those that are open at one end.
    """

    values: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    first: np.ndarray
    second: np.ndarray | None
    censored: int


def sample(effect: Effect, results: Results) -> Sample:
    """Paired differences, paired log-ratios, or a method's own values, by replicate."""
    at = [
        pd.concat([QUANTITIES[effect.quantity](results, effect, method), *bounds_], axis=1)
        for method in effect.methods
        for bounds_ in [bounds(results, effect, method)]
    ]
    table = pd.concat(at, axis=1).to_numpy(float)
    first, low, high = table[:, :3].T
    censored = int(np.isinf(table).sum())
    if len(at) == 1:
        return Sample(first, low, high, first, None, censored)
    second, second_low, second_high = table[:, 3:].T
    scale = np.log if effect.is_ratio else np.asarray
    with np.errstate(divide="ignore", invalid="ignore"):
        values = scale(first) - scale(second)
        lowest, highest = scale(low) - scale(second_high), scale(high) - scale(second_low)
    values = np.where(np.isfinite(values), values, np.nan)
    return Sample(values, lowest, highest, first, second, censored)


def is_certain(verdict: str, drawn: Sample, low: float, high: float) -> bool:
    """Whether a verdict holds wherever between its bounds the value of each replicate lies."""
    least, most = _interval_end(drawn.lowest, "low"), _interval_end(drawn.highest, "high")
    if verdict == "supported":
        return least > low and most < high
    return most <= low or least >= high


def _interval_end(values: np.ndarray, end: str) -> float:
    infinite = np.isinf(values)
    return values[infinite][0] if infinite.any() else float(getattr(mean_interval(values), end))


def judge(values: np.ndarray, low: float, high: float) -> tuple[str, float, Interval]:
    """Verdict, two-sided p and interval of a sample against the range (low, high) of a rule.

    Supported if the whole interval of the mean lies inside the range, refuted if all of it lies outside, else
    inconclusive. p is that of the t-test against the threshold nearest to the mean; for a mean inside a margin it is
    twice that of two one-sided tests, so that p ≤ 0.05 and the 95 % interval always say the same.
    """
    interval = mean_interval(values)
    if interval.n < 2:
        return "inconclusive", np.nan, interval
    both = np.isfinite(low) and np.isfinite(high)
    if both and low < interval.mean < high:
        p = min(1.0, 2 * equivalence_p(values, low, high))
    else:
        p = t_test_p(values, nearest(interval.mean, low, high))
    if interval.low > low and interval.high < high:
        return "supported", p, interval
    if interval.high <= low or interval.low >= high:
        return "refuted", p, interval
    return "inconclusive", p, interval


def nearest(mean: float, low: float, high: float) -> float:
    """The finite threshold of a rule that is nearest to the mean."""
    thresholds = [value for value in (low, high) if np.isfinite(value)]
    return min(thresholds, key=lambda value: abs(value - mean))


def _thresholds(effect: Effect) -> tuple[float, float]:
    """The range of the rule, in logarithms for a ratio."""
    low, high = effect.rule.low, effect.rule.high
    if effect.is_ratio:
        return (float(np.log(low)) if low > 0 else -np.inf), float(np.log(high))
    return low, high


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


WORDS: dict[str, tuple[str, str]] = {
    "train_accuracy": ("training accuracy", "points"),
    "test_accuracy": ("test accuracy", "points"),
    "validation_accuracy": ("validation accuracy", "points"),
    "train_loss": ("training loss", ""),
    "test_loss": ("test loss", ""),
    "validation_loss": ("validation loss", ""),
    "mean_train_accuracy": ("training accuracy averaged over training", "points"),
    "mean_test_accuracy": ("test accuracy averaged over training", "points"),
    "accuracy_gap": ("training less test accuracy", "points"),
    "steps_to_train": ("steps to {level:.0%} training accuracy", "steps"),
    "steps_to_test": ("steps to {level:.0%} test accuracy", "steps"),
    "activation_drift": ("percentile drift of the last activation's inputs", ""),
    "weight_drift": ("percentile drift of the last hidden layer's weights", ""),
    "macro_auc": ("mean AUC over classes", "points"),
    "auc_range": ("largest less smallest AUC of a class", "points"),
    "class_auc": ("AUC of class {class_}", "points"),
    "class_auc_rank": ("place of class {class_} by AUC from below", ""),
    "seconds_per_1000_steps": ("seconds per 1,000 steps", "seconds"),
    "accuracy_slope": ("change of test accuracy per doubling of the batch", "points"),
    "absolute_slope": ("size of the change of test accuracy per doubling of the batch", "points"),
    "accuracy_range": ("best less worst test accuracy over batch sizes", "points"),
    "rate_range": ("range of learning rates within a point of the best", "decades"),
}
"""What each quantity is called in print, and the unit of its values and differences there."""


def effect_row(effect: Effect, where: Setting, study: Study, results: Results) -> dict[str, Any]:
    """One judged effect, in the units in which it is printed (``scale``): points are hundredths.

    ``results`` has the rows of the effect's dataset and recipe alone.
    """
    drawn = sample(effect, results)
    low, high = _thresholds(effect)
    verdict, p, interval = judge(drawn.values, low, high)
    coarse = verdict != "inconclusive" and not is_certain(verdict, drawn, low, high)
    name, unit = WORDS[effect.quantity]
    scale = "ratio" if effect.is_ratio else unit
    printed = _printer(scale)
    dataset = study.datasets[where.dataset]
    label = shown_label(dataset.label, dataset.source == "redraw")
    shown_with = ALL_RECIPES if effect.experiment in ACROSS_RECIPES else where.recipe
    row: dict[str, Any] = {
        "region": _region(effect, where, label, results),
        "experiment": effect.experiment,
        "dataset": where.dataset,
        "dataset_label": label,
        "recipe": "each method's best rate" if effect.rate else where.recipe,
        "batch": effect.batch or ", ".join(map(str, effect.batches or [])),
        "quantity": effect.quantity,
        "compare": effect.compare,
        "effect": _in_words(effect, name, study, results),
        "rule": _rule_in_words(effect.rule, scale),
        "scale": scale,
        "estimate": printed(interval.mean),
        "low": printed(interval.low),
        "high": printed(interval.high),
        "threshold_low": printed(low) if np.isfinite(low) else np.nan,
        "threshold_high": printed(high) if np.isfinite(high) else np.nan,
        "claimed": np.nan if effect.claimed is None else _in_unit(effect.claimed, scale),
        "n": interval.n,
        "replicates": len(drawn.values),
        "censored": drawn.censored,
        "p": p,
        "verdict": "inconclusive" if coarse else verdict,
        "coarse": coarse,
        "values": drawn.values,
        "threshold": nearest(interval.mean, low, high),
        "anchor": f"{effect.experiment}-{where.dataset}-{shown_with}",
    }
    if drawn.second is not None:
        pair = (drawn.first, drawn.second) if np.isfinite(low) else (drawn.second, drawn.first)
        better = probability_of_improvement(*pair)
        row |= {
            "d_z": effect_size(drawn.values),
            "p_better": better.estimate,
            "p_better_low": better.low,
            "p_better_high": better.high,
            "better": "meaningful" if better.meaningful else "significant" * better.significant,
        }
    return row


def _printer(scale: str) -> Callable[[float], float]:
    return (
        (lambda value: float(np.exp(value)))
        if scale == "ratio"
        else (lambda value: _in_unit(value, scale))
    )


def _in_unit(value: float, scale: str) -> float:
    return value * 100 if scale == "points" else value


def _region(effect: Effect, where: Setting, label: str, results: Results) -> str:
    """The region in the ledger's words, and what stands in its place in this study."""
    stand_ins = []
    if where.dataset != effect.dataset:
        stand_ins.append(label)
        if where.recipe == ALL_RECIPES:
            rates = results["metrics"]["learning_rate"]
            stand_ins.append(f"rates {rates.min():g} to {rates.max():g}")
    if effect.recipe not in (None, where.recipe):
        stand_ins.append(where.recipe)
    return f"{effect.region} (on {', '.join(stand_ins)})" if stand_ins else effect.region


def _in_words(effect: Effect, name: str, study: Study, results: Results) -> str:
    name = name.format(level=effect.level, class_=effect.class_)
    if effect.statistics != "moving":
        name += f" under {effect.statistics} statistics"
    if effect.epoch is not None:
        name += f" at epoch {_evaluated_epoch(effect, results):.3g}"
    labels = [study.methods[method].label for method in effect.methods]
    if len(labels) == 1:
        return f"{name} of {labels[0]}"
    return f"{name}: {(' / ' if effect.is_ratio else ' less ').join(labels)}"


def _evaluated_epoch(effect: Effect, results: Results) -> float:
    """The epoch of the evaluation that an effect of some epoch is measured at."""
    split = effect.quantity.partition("_")[0]
    return float(
        _up_to_epoch(_history(results, effect, effect.methods[0], split), effect)["epoch"].max()
    )


def _rule_in_words(rule: Rule, scale: str) -> str:
    low, high = (_in_unit(value, scale) for value in (rule.low, rule.high))
    unit = f" {scale}" if scale not in ("", "ratio") else ""
    if rule.within is not None:
        return f"from {low:g} to {high:g}{unit}"
    return f"above {low:g}{unit}" if rule.above is not None else f"below {high:g}{unit}"


def judge_ledger(
    ledger: Ledger, study: Study, results: Mapping[str, Results]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims, a row each, and their judged effects, a row each (``CLAIM_COLUMNS``, ``EFFECT_COLUMNS``).

    ``results`` has the tidy tables of each experiment, by experiment and source.
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
            rows.append(lead | effect_row(effect, where, study, found))
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
INTERNAL = ["coarse", "values", "threshold"]
EFFECT_COLUMNS = [
    "id",
    "test",
    "region",
    "experiment",
    "dataset",
    "dataset_label",
    "recipe",
    "batch",
    "quantity",
    "compare",
    "effect",
    "rule",
    "scale",
    "estimate",
    "low",
    "high",
    "threshold_low",
    "threshold_high",
    "claimed",
    "n",
    "replicates",
    "censored",
    "p",
    "p_holm",
    "d_z",
    "p_better",
    "p_better_low",
    "p_better_high",
    "better",
    "verdict",
    "replicates_needed",
    "anchor",
]
