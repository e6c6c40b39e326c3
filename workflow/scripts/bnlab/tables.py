"""From an experiment's results to the tidy tables that are published, of figures and of results.

Each table is a function of the rows of one dataset and recipe; ``TABLES`` names it and the sources
it needs, and ``tabulate`` adds the columns that make a row explain itself. A table has one row per
combination of its leading columns. ``mean``, ``low`` and ``high`` are a mean over replicates and
its 95 % t-interval, ``n`` the replicates in it, ``diverged`` those left out because they diverged,
``replicates`` all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab import faults as mistakes
from bnlab import metrics as measure
from bnlab.config import ALL_RECIPES, BATCH_SIZE_PAIRS, SMALL_BATCHES
from bnlab.statistics import (
    Interval,
    censored_median,
    fisher_p,
    mean_interval,
    paired_difference,
    paired_ratio,
    slopes,
)

BASE, BN = "base", "bn"
RUN = ["method", "batch", "learning_rate"]
ACROSS_RATES = ["method", "batch"]
SPLITS = ("train", "validation", "test")
METRICS = ("accuracy", "loss")
CURVES = [("test", "accuracy"), ("validation", "loss")]


def accuracy(metrics: pd.DataFrame) -> pd.DataFrame:
    """Train and test accuracy at each evaluated step, under moving statistics."""
    rows = _followed(metrics)
    rows = rows[rows["split"].isin(["train", "test"])]
    return _summarize(rows, [*RUN, "split", "step", "epoch"], "accuracy")


def percentiles(percentiles: pd.DataFrame) -> pd.DataFrame:
    """The probed percentiles of one typical unit in each replicate.

    The typical unit of a replicate is the one whose drift of activations is nearest to the median
    over its units; ``typical`` marks the replicate whose unit's drift is nearest to the median of
    those. A replicate that diverged has no unit; a method of which no replicate is left has one row
    for each quantity, with nothing in it but the counts.
    """
    parts = []
    for _, probes in percentiles.groupby(RUN, sort=False):
        drift = measure.percentile_drift(measure.unit_drift(probes))
        drift = drift[(drift["quantity"] == "activation") & drift["drift"].notna()]
        chosen = drift.loc[
            [_nearest_median(units["drift"]) for _, units in drift.groupby("replicate")]
        ]
        if chosen.empty:
            part = probes.drop_duplicates("quantity")[[*RUN, "quantity"]].assign(typical=False)
        else:
            typical = chosen.loc[_nearest_median(chosen["drift"]), "replicate"]
            part = probes.merge(chosen[["replicate", "unit"]], on=["replicate", "unit"])
            part = part.assign(typical=part["replicate"] == typical)
        number = probes["replicate"].nunique()
        parts.append(part.assign(n=len(chosen), diverged=_gone(probes), replicates=number))
    columns = [*RUN, "quantity", "replicate", "unit", "typical", "step", "percentile", "value"]
    columns += ["n", "diverged", "replicates"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return (
        pd.concat(parts)
        .reindex(columns=columns)
        .sort_values([*RUN, "quantity", "replicate", "percentile", "step"], kind="stable")
    )


def drift(percentiles: pd.DataFrame) -> pd.DataFrame:
    """Percentile drift averaged over all units, at each probed step, for activations and weights.

    ``average`` is the drift averaged over training, ``ratio`` that of the method over that of base,
    replicate by replicate; both are repeated on every row of a method and quantity. Drift is a
    distance from the end, so a replicate that diverged has none at any step.
    """
    keys = [*RUN, "quantity", "step"]
    if percentiles.empty:
        return pd.DataFrame(columns=keys)
    parts, averages = [], []
    for key, probes in percentiles.groupby(RUN, sort=False):
        names: dict[str, Any] = dict(zip(RUN, key, strict=True))
        units = measure.unit_drift(probes)
        over_units = units.groupby(["quantity", "replicate", "step"])["drift"].mean()
        rows = over_units.reset_index().assign(**names)
        parts.append(_summarize(rows, keys, "drift").assign(diverged=_gone(probes)))
        total = measure.percentile_drift(units).groupby(["quantity", "replicate"])["drift"]
        averages.append(total.mean().reset_index().assign(**names))
    average = pd.concat(averages)
    ratios = _compare(average, [*RUN, "quantity"], "drift", BASE, paired_ratio, "ratio")
    means = _summarize(average, [*RUN, "quantity"], "drift", prefix="average")
    means = means.drop(columns=["n", "diverged", "replicates"])
    return pd.concat(parts).merge(means).merge(ratios)


def roc(roc: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """One-vs-rest ROC curves of every class; ``auc`` with its interval is repeated along each."""
    keys = [*RUN, "class", "class_name"]
    area = _summarize(classes, [*keys, "count"], "auc", prefix="auc")
    area = area.drop(columns=["n", "diverged", "replicates"])
    return _with_absent_classes(_summarize(roc, [*keys, "fpr"], "tpr").merge(area, on=keys))


def confusion(confusion: pd.DataFrame) -> pd.DataFrame:
    """Test rows by true and predicted class: mean counts, and ``share`` of the true class."""
    keys = [*RUN, "true", "true_name", "predicted", "predicted_name"]
    table = _summarize(confusion, keys, "count")
    rows = table.groupby([*RUN, "true"])["mean"].transform("sum")
    return table.assign(share=table["mean"] / rows.where(rows > 0))


def final(metrics: pd.DataFrame) -> pd.DataFrame:
    """Accuracy and loss at the last step, and the paired difference from base at equal batch."""
    rows = _long(_followed(_last(metrics)), [(s, m) for s in SPLITS for m in METRICS])
    keys = [*RUN, "split", "metric"]
    table = _summarize(rows, keys, "value")
    return table.merge(_compare(rows, keys, "value", BASE, paired_difference, "difference"))


def steps_to_accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Steps until an accuracy is first reached.

    ``reached`` of ``replicates`` got there within the ``steps`` trained. ``median`` counts the
    others as later than all of them and is empty if it was not observed. ``ratio`` to base is over
    the ``pairs`` in which both got there.
    """
    names = [name for name in runs.columns if name.startswith("first_")]
    rows = runs.melt(
        id_vars=[*RUN, "replicate", "steps", "diverged_at"],
        value_vars=names,
        var_name="event",
        value_name="first",
    )
    parts = rows["event"].str.split("_", expand=True)
    rows = rows.assign(
        split=parts[1], level=parts[2].astype(float), first=rows["first"].astype(float)
    )
    keys = [*RUN, "split", "level"]
    table = []
    for key, group in rows.groupby(keys):
        median = censored_median(group["first"])
        table.append(
            dict(zip(keys, key, strict=True))
            | {
                "steps": group["steps"].max(),
                "median": median if np.isfinite(median) else np.nan,
                "earliest": group["first"].min(),
                "latest": group["first"].max(),
                "reached": group["first"].notna().sum(),
                "diverged": group["diverged_at"].notna().sum(),
                "replicates": len(group),
            }
        )
    ratios = _compare(rows, keys, "first", BASE, paired_ratio, "ratio")
    return pd.DataFrame(table).merge(ratios)


