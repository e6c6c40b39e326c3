"""What a study was made on and how long it took, for its page and its record, from its table of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from bnlab.analysis.tidy import RUN
from bnlab.study.config import Study

HARDWARE, VERSIONS, SECONDS = "hardware_", "versions_", "seconds_"


def record(
    study: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, Any]],
    runs: pd.DataFrame,
    found: Mapping[str, Any],
) -> dict[str, Any]:
    """What study.json says: the config as checked, seeds, digests of the data, versions, machines.

    Values that differ between runs are all listed; ``found`` is what else is known, by its name.
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
        **found,
        "device": _different(runs["device"]),
        "versions": _values(runs, VERSIONS),
        "hardware": _values(runs, HARDWARE),
    }


def facts(runs: pd.DataFrame) -> dict[str, str]:
    """Machine, versions and counts, each with every value that occurs."""
    total = {name: int(runs[name].sum()) for name in ("replicates", "diverged", "failed")}
    found = {
        "runs": f"{len(runs):,} (each a dataset, method, batch size and recipe)",
        "replicates trained": f"{total['replicates']:,}, of which {total['diverged']:,} diverged and"
        f" {total['failed']:,} failed",
        "device": ", ".join(_different(runs["device"])),
    }
    for part in (HARDWARE, VERSIONS):
        for name, values in _values(runs, part).items():
            found[name.replace("_", " ")] = ", ".join(values)
    return found | {"peak memory of a job": f"{runs['peak_memory_mb'].max():,.0f} MB"}


def times(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """Time spent by activity, summed over all training jobs whose times are known; the others are counted."""
    seconds = _part(runs, SECONDS)
    sums, unknown = seconds.sum(), int(seconds.isna().all(axis=1).sum())
    spent = [*sums.items(), ("total", sums.sum())]
    times = [(str(name), _duration(value)) for name, value in spent]
    return times + ([("runs of unknown time", f"{unknown:,}")] if unknown else [])


def costs(study: Study, runs: pd.DataFrame) -> list[dict[str, Any]]:
    """The runs, replicates and core-minutes of each experiment; a run that several share counts in the first.

    Minutes are those inside the training jobs, None where they are not known.
    """
    named = runs.set_index([*RUN, "key"])
    seconds = named.filter(like=SECONDS).sum(axis=1, min_count=1)
    counted: set[tuple[Any, ...]] = set()
    found = []
    for name in study.experiments:
        new = [key for run in study.runs(name) if (key := (*run, study.key(run))) not in counted]
        counted.update(new)
        spent = seconds.reindex(new).sum(min_count=min(1, len(new))) / 60
        found.append(
            {
                "title": study.declaration(name).title,
                "runs": len(new),
                "replicates": int(named["replicates"].reindex(new).sum()),
                "minutes": None if pd.isna(spent) else round(float(spent), 1),
            }
        )
    return found


def _part(runs: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return runs.filter(regex=f"^{prefix}").rename(columns=lambda name: name.removeprefix(prefix))


def _values(runs: pd.DataFrame, prefix: str) -> dict[str, list[str]]:
    return {str(name): _different(column) for name, column in _part(runs, prefix).items()}


def _different(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in dict.fromkeys(values) if not pd.isna(value)]


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
