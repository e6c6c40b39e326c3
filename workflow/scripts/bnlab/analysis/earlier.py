"""Effects of a finished study, read back from its effects.csv, replicates.csv and accuracies.csv."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Results
from bnlab.analysis.samples import Measured, Sample, Setting, in_words, of_methods
from bnlab.analysis.summaries import SPLITS
from bnlab.study.config import Study
from bnlab.study.ledger import Effect
from bnlab.study.names import ALL_RECIPES

AT_THE_END = {"train_accuracy", "validation_accuracy", "test_accuracy", "accuracy_gap"}
"""Quantities that accuracies at the end of training suffice for."""


class Earlier(NamedTuple):
    """A finished study: every effect, the values of each replicate, and all accuracies at the end if they are read."""

    effects: pd.DataFrame
    replicates: pd.DataFrame
    accuracies: pd.DataFrame | None = None


def results_at_the_end(
    effect: Effect, where: Setting, earlier: Earlier, study: Study
) -> Results | None:
    """Return accuracies at the end as tidy results of an effect's place; None where it asks for more."""
    beside = (effect.epoch, effect.phase, effect.level)
    if earlier.accuracies is None or effect.quantity not in AT_THE_END or any(beside):
        return None
    if effect.statistics != "moving":
        return None
    runs = pd.DataFrame(study.runs(effect.experiment))
    runs = runs[(runs["dataset"] == where.dataset) & (runs["batch"] == effect.batch)]
    if where.recipe != ALL_RECIPES:
        runs = runs[runs["recipe"] == where.recipe]
    known = earlier.accuracies.merge(runs)
    if not set(effect.methods) <= set(known["method"]):
        return None
    lead = ["replicate", "failed", "diverged"]
    rows = known.melt([*runs.columns, *lead], SPLITS, "split", "accuracy")
    recipes = {name: study.comparison_settings(name) for name in rows["recipe"].unique()}
    for name in study.declaration(effect.experiment).by:
        rows[name] = [recipes[recipe][name] for recipe in rows["recipe"]]
    pairs = zip(rows["recipe"], rows["batch"], strict=True)
    rates = [study.recipes[recipe].rate(batch) for recipe, batch in pairs]
    return {"metrics": rows.assign(learning_rate=rates, step=1, epoch=1.0, statistics="moving")}


def measured_before(effect: Effect, earlier: Earlier, study: Study) -> Measured | None:
    """Return an effect as it was published, in present words where they are known; None where none has its ``key``."""
    same = earlier.effects[earlier.effects["key"] == effect.key]
    if same.empty:
        return None
    row = same.iloc[0]
    replicates = earlier.replicates
    rows = replicates[(replicates["claim"] == row["id"]) & (replicates["test"] == row["test"])]
    why = (row["coarse_reason"],) if isinstance(row["coarse_reason"], str) else ()
    return Measured(
        _sample(rows, effect.is_ratio, row["scale"] == "points", row["censored"], why),
        effect.region + _stand_ins(row["region"]),
        _words(effect, row["effect"], study),
    )


def _words(effect: Effect, published: str, study: Study) -> str:
    """Return an effect in present words; only results know epoch and class, so that these keep the published ones."""
    if effect.epoch is None and effect.class_ is None:
        return in_words(effect, study)
    if len(effect.methods) == 1:
        return published
    return f"{published.rpartition(': ')[0]}{of_methods(effect, study)}"


def _stand_ins(region: str) -> str:
    """Return what ``samples.region_of`` wrote behind a region, such as `` (on digits)``; the words before may vary."""
    return region[start:] if (start := region.find(" (on ")) >= 0 else ""


def _sample(
    rows: pd.DataFrame, is_ratio: bool, in_points: bool, censored: int, why: tuple[str, ...]
) -> Sample:
    """Read back what ``effects.replicate_rows`` wrote, in the units of the rule."""
    unit = 100 if in_points else 1
    scale = np.log if is_ratio else lambda values: values / unit
    first, second = (rows[name].to_numpy(float) / unit for name in ("first", "second"))
    paired = not np.isnan(second).all()
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(first) - np.log(second) if is_ratio else first - second
        lowest, highest = (scale(rows[name].to_numpy(float)) for name in ("low", "high"))
    return Sample(
        np.where(np.isfinite(values), values, np.nan) if paired else first,
        lowest,
        highest,
        rows["replicate"].to_numpy(),
        first,
        second if paired else None,
        int(censored),
        why,
    )
