"""Effects that an earlier publication measured, read back from its effects.csv and replicates.csv."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.samples import Measured, Sample
from bnlab.study.ledger import Effect


class Earlier(NamedTuple):
    """A publication: every effect, and the values of each replicate."""

    effects: pd.DataFrame
    replicates: pd.DataFrame


def measured_before(effect: Effect, earlier: Earlier) -> Measured | None:
    """Return an effect as it was published; None where no published one has its ``key``."""
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
        row["effect"],
    )


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
