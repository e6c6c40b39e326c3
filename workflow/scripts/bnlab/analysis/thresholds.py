"""When a replicate first reaches an accuracy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.study.names import LEVELS


def first_step_reaching(history: pd.DataFrame, level: float, split: str) -> pd.Series:
    """The first evaluated step of each replicate with at least this accuracy on ``split``.

    Args:
        history: columns replicate, step, split, statistics, accuracy. On the training split every
            row counts, on the others those under moving statistics, the ones followed in training.
        level: accuracy between 0 and 1.
        split: train, validation or test.

    Returns:
        A series of floats with one entry per replicate (its index, sorted); NaN where the level is
        never reached.
    """
    followed = (history["split"] == split) & (
        (history["split"] == "train") | (history["statistics"] == "moving")
    )
    reached = history[followed & (history["accuracy"] >= level)]
    replicates = pd.Index(sorted(history["replicate"].unique()), name="replicate")
    return reached.groupby("replicate")["step"].min().reindex(replicates).astype(float)


def first_steps(history: pd.DataFrame) -> dict[str, dict[str, list[int | None]]]:
    """First steps by split and level (``LEVELS``) for each replicate, None where never reached."""
    return {
        split: {
            str(level): [
                None if np.isnan(step) else int(step)
                for step in first_step_reaching(history, level, split)
            ]
            for level in LEVELS
        }
        for split in ("train", "test")
    }
