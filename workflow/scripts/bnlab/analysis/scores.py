"""The scorecard: what an engineer asks of a method, a row each, answered for every method that was trained for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.claims import Absent, place, rows_at
from bnlab.analysis.quantities import Bounded, Quantity, Results
from bnlab.analysis.samples import Setting, called
from bnlab.analysis.statistics import Interval, mean_interval, paired_ratio
from bnlab.study.config import Study
from bnlab.study.ledger import Row

COLUMNS = [
    *("key", "asks", "when", "experiment", "dataset", "dataset_label", "unit", "better", "against"),
    *("method", "method_label", "estimate", "low", "high", "n", "replicates", "open"),
    *("behind", "rivals", "missing"),
]


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
        ``COLUMNS``: the mean over replicates with its 95 % interval (ratios are geometric means), ``open`` how many of
        the values are open at one end, ``behind`` how many ``rivals`` are better with an interval wholly apart. A row
        that lacks a method which is trained there has no rivals, so that it ranks nobody; ``missing`` names the method.
    """
    scored = [pd.DataFrame(columns=COLUMNS)]
    for row in rows:
        settings = _settings(row, study)
        if row.experiment in results:
            cells = pd.DataFrame(
                [
                    cell
                    for method, where in settings.items()
                    if (cell := _cell(row, study, results, quantity, method, where))
                ]
            )
        else:
            cells = _published(row, settings, earlier)
        if len(cells):
            missing = [study.label(name) for name in settings if name not in set(cells["method"])]
            scored.append(ranked(cells).assign(missing=", ".join(missing)))
            if missing:
                scored[-1] = scored[-1].assign(behind=0, rivals=0)
    return pd.concat(scored, ignore_index=True)[COLUMNS]


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
    row: Row, settings: Mapping[str, Setting], earlier: pd.DataFrame | None
) -> pd.DataFrame:
    """The cells of a published row, under the row's present words."""
    if earlier is None:
        return pd.DataFrame()
    cells = earlier[(earlier["key"] == row.key) & earlier["method"].isin(list(settings))]
    return cells.assign(asks=row.asks, when=row.when or "", against=row.compared_with or "")


def _cell(
    row: Row,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    method: str,
    where: Setting,
) -> dict[str, Any] | None:
    """A method's answer; None where its runs give no value."""
    here = rows_at(results[row.experiment], where, row, study)
    measure = quantity(row.experiment, row.quantity)
    values = _values(measure(here, row, method))
    if not len(values):
        return None
    others = _values(measure(here, row, row.against)) if row.against else None
    declaration = study.declaration(row.experiment).quantities[row.quantity]
    interval = _interval(values, others)
    unit = 100 if declaration.unit == "points" and not row.against else 1
    return {
        "key": row.key,
        "asks": row.asks,
        "when": row.when or "",
        "experiment": row.experiment,
        "dataset": where.dataset,
        "dataset_label": called(where, study)[0],
        "unit": "times" if row.against else declaration.unit,
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
    }


def _values(measured: pd.Series | Bounded) -> pd.Series:
    return measured.values if isinstance(measured, Bounded) else measured


def _interval(values: pd.Series, others: pd.Series | None) -> Interval:
    if others is None:
        return mean_interval(values.to_numpy(float))
    return paired_ratio(values, others.reindex(values.index))


def ranked(cells: pd.DataFrame) -> pd.DataFrame:
    """With how many methods are better by intervals that do not meet, of how many others have one."""
    sign = 1 if cells["better"].iloc[0] == "high" else -1
    ends = pd.DataFrame({"low": sign * cells["low"], "high": sign * cells["high"]})
    least, most = ends.min(axis=1, skipna=False), ends.max(axis=1, skipna=False)
    behind = [int((least > most[i]).sum()) for i in cells.index]
    known = int(most.notna().sum())
    return cells.assign(behind=behind, rivals=[known - 1 if k else 0 for k in most.notna()])
