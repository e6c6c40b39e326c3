"""Training accuracy at the end of each task of a stream, and that of the last task over that of the first."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, method_runs
from bnlab.analysis.settings import in_each
from bnlab.analysis.summaries import RUN, add_interval, summarize
from bnlab.study.ledger import Measure

BY = ["fixed_norms", "units"]
QUARTERS = 4
"""Evaluations of a task, the last of them at its end; recipes of a stream have so many times its tasks."""


def at_ends(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return training accuracy in the last quarter of each task, whose number is ``task``, from 1."""
    rows = metrics[metrics["split"] == "train"]
    number = rows.groupby("recipe")["step"].rank("dense").astype(int)
    return rows.assign(task=number // QUARTERS)[number % QUARTERS == 0]


def by_task(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize training accuracy at the end of each task."""

    def of_setting(rows: pd.DataFrame) -> pd.DataFrame:
        return summarize(rows, [*RUN, "task"], "accuracy").drop(columns="failed")

    return in_each(at_ends(metrics), BY, of_setting)


def first_and_last(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy at the end of the ``first`` and of the ``last`` task, and their ``ratio``, by replicate."""
    ends = at_ends(metrics).set_index([*RUN, "replicate"])
    tasks = (1, ends["task"].max())
    first, last = (ends.loc[ends["task"] == task, "accuracy"] for task in tasks)
    lost = ends.loc[ends["task"] == 1, "diverged"]
    table = pd.DataFrame({"first": first, "last": last, "ratio": last / first, "diverged": lost})
    return table.reset_index()


def last_task(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize training accuracy at the end of the last and of the first task, and their ratio."""

    def of_setting(rows: pd.DataFrame) -> pd.DataFrame:
        ends = first_and_last(rows)
        table = summarize(ends, RUN, "last", scale="logit")
        first = summarize(ends, RUN, "first", prefix="first", scale="logit")
        ratio = summarize(ends, RUN, "ratio", prefix="ratio", scale="log")
        return add_interval(add_interval(table, first), ratio)

    return in_each(metrics, BY, of_setting)


TABLES = {"by_task": by_task, "last_task": last_task}


def last_over_first(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return training accuracy at the end of the last task over that at the end of the first."""
    ends = first_and_last(method_runs(results, "metrics", effect, method))
    return ends.set_index("replicate")["ratio"]


QUANTITIES = {"last_over_first": last_over_first}