def classes(classes: pd.DataFrame) -> pd.DataFrame:
    """AUC and average precision of each class, and the paired difference from base.

    ``count`` is the number of test rows of the class.
    """
    keys = [*RUN, "class", "class_name", "count", "metric"]
    rows = classes.melt(
        id_vars=[*RUN, "class", "class_name", "count", "replicate"],
        value_vars=["auc", "average_precision"],
        var_name="metric",
    )
    table = _with_absent_classes(_summarize(rows, keys, "value"))
    return table.merge(_compare(rows, keys, "value", BASE, paired_difference, "difference"))


def timing(timing: pd.DataFrame) -> pd.DataFrame:
    """Seconds per 1,000 steps, measured in turn; ``ratio`` to base pairs the repeats."""
    rows = timing.rename(columns={"repeat": "replicate", "seconds_per_1000_steps": "value"})
    ratios = _compare(rows, RUN, "value", BASE, paired_ratio, "ratio")
    table = _summarize(rows, RUN, "value").merge(ratios)
    return table.drop(columns=["diverged", "replicates"]).rename(columns={"n": "repeats"})


def all_methods(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy and validation loss at the last step, under moving statistics."""
    rows = _long(_followed(_last(metrics)), CURVES)
    return _summarize(rows, [*RUN, "split", "metric"], "value")


def pair(*methods: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The table ``all_methods`` restricted to some methods."""

    def table(metrics: pd.DataFrame) -> pd.DataFrame:
        return all_methods(metrics[metrics["method"].isin(methods)])

    return table


def small_batches(metrics: pd.DataFrame) -> pd.DataFrame:
    """The table ``all_methods`` restricted to the smallest batches."""
    return all_methods(metrics[metrics["batch"] <= SMALL_BATCHES])


def statistics(metrics: pd.DataFrame) -> pd.DataFrame:
    """Bn at the last step, evaluated under moving, population and batch statistics."""
    return inference(metrics[metrics["method"] == BN])


def inference(metrics: pd.DataFrame) -> pd.DataFrame:
    """Methods with batch statistics under each kind of them, and paired differences from moving."""
    last = _last(metrics)
    several = last.groupby("method")["statistics"].transform(
        lambda kinds: (kinds != "moving").any()
    )
    rows = _long(last[several & (last["split"] != "train")], CURVES)
    keys = [*RUN, "split", "metric"]
    table = _summarize(rows, [*keys, "statistics"], "value")
    differences = _compare(
        rows,
        [*keys, "statistics"],
        "value",
        "moving",
        paired_difference,
        "difference",
        "statistics",
    )
    return table.merge(differences)


def differences(metrics: pd.DataFrame) -> pd.DataFrame:
    """Every method less base, and less bn, at equal batch: test accuracy and validation loss."""
    rows = _long(_followed(_last(metrics)), CURVES)
    keys = [*RUN, "split", "metric"]
    parts = []
    for reference in (BASE, BN):
        part = _compare(rows, keys, "value", reference, paired_difference, "difference")
        part.insert(len(keys), "reference", reference)
        parts.append(part[part["method"] != reference])
    table = pd.concat(parts)
    return table[table["reference"].isin(rows["method"])].merge(_summarize(rows, keys, "value"))


def stability(metrics: pd.DataFrame) -> pd.DataFrame:
    """How much test accuracy depends on the batch size, by method.

    ``range`` is the best less the worst accuracy over the batch sizes and ``slope`` the
    least-squares slope of accuracy over log₂ batch (per doubling), both replicate by replicate; a
    replicate that diverged at any batch size has neither. ``best_batch`` and ``worst_batch`` are
    those of the mean accuracy.
    """
    rows = _long(_followed(_last(metrics)), [("test", "accuracy")])
    table = []
    for method, group in rows.groupby("method", sort=False):
        wide = group.pivot(index="replicate", columns="batch", values="value")
        batches = wide.columns.to_numpy(float)
        span = mean_interval(wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False))
        slope = mean_interval(slopes(wide, batches))
        means = wide.mean()
        table.append(
            {
                "method": method,
                "smallest_batch": int(batches.min()),
                "largest_batch": int(batches.max()),
                **_columns(span, "range"),
                **_columns(slope, "slope"),
                "best_batch": means.idxmax() if means.notna().any() else np.nan,
                "worst_batch": means.idxmin() if means.notna().any() else np.nan,
                "n": span.n,
                "diverged": len(wide) - span.n,
                "replicates": len(wide),
            }
        )
    return pd.DataFrame(table)


def rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step at each learning rate.

    ``validation_score`` and ``chosen`` are those of ``validation_scores`` and ``chosen_rates``;
    ``divergence_p`` is Fisher's exact p of the diverged replicates against those of base at the same
    rate.
    """
    rows = _long(_followed(_last(metrics)), [("test", "accuracy")])
    table = _summarize(rows, RUN, "value").merge(
        validation_scores(metrics)[[*RUN, "score"]], on=RUN
    )
    table = table.rename(columns={"score": "validation_score"})
    best = chosen_rates(metrics)[RUN].assign(chosen=True)
    table = table.merge(best, on=RUN, how="left")
    table = table.assign(chosen=table["chosen"].notna())
    at = ["batch", "learning_rate"]
    base = table.loc[table["method"] == BASE, [*at, "diverged", "replicates"]]
    both = table.merge(base, on=at, how="left", suffixes=("", "_base"))
    compared = both[(both["method"] != BASE) & both["diverged_base"].notna()]
    counts = compared[["diverged", "replicates", "diverged_base", "replicates_base"]].astype(int)
    p = pd.Series([fisher_p(*row) for row in counts.to_numpy()], counts.index, float)
    return table.assign(divergence_p=p.reindex(table.index)).sort_values(RUN, kind="stable")


def best_rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the chosen rate, and the paired differences from base and bn, each at its own.

    ``tried`` are all rates of the method.
    """
    best = chosen_rates(metrics)[RUN]
    rows = _long(_followed(_last(metrics)), [("test", "accuracy")]).merge(best, on=RUN)
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"].unique().rename("tried")
    words = tried.map(lambda rates: " ".join(f"{rate:g}" for rate in sorted(rates)))
    table = best.merge(words.reset_index()).merge(_summarize(rows, ACROSS_RATES, "value"))
    for reference in (BASE, BN):
        prefix = f"less_{reference}"
        less = _compare(rows, ACROSS_RATES, "value", reference, paired_difference, prefix)
        table = table.merge(less.rename(columns={"pairs": f"{reference}_pairs"}))
    return table


