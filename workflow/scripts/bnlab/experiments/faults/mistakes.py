"""Which mistakes in batch normalization are compatible with what one source reports.

The source says that its network ends at 94 % without batch normalization and at 90.7 % with it, and
that the latter was over 80 % in training in the third epoch. Such a result follows from no correct
batch normalization at a learning rate shared with base, so mistakes are tried in its place. The
rule, set before the runs: base's epoch is the evaluation at which its mean test accuracy is nearest
to 94 %, and within 0.3 points of it; a mistake is compatible if there its own mean test accuracy is
in [90.2, 91.2] % and its mean training accuracy in epoch 3 is above 80 %. One whose mean lies outside
while its 95 % interval reaches that range is undecided.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

BASE, BN = "base", "bn"
BASE_ACCURACY, NEAR = 0.94, 0.003
REPORTED = 0.907
TARGET = (0.902, 0.912)
EARLY_EPOCH, EARLY_ACCURACY = 3, 0.80
NO_CODE = "–"
RUN = ["method", "batch", "learning_rate", "trained_with"]
EARLY_COLUMNS = {"early": "mean", "early_low": "low", "early_high": "high"}
COUNTS = ["n", "diverged", "failed", "replicates"]


class Mistake(NamedTuple):
    """A number in the list of mistakes, what goes wrong, and the setting that the method's label does not tell."""

    code: str
    does: str
    variant: str = ""


MISTAKES = {
    "base": Mistake(NO_CODE, "no normalization; sets the epoch at which the others are judged"),
    "bn": Mistake(NO_CODE, "no mistake"),
    "bn_fault_stop_gradient": Mistake("F1", "mean and variance are constants to the gradient"),
    "bn_fault_stop_gradient_fixed_affine": Mistake("F2", "F1, and γ and β are not trained"),
    "bn_fault_moving_in_training": Mistake("F3", "training too normalizes with moving averages"),
    "bn_fault_batch_at_inference_60": Mistake("F4", "inference uses statistics of its 60 rows"),
    "bn_fault_batch_at_inference_8": Mistake("F4", "inference uses statistics of its 8 rows"),
    "bn_fault_batch_at_inference_1": Mistake("F4", "inference uses statistics of each row alone"),
    "bn_fault_statistics_never_updated": Mistake("F5", "inference uses mean 0 and variance 1"),
    "bn_fault_momentum_0.999": Mistake("F6", "the moving averages lag behind 1,000 steps"),
    "bn_fault_before_dense": Mistake("F8", "the inputs of each hidden layer are normalized"),
    "bn_fault_after_activation": Mistake("F9", "the outputs of each activation are normalized"),
    "bn_fault_epsilon_1": Mistake("F12", "ε of 1 in the place of 0.001"),
    "bn_fault_training_mode_evaluation": Mistake("F16", "evaluation runs in training mode"),
}
"""By method."""

VARIANTS = {
    ("bn", "faults_epochs20_lr0.001"): Mistake(
        "F7", "bn alone is trained at a tenth of base's rate", "rate 0.001"
    ),
    ("bn_fault_stop_gradient", "faults_epochs91_lr0.01_normal0.01"): Mistake(
        "F14", "F1 from weights that begin near zero", "weights from N(0, 0.01²)"
    ),
    ("bn", "faults_epochs91_lr0.01_softmax_twice"): Mistake(
        "F15", "the loss takes probabilities for logits", "softmax twice"
    ),
    ("bn", "faults_epochs91_lr0.01_unshuffled"): Mistake(
        "F15", "every epoch sees the rows in the same order", "rows never shuffled"
    ),
}
"""Mistakes that are a method with a recipe of its own, by both."""

MIX_UPS = {
    ("test", "train"): Mistake(
        "F15", "training accuracy is quoted for BN, test accuracy for Base", "train quoted"
    ),
    ("train", "test"): Mistake(
        "F15", "test accuracy is quoted for BN, training accuracy for Base", "Base's train quoted"
    ),
}
"""Numbers quoted from the wrong curve, by the splits that are quoted for base and for bn."""

NOT_TRAINED = {
    Mistake("F10", "mean and variance over the wrong axis, or one mean of everything"): (
        "left out, since the unit tests of bn tell it apart"
    ),
    Mistake("F11", "division by the variance, not its root"): (
        "left out, since the unit tests of bn tell it apart"
    ),
    Mistake("F13", "the moving variance is that of the batch, too small by (m − 1)/m"): (
        "this is bn, here and in Keras; the experiment on batch sizes compares it with unbiased statistics"
    ),
}
"""Mistakes of the list without a run of their own, and why."""


def mistake(method: str, recipe: str) -> Mistake:
    """What is known of a method trained with a recipe; of an unknown method, nothing."""
    return VARIANTS.get((method, recipe)) or MISTAKES.get(method) or Mistake(NO_CODE, "")


