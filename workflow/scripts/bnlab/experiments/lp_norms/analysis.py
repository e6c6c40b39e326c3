"""Tables and quantities of normalization by other norms."""

from __future__ import annotations

from functools import partial

import pandas as pd

from bnlab.analysis.phases import in_phase_of
from bnlab.analysis.summaries import BN, RUN, accuracy_curves, final, summarize


def loss(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return training loss at each evaluated step."""
    rows = metrics[metrics["split"] == "train"]
    return summarize(rows, [*RUN, "step", "epoch"], "loss")


NUMBERS = [("train", "loss"), ("test", "accuracy"), ("test", "loss")]

TABLES = {
    "accuracy": accuracy_curves,
    "loss": loss,
    "final": final,
    "from_bn": partial(final, wanted=NUMBERS, reference=BN),
}

QUANTITIES = {"output_shift": in_phase_of("output_shift", "sliced", "landscape")}
