"""How far the percentiles of a unit are from where they end."""

from __future__ import annotations

import numpy as np
import pandas as pd


def unit_drift(probes: pd.DataFrame) -> pd.DataFrame:
    """How far the percentiles of each unit are from where they end, at each probed step.

    For unit j with percentiles P_q(t), q in {15, 50, 85}, and T the last step:

        d_j(t) = mean over q of |P_q(t) − P_q(T)| / (P_85(T) − P_15(T))

    Args:
        probes: columns replicate, step, quantity, unit, percentile, value of one run.

    Returns:
        Columns replicate, quantity, unit, step, drift. NaN at every step for a replicate that
        diverged, since it has no last percentiles, and for a unit whose last spread is zero.
    """
    unit = ["replicate", "quantity", "unit"]
    wide = probes.pivot(index=[*unit, "step"], columns="percentile", values="value").sort_index()
    last = wide.groupby(level=unit).transform(lambda column: column.iloc[-1])
    spread = (last[85] - last[15]).where(lambda width: width > 0)
    drift = (wide - last).abs().mean(axis=1, skipna=False) / spread
    return drift.rename("drift").reset_index()[[*unit, "step", "drift"]]


def percentile_drift(drift: pd.DataFrame) -> pd.DataFrame:
    """The drift of each unit averaged over training, D_j = ∫ d_j(t) dt / (T − t₀), by trapezoids.

    Args:
        drift: as ``unit_drift`` returns it.

    Returns:
        Columns replicate, quantity, unit, drift; NaN where any step is NaN.
    """
    unit = ["replicate", "quantity", "unit"]
    wide = drift.pivot(index=unit, columns="step", values="drift")
    steps = wide.columns.to_numpy(float)
    mean = np.trapezoid(wide.to_numpy(), steps, axis=1) / (steps[-1] - steps[0])
    return pd.Series(mean, index=wide.index, name="drift").reset_index()