def place(code: str) -> int:
    """Where a code stands in the list; what has none comes first."""
    return int(re.sub(r"\D", "", code) or 0)


def title(row: Any) -> str:
    """``F7 BN, rate 0.001``: code, label and variant of a row of the published tables."""
    variant = f", {row.variant}" if isinstance(row.variant, str) and row.variant else ""
    code = "" if row.code == NO_CODE else f"{row.code} "
    return f"{code}{row.method_label}{variant}"


def verdict(row: Any) -> str:
    """``excluded: too high``."""
    return f"{row.verdict}: {row.reason}" if isinstance(row.reason, str) else row.verdict


def base_epoch(curves: pd.DataFrame, split: str = "test") -> float:
    """The evaluation at which base's mean accuracy is nearest to 94 %, NaN if it is never near."""
    base = curves[(curves["method"] == BASE) & (curves["split"] == split)]
    distance = (base["mean"] - BASE_ACCURACY).abs()
    near = base["epoch"][distance <= NEAR].to_numpy(float)
    return float(near[distance[distance <= NEAR].argmin()]) if len(near) else np.nan


def judged(curves: pd.DataFrame) -> pd.DataFrame:
    """The verdict on each way to train, and on each mix-up of two curves.

    Args:
        curves: mean accuracy with its interval by ``RUN``, split and epoch.

    Returns:
        A row each: training accuracy ``early`` at ``early_epoch``, accuracy ``mean`` at ``epoch``,
        which is base's epoch or the end of a run that stopped before it, ``verdict`` and
        ``reason``.
    """
    rows = []
    for _, part in curves.groupby("batch", sort=False):
        epoch = base_epoch(part)
        for (method, *_, recipe), run in part.groupby(RUN, sort=False):
            rows.append(_row(run, epoch, mistake(str(method), str(recipe))))
            if method == BN and recipe in set(part.loc[part["method"] == BASE, "trained_with"]):
                rows += [
                    _row(run, base_epoch(part, of_base), mix_up, of_bn)
                    for (of_base, of_bn), mix_up in MIX_UPS.items()
                ]
    table = pd.concat([pd.DataFrame(rows), _not_trained()], ignore_index=True)
    return table.astype({"batch": "Int64", **dict.fromkeys(COUNTS, "Int64")})


def _row(run: pd.DataFrame, of_base: float, what: Mistake, split: str = "test") -> dict[str, Any]:
    """One run judged at base's epoch by its accuracy on ``split``."""
    train, quoted = run[run["split"] == "train"], run[run["split"] == split]
    early = train.iloc[(train["epoch"] - EARLY_EPOCH).abs().argmin()]
    reached = quoted[~(quoted["epoch"] > of_base)]
    there = reached.iloc[-1] if len(reached) else quoted.iloc[0]
    judgement, reason = _judgement(early, there, of_base, quoted["epoch"].max() < of_base)
    return {
        **{name: run[name].iloc[0] for name in RUN},
        **what._asdict(),
        "early_epoch": early["epoch"],
        **{column: early[name] for column, name in EARLY_COLUMNS.items()},
        "quoted": split,
        "base_epoch": of_base,
        "epoch": there["epoch"],
        **{name: there[name] for name in ("mean", "low", "high", *COUNTS)},
        "verdict": judgement,
        "reason": reason,
    }


def _judgement(
    early: pd.Series, there: pd.Series, of_base: float, stopped: bool
) -> tuple[str, str]:
    """Verdict and reason from a run's accuracies early on and there where it is judged."""
    if there["method"] == BASE:
        return "reference", ""
    if not there["n"]:
        return "excluded", "no replicate left"
    reasons = []
    if not early["mean"] > EARLY_ACCURACY:
        reasons.append("slow start")
    if np.isfinite(of_base):
        lowest, highest = TARGET
        if (there["low"] if stopped else there["mean"]) > highest:
            reasons.append("too high")
        if not stopped and there["mean"] < lowest:
            reasons.append("too low")
    if reasons in (["too high"], ["too low"]) and _reaches(there):
        return "undecided", f"barely {reasons[0]}"
    if reasons:
        return "excluded", " and ".join(reasons)
    if not np.isfinite(of_base):
        return "undecided", "Base is at no evaluation within 0.3 points of 94 %"
    return ("undecided", "stopped before Base's epoch") if stopped else ("compatible", "")


def _reaches(there: pd.Series) -> bool:
    """Whether an accuracy's interval and the target overlap."""
    lowest, highest = TARGET
    return bool(there["low"] <= highest and there["high"] >= lowest)


def _not_trained() -> pd.DataFrame:
    return pd.DataFrame(
        {"method": BN, **what._asdict(), "verdict": "not tested here", "reason": reason}
        for what, reason in NOT_TRAINED.items()
    )
