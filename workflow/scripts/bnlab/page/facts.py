"""Machine, versions, times and costs of a study, for its page and its record, from its table of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from bnlab.analysis.tidy import RUN_ID
from bnlab.study.config import Study

HARDWARE, VERSIONS, SECONDS = "hardware_", "versions_", "seconds_"


def record(
    study: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, Any]],
    runs: pd.DataFrame,
    results: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the content of study.json. Of values that differ between runs it has all.

    Args:
        study: the checked config as plain data.
        datasets: content of data.json, by name of the data set.
        runs: a row for each run, as ``tidy.run_row`` returns it.
        results: further entries, by name.
    """
    return {
        "config": study,
        "seeds": sorted(set(runs["seed"].tolist())),
        "data": {
            name: {key: data[key] for key in ("source", "is_redraw", "shape", "split", "digest")}
            for name, data in datasets.items()
        },
        "runs": len(runs),
        **{name: int(runs[name].sum()) for name in ("replicates", "diverged", "failed")},
        **results,
        "device": _unique(runs["device"]),
        "engine": _unique(runs.get("engine", [])),  # no run before it was recorded has one
        "versions": _values(runs, VERSIONS),
        "hardware": _values(runs, HARDWARE),
    }


def facts(runs: pd.DataFrame) -> dict[str, str]:
    """Return counts, machine and versions as texts; of values that differ between runs all."""
    total = {name: int(runs[name].sum()) for name in ("replicates", "diverged", "failed")}
    texts = {
        "runs": f"{len(runs):,} (each a dataset, method, batch size and recipe)",
        "replicates trained": f"{total['replicates']:,}, of which {total['diverged']:,} diverged and"
        f" {total['failed']:,} failed",
        "device": ", ".join(_unique(runs["device"])),
        "engine": ", ".join(_unique(runs.get("engine", []))),
    }
    for part in (HARDWARE, VERSIONS):
        for name, values in _values(runs, part).items():
            texts[name.replace("_", " ")] = ", ".join(values)
    return texts | {"peak memory of a job": f"{runs['peak_memory_mb'].max():,.0f} MB"}


def raised(runs: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Return a sentence for each method that raised an error: which, in how many runs, and the error."""
    if "raised" not in runs:
        return []
    errors = runs[runs["raised"].notna()]
    sentences = []
    for method, rows in errors.groupby("method", sort=False):
        total = int((runs["method"] == method).sum())
        sentences.append(
            f"{labels.get(str(method), method)} raised an error in {len(rows)} of {total} runs, whose replicates count "
            f"as diverged: {'; '.join(rows['raised'].unique())}."
        )
    return sentences


def times(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """Sum the time of each activity over all training jobs with known times, and count the others."""
    seconds = _part(runs, SECONDS)
    sums, unknown = seconds.sum(), int(seconds.isna().all(axis=1).sum())
    times = [(str(name), _duration(value)) for name, value in sums.items()]
    times.append(("total", _duration(sums.sum())))
    return times + ([("runs of unknown time", f"{unknown:,}")] if unknown else [])


def costs(study: Study, runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return title, runs, replicates and minutes of each experiment; a run of several experiments counts in the first.

    Minutes are those inside the training jobs, on one core; None where no run has recorded its time.
    """
    by_key = runs.set_index([*RUN_ID, "key"])
    seconds = by_key.filter(like=SECONDS).sum(axis=1, min_count=1)
    earlier: set[tuple[Any, ...]] = set()
    rows = []
    for name in study.experiments:
        new = [key for run in study.runs(name) if (key := (*run, study.key(run))) not in earlier]
        earlier.update(new)
        minutes = seconds.reindex(new).sum(min_count=min(1, len(new))) / 60
        rows.append(
            {
                "title": study.declaration(name).title,
                "runs": len(new),
                "replicates": int(by_key["replicates"].reindex(new).sum()),
                "minutes": None if pd.isna(minutes) else round(float(minutes), 1),
            }
        )
    return rows


def _part(runs: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return runs.filter(regex=f"^{prefix}").rename(columns=lambda name: name.removeprefix(prefix))


def _values(runs: pd.DataFrame, prefix: str) -> dict[str, list[str]]:
    return {str(name): _unique(column) for name, column in _part(runs, prefix).items()}


def _unique(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in dict.fromkeys(values) if not pd.isna(value)]


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