def rate_range(metrics: pd.DataFrame) -> pd.DataFrame:
    """The range of rates near the best of each replicate (``rate_ranges``), and the chosen rate.

    ``mean`` is the width in decades and ``difference`` that less base's; ``lowest`` and ``highest``
    are geometric means of the ends. ``reaches_lowest`` and ``reaches_highest`` count the replicates
    whose range ends where the rates tried do, between ``first_tried`` and ``last_tried``: what is
    known of such a width is that it is not smaller.
    """
    ranges = rate_ranges(metrics)
    table = _summarize(ranges, ACROSS_RATES, "decades")
    for end in ("lowest", "highest"):
        means = np.log10(ranges.set_index(ACROSS_RATES)[end]).groupby(ACROSS_RATES).mean()
        table = table.merge((10**means).reset_index())
    counts = ranges.groupby(ACROSS_RATES)[["reaches_lowest", "reaches_highest"]].sum()
    tried = metrics.groupby(ACROSS_RATES)["learning_rate"].agg(first_tried="min", last_tried="max")
    for more in (counts, tried):
        table = table.merge(more.reset_index())
    table = table.merge(
        _compare(ranges, ACROSS_RATES, "decades", BASE, paired_difference, "difference")
    )
    return table.merge(chosen_rates(metrics)[RUN])


def validation_scores(metrics: pd.DataFrame) -> pd.DataFrame:
    """Mean validation accuracy at the last step of each run; a replicate that diverged counts as 0.

    Left out, it would favour a rate at which only the luckier replicates survive.

    Returns:
        Columns method, batch, learning_rate, recipe, score.
    """
    rows = _followed(_last(metrics))
    rows = rows[rows["split"] == "validation"].fillna({"accuracy": 0.0})
    return rows.groupby([*RUN, "recipe"])["accuracy"].mean().rename("score").reset_index()


