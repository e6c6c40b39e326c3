"""The scorecard: what an engineer asks of a method, a row each, answered for every method that was trained for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.claims import Absent, place, rows_at
from bnlab.analysis.quantities import Bounded, Quantity, Results
from bnlab.analysis.samples import called
from bnlab.analysis.statistics import Interval, mean_interval, paired_ratio
from bnlab.study.config import Study
from bnlab.study.ledger import Row

COLUMNS = [
    *("key", "asks", "when", "experiment", "dataset", "dataset_label", "unit", "better", "against"),
    *("method", "method_label", "estimate", "low", "high", "n", "replicates", "open"),
    *("behind", "rivals"),
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
        the values are open at one end, ``behind`` how many ``rivals`` are better with an interval wholly apart.
    """
    found = []
    for row in rows:
        if row.experiment in study.experiments and row.experiment not in results:
            if earlier is not None:
                found.append(earlier[earlier["key"] == row.key].assign(when=row.when or ""))
            continue
        known = [_cell(row, study, results, quantity, method) for method in study.methods]
        cells = pd.DataFrame([cell for cell in known if cell])
        if len(cells):
            found.append(_ranked(cells))
    return pd.concat([pd.DataFrame(columns=COLUMNS), *found], ignore_index=True)[COLUMNS]


def _cell(
    row: Row,
    study: Study,
    results: Mapping[str, Results],
    quantity: Callable[[str, str], Quantity],
    method: str,
) -> dict[str, Any] | None:
    """A method's answer; None where it was not trained for it."""
    methods = [method, *([row.against] if row.against else [])]
    try:
        where = place(row, study, methods)
    except Absent:
        return None
    here = {source: rows_at(t, where, row, study) for source, t in results[row.experiment].items()}
    measure = quantity(row.experiment, row.quantity)
    values, *others = (_values(measure(here, row, name)) for name in methods)
    if not len(values):
        return None
    said = study.declared(row.experiment).quantities[row.quantity]
    interval = _interval(values, others[0] if others else None)
    unit = 100 if said.unit == "points" and not row.against else 1
    return {
        "key": row.key,
        "asks": row.asks,
        "when": row.when or "",
        "experiment": row.experiment,
        "dataset": where.dataset,
        "dataset_label": called(where, study)[0],
        "unit": "times" if row.against else said.unit,
        "better": said.better,
        "against": row.against or "",
        "method": method,
        "method_label": study.label(method),
        "estimate": unit * interval.mean,
        "low": unit * interval.low,
        "high": unit * interval.high,
        "n": interval.n,
        "replicates": len(values),
        "open": int(np.isinf(values).sum()),
    }


def _values(found: pd.Series | Bounded) -> pd.Series:
    return found.values if isinstance(found, Bounded) else found


def _interval(values: pd.Series, others: pd.Series | None) -> Interval:
    if others is None:
        return mean_interval(values.to_numpy(float))
    return paired_ratio(values, others.reindex(values.index))


def _ranked(cells: pd.DataFrame) -> pd.DataFrame:
    """With how many methods are better by intervals that do not meet, of how many others have one."""
    sign = 1 if cells["better"].iloc[0] == "high" else -1
    ends = pd.DataFrame({"low": sign * cells["low"], "high": sign * cells["high"]})
    least, most = ends.min(axis=1, skipna=False), ends.max(axis=1, skipna=False)
    behind = [int((least > most[i]).sum()) for i in cells.index]
    known = int(most.notna().sum())
    return cells.assign(behind=behind, rivals=[known - 1 if k else 0 for k in most.notna()])
