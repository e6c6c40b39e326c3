"""What a study was made on and how long it took, for its page and its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def record(
    study: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
    found: Mapping[str, Any],
) -> dict[str, Any]:
    """What study.json says: the config as checked, seeds, digests of the data, versions, machines.

    Values that differ between runs are all listed; ``found`` is what else is known, by its name.
    """
    return {
        "config": study,
        "seeds": sorted({run["seed"] for run in runs}),
        "data": {
            name: {key: data[key] for key in ("source", "is_redraw", "shape", "split", "digest")}
            for name, data in datasets.items()
        },
        "runs": len(runs),
        "replicates": sum(run["replicates"] for run in runs),
        "diverged": _diverged(runs),
        **found,
        **{
            key: list({str(run[key]): run[key] for run in runs}.values())
            for key in ("device", "versions", "hardware")
        },
    }


def facts(runs: Sequence[Mapping[str, Any]], failed: int) -> dict[str, str]:
    """Machine, versions and counts, each with every value that occurs."""
    diverged = _diverged(runs)
    replicates = sum(run["replicates"] for run in runs)
    found = {
        "runs": f"{len(runs):,} (each a dataset, method, batch size and recipe)",
        "replicates trained": f"{replicates:,}, of which {diverged:,} diverged and {failed:,} failed",
        "device": _values(run["device"] for run in runs),
    }
    for part in ("hardware", "versions"):
        for name in dict.fromkeys(name for run in runs for name in run[part]):
            found[name.replace("_", " ")] = _values(run[part].get(name) for run in runs)
    peak = max(run["peak_memory_mb"] for run in runs)
    return found | {"peak memory of a job": f"{peak:,.0f} MB"}


def _diverged(runs: Iterable[Mapping[str, Any]]) -> int:
    return sum(step is not None for run in runs for step in run["diverged_at"])


def times(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Time spent by activity, summed over all training jobs."""
    parts = dict.fromkeys(name for run in runs for name in run["seconds"])
    sums = {name: sum(run["seconds"].get(name, 0.0) for run in runs) for name in parts}
    return [
        (name, _duration(value)) for name, value in (sums | {"total": sum(sums.values())}).items()
    ]


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _values(values: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(map(str, values)))