def chosen_rates(metrics: pd.DataFrame) -> pd.DataFrame:
    """The rate with the best validation score, for each method and batch; of equals the lowest.

    Returns:
        Columns method, batch, learning_rate, recipe.
    """
    scores = validation_scores(metrics)
    best = scores.loc[scores.groupby(ACROSS_RATES)["score"].idxmax()]
    return best.drop(columns="score").reset_index(drop=True)


def rate_ranges(metrics: pd.DataFrame) -> pd.DataFrame:
    """``metrics.rate_range`` of test accuracy at the last step, for each method, batch and replicate."""
    rows = _long(_followed(_last(metrics)), [("test", "accuracy")])
    parts = []
    for key, group in rows.groupby(ACROSS_RATES, sort=False):
        names: dict[str, Any] = dict(zip(ACROSS_RATES, key, strict=True))
        wide = group.pivot(index="replicate", columns="learning_rate", values="value")
        parts.append(measure.rate_range(wide).reset_index().assign(**names))
    return pd.concat(parts, ignore_index=True)


def compatibility(metrics: pd.DataFrame) -> pd.DataFrame:
    """The verdict on each mistake in batch normalization: see ``faults.judged``."""
    return mistakes.judged(_learning(metrics))


def faults(metrics: pd.DataFrame) -> pd.DataFrame:
    """Train and test accuracy of each mistake by epoch; its verdict is repeated on every row."""
    curves = _learning(metrics)
    verdicts = mistakes.judged(curves).drop_duplicates(mistakes.RUN)
    columns = [*mistakes.RUN, "code", "variant", "base_epoch", "verdict", "reason"]
    return curves.merge(verdicts[columns], on=mistakes.RUN)


def _learning(metrics: pd.DataFrame) -> pd.DataFrame:
    rows = _followed(metrics).rename(columns={"recipe": "trained_with"})
    rows = rows[rows["split"].isin(["train", "test"])]
    return _summarize(rows, [*mistakes.RUN, "split", "step", "epoch"], "accuracy")


class Table(NamedTuple):
    """How a table is made: a function, and the sources it takes by name."""

    function: Callable[..., pd.DataFrame]
    sources: tuple[str, ...]


TABLES: dict[tuple[str, str], Table] = {
    ("learning_curves", "accuracy"): Table(accuracy, ("metrics",)),
    ("learning_curves", "percentiles"): Table(percentiles, ("percentiles",)),
    ("learning_curves", "drift"): Table(drift, ("percentiles",)),
    ("learning_curves", "roc"): Table(roc, ("roc", "classes")),
    ("learning_curves", "confusion"): Table(confusion, ("confusion",)),
    ("learning_curves", "final"): Table(final, ("metrics",)),
    ("learning_curves", "steps_to_accuracy"): Table(steps_to_accuracy, ("runs",)),
    ("learning_curves", "classes"): Table(classes, ("classes",)),
    ("learning_curves", "timing"): Table(timing, ("timing",)),
    ("batch_size", "all_methods"): Table(all_methods, ("metrics",)),
    **{
        ("batch_size", name): Table(pair(*methods), ("metrics",))
        for name, methods in BATCH_SIZE_PAIRS.items()
    },
    ("batch_size", "small_batches"): Table(small_batches, ("metrics",)),
    ("batch_size", "statistics"): Table(statistics, ("metrics",)),
    ("batch_size", "final"): Table(final, ("metrics",)),
    ("batch_size", "differences"): Table(differences, ("metrics",)),
    ("batch_size", "inference"): Table(inference, ("metrics",)),
    ("batch_size", "stability"): Table(stability, ("metrics",)),
    ("learning_rate", "heat_map"): Table(rates, ("metrics",)),
    ("learning_rate", "rate_range"): Table(rate_range, ("metrics",)),
    ("learning_rate", "best_rates"): Table(best_rates, ("metrics",)),
    ("learning_rate", "rates"): Table(rates, ("metrics",)),
    ("faults", "faults"): Table(faults, ("metrics",)),
    ("faults", "compatibility"): Table(compatibility, ("metrics",)),
}
"""Every table by experiment and kind."""


def tabulate(
    experiment: str,
    kind: str,
    sources: Mapping[str, pd.DataFrame],
    dataset: str,
    recipe: str,
    dataset_label: str,
    method_labels: Mapping[str, str],
) -> pd.DataFrame:
    """One published table.

    Args:
        experiment: name of the experiment; with ``kind`` a key of ``TABLES``.
        kind: name of the table.
        sources: the experiment's parquet files by name; others than those needed are ignored.
        dataset: name of the dataset, whose rows are taken.
        recipe: name of the recipe, whose rows are taken, or ``ALL_RECIPES``.
        dataset_label: what the dataset is called in print (``shown_label``).
        method_labels: what methods are called in print, in the order in which they are listed.

    Returns:
        The table, led by dataset, dataset_label, recipe, method and method_label.
    """
    function, needed = TABLES[experiment, kind]
    table = function(*(_select(sources[name], dataset, recipe) for name in needed))
    order = {name: place for place, name in enumerate(method_labels)}
    table = table.assign(_order=table["method"].map(order)).sort_values(
        ["_order", "batch"] if "batch" in table else ["_order"], kind="stable"
    )
    lead = {
        "dataset": dataset,
        "dataset_label": dataset_label,
        "recipe": recipe,
        "method": table["method"],
        "method_label": table["method"].map(lambda name: method_labels.get(name, name)),
    }
    rest = table.drop(columns=["method", "_order"])
    return pd.concat([pd.DataFrame(lead, index=table.index), rest], axis=1).reset_index(drop=True)


def shown_label(label: str, redraw: bool) -> str:
    """The label of a dataset in print: a redraw is called one, whatever the config says."""
    return f"{label} (redraw)" if redraw and "redraw" not in label.lower() else label


def collect(runs: Sequence[Mapping[str, Any]], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables of several runs in one, led by what identifies a run and its learning rate.

    Args:
        runs: for each run at least these five values; others (as in run.json) are ignored.
        tables: one table per run.
    """
    names = ["dataset", "method", "batch", "recipe", "learning_rate"]
    parts = []
    for run, table in zip(runs, tables, strict=True):
        lead = pd.DataFrame({name: run[name] for name in names}, index=table.index)
        parts.append(pd.concat([lead, table], axis=1))
    return pd.concat(parts, ignore_index=True)


def run_rows(run: Mapping[str, Any]) -> pd.DataFrame:
    """What run.json says, a row per replicate: divergence and thresholds."""
    replicates = range(run["replicates"])
    columns: dict[str, Any] = {
        "replicate": list(replicates),
        "diverged_at": _floats(run["diverged_at"]),
        "steps": run["steps"],
    }
    for split, levels in run["first_step"].items():
        for level, steps in levels.items():
            columns[f"first_{split}_{level}"] = _floats(steps)
    return pd.DataFrame(columns)


def score_predictions(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Class scores, ROC curves and confusion counts of every replicate of a run.

    Args:
        labels: (n,) class indices.
        probabilities: (replicates, n, classes).
        class_names: (classes,).

    Returns:
        ``classes`` (replicate, class, class_name, count, auc, average_precision), ``roc`` (…, fpr,
        tpr) and ``confusion`` (replicate, true, true_name, predicted, predicted_name, count).
    """
    names = pd.Series([str(name) for name in class_names])
    number = len(names)
    scores, curves, counts = [], [], []
    for replicate, p in enumerate(probabilities):
        scores.append(measure.class_scores(labels, p).assign(replicate=replicate))
        for index in range(number):
            curve = {
                "fpr": measure.FPR_GRID,
                "tpr": measure.roc_on_grid(labels == index, p[:, index]),
            }
            curves.append(pd.DataFrame(curve).assign(**{"replicate": replicate, "class": index}))
        true, predicted = np.indices((number, number)).reshape(2, -1)
        counts.append(
            pd.DataFrame(
                {
                    "replicate": replicate,
                    "true": true,
                    "true_name": names[true].to_numpy(),
                    "predicted": predicted,
                    "predicted_name": names[predicted].to_numpy(),
                    "count": measure.confusion(labels, p).ravel(),
                }
            )
        )
    result = {
        "classes": pd.concat(scores),
        "roc": pd.concat(curves),
        "confusion": pd.concat(counts),
    }
    for name in ("classes", "roc"):
        result[name]["class_name"] = result[name]["class"].map(names)
    return result


def _select(table: pd.DataFrame, dataset: str, recipe: str) -> pd.DataFrame:
    if "dataset" not in table:
        return table
    chosen = table["dataset"] == dataset
    return table[chosen if recipe == ALL_RECIPES else chosen & (table["recipe"] == recipe)]


def _followed(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics[(metrics["split"] == "train") | (metrics["statistics"] == "moving")]


def _last(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics[metrics["step"] == metrics.groupby(RUN)["step"].transform("max")]


def _long(metrics: pd.DataFrame, wanted: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """One row per replicate and wanted (split, metric), its number in ``value``."""
    columns = [*RUN, "statistics", "replicate", "split"]
    parts = [
        metrics.loc[metrics["split"] == split, [*columns, metric]]
        .rename(columns={metric: "value"})
        .assign(metric=metric)
        for split, metric in wanted
    ]
    return pd.concat(parts, ignore_index=True)


def _gone(probes: pd.DataFrame) -> int:
    """Replicates that diverged; one whose units are all constant has no drift either, but is not
    one of them.
    """
    return probes.loc[probes["value"].isna(), "replicate"].nunique()


def _with_absent_classes(table: pd.DataFrame) -> pd.DataFrame:
    """A class without test rows has no score, which is no divergence."""
    return table.assign(diverged=table["diverged"].where(table["count"] > 0, 0))


def _summarize(
    rows: pd.DataFrame, keys: list[str], value: str, prefix: str | None = None
) -> pd.DataFrame:
    """Mean and interval of ``value`` over the replicates of each combination of ``keys``."""
    table = []
    for key, group in rows.groupby(keys, sort=False):
        interval = mean_interval(group[value])
        counts = {"n": interval.n, "diverged": len(group) - interval.n, "replicates": len(group)}
        names = dict(zip(keys, key, strict=True))
        table.append(names | _columns(interval, prefix) | counts)
    return pd.DataFrame(table)


def _compare(
    rows: pd.DataFrame,
    keys: list[str],
    value: str,
    reference: str,
    compare: Callable[[Any, Any], Interval],
    prefix: str,
    column: str = "method",
) -> pd.DataFrame:
    """``value`` against that of the reference, paired by replicate, for each combination of
    ``keys``.

    The reference is the group with the same other keys whose ``column`` is ``reference``; compared
    with itself or with a missing group the numbers are NaN and ``pairs`` is 0.
    """
    wide = {
        key: group.set_index("replicate")[value] for key, group in rows.groupby(keys, sort=False)
    }
    table = []
    for key, values in wide.items():
        names = dict(zip(keys, key, strict=True))
        other = tuple((names | {column: reference}).values())
        if other in wide and other != key:
            interval = compare(values, wide[other].reindex(values.index))
        else:
            interval = mean_interval([])
        table.append(names | _columns(interval, prefix) | {"pairs": interval.n})
    return pd.DataFrame(table)


def _columns(interval: Interval, prefix: str | None) -> dict[str, float]:
    """An interval as columns: mean, low, high, or prefix, prefix_low, prefix_high."""
    names = (prefix, f"{prefix}_low", f"{prefix}_high") if prefix else ("mean", "low", "high")
    return dict(zip(names, interval[:3], strict=True))


def _nearest_median(values: pd.Series) -> Any:
    """Index of the value nearest to the median, the first of several."""
    return (values - values.median()).abs().idxmin()


def _floats(values: Sequence[float | None]) -> list[float]:
    return [np.nan if value is None else float(value) for value in values]
