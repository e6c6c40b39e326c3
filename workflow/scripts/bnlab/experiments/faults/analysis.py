"""Tables of mistakes in batch normalization that might give what one source reports.

The source has 94 % without batch normalization and 90.7 % with it, and over 80 % training accuracy with it in the third
epoch. No correct batch normalization at base's learning rate gives that. The rule, set before the runs: base's epoch is
the evaluation at which its mean test accuracy is nearest to 94 %, and within 0.3 points of it. A mistake is compatible
if there its own mean test accuracy is in [90.2, 91.2] % and its mean training accuracy in epoch 3 is above 80 %. One
whose mean lies outside while its 95 % interval reaches that range is undecided.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.summaries import BASE, BN, followed, summarize

BASE_ACCURACY, NEAR = 0.94, 0.003
LOWEST, HIGHEST = 0.902, 0.912
EARLY_EPOCH, EARLY_ACCURACY = 3, 0.80
NO_CODE = "–"
RUN = ["method", "batch", "learning_rate", "trained_with"]
COUNTS = ["n", "diverged", "failed", "replicates"]


class Mistake(NamedTuple):
    """A number in the list of mistakes, what goes wrong, and the setting that the method's label leaves out."""

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
"""Mistakes by method."""

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
"""Mistakes that are a method with a recipe of its own, by method and recipe."""

MIX_UPS = {
    ("test", "train"): Mistake(
        "F15", "training accuracy is quoted for BN, test accuracy for Base", "train quoted"
    ),
    ("train", "test"): Mistake(
        "F15", "test accuracy is quoted for BN, training accuracy for Base", "Base's train quoted"
    ),
}
"""Mistakes that quote a number from the wrong curve, by the splits quoted for base and for bn."""

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
"""Mistakes without a run of their own, and the reason."""


def mistake(method: str, recipe: str) -> Mistake:
    """Return the mistake of a method trained with a recipe; one without a code where there is none."""
    return VARIANTS.get((method, recipe)) or MISTAKES.get(method) or Mistake(NO_CODE, "")


def compatibility(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the verdict on each mistake in batch normalization (``verdicts``)."""
    return verdicts(accuracies(metrics))


def faults(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return train and test accuracy of each mistake by epoch, with its verdict in every row."""
    curves = accuracies(metrics)
    judged = verdicts(curves).drop_duplicates(RUN)
    columns = [*RUN, "code", "variant", "base_epoch", "verdict", "reason"]
    return curves.merge(judged[columns], on=RUN)


def accuracies(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return means of train and test accuracy at each evaluation of each run."""
    rows = followed(metrics).rename(columns={"recipe": "trained_with"})
    rows = rows[rows["split"].isin(["train", "test"])]
    return summarize(rows, [*RUN, "split", "step", "epoch"], "accuracy")


def verdicts(curves: pd.DataFrame) -> pd.DataFrame:
    """Judge each way to train and each mix-up of two curves by the rule of this module.

    Args:
        curves: rows of ``accuracies``.

    Returns:
        A row each: training accuracy ``early`` at ``early_epoch``, accuracy ``mean`` at ``epoch``, ``verdict`` and
        ``reason``. The epoch is base's, or the end of a run that stopped before it.
    """
    rows: list[dict[str, Any]] = []
    for _, part in curves.groupby("batch", sort=False):
        epoch, with_base = base_epoch(part), set(part.loc[part["method"] == BASE, "trained_with"])
        for (method, *_, recipe), run in part.groupby(RUN, sort=False):
            rows.append(row_of(run, epoch, mistake(str(method), str(recipe))))
            if method == BN and recipe in with_base:
                rows += [
                    row_of(run, base_epoch(part, of_base), mix_up, of_bn)
                    for (of_base, of_bn), mix_up in MIX_UPS.items()
                ]
    for left_out, reason in NOT_TRAINED.items():
        verdict = {"verdict": "not tested here", "reason": reason}
        rows.append({"method": BN, **left_out._asdict(), **verdict})
    return pd.DataFrame(rows).astype({"batch": "Int64", **dict.fromkeys(COUNTS, "Int64")})


def base_epoch(curves: pd.DataFrame, split: str = "test") -> float:
    """Return the evaluation at which base's mean accuracy is nearest to 94 %, NaN if it is never near."""
    base = curves[(curves["method"] == BASE) & (curves["split"] == split)]
    distance = (base["mean"] - BASE_ACCURACY).abs()
    nearest = base["epoch"][distance == distance.min()]
    return float(nearest.iloc[0]) if distance.min() <= NEAR else np.nan


def row_of(
    run: pd.DataFrame, of_base: float, about: Mistake, split: str = "test"
) -> dict[str, Any]:
    """Return the row of a run, judged at base's epoch by its accuracy on ``split``."""
    train, quoted = run[run["split"] == "train"], run[run["split"] == split]
    early = train.iloc[(train["epoch"] - EARLY_EPOCH).abs().argmin()]
    reached = quoted[~(quoted["epoch"] > of_base)]
    there = reached.iloc[-1] if len(reached) else quoted.iloc[0]
    verdict, reason = judgement(early, there, of_base, quoted["epoch"].max() < of_base)
    return {
        **{name: run[name].iloc[0] for name in RUN},
        **about._asdict(),
        "early_epoch": early["epoch"],
        "early": early["mean"],
        "early_low": early["low"],
        "early_high": early["high"],
        "quoted": split,
        "base_epoch": of_base,
        **{name: there[name] for name in ("epoch", "mean", "low", "high", *COUNTS)},
        "verdict": verdict,
        "reason": reason,
    }


def judgement(early: pd.Series, there: pd.Series, of_base: float, stopped: bool) -> tuple[str, str]:
    """Return verdict and reason from a run's accuracies in epoch 3 and at the evaluation where it is judged."""
    if there["method"] == BASE:
        return "reference", ""
    if not there["n"]:
        return "excluded", "no replicate left"
    reasons = [] if early["mean"] > EARLY_ACCURACY else ["slow start"]
    if np.isfinite(of_base):
        if (there["low"] if stopped else there["mean"]) > HIGHEST:
            reasons.append("too high")
        if not stopped and there["mean"] < LOWEST:
            reasons.append("too low")
    reaches = there["low"] <= HIGHEST and there["high"] >= LOWEST
    if reasons in (["too high"], ["too low"]) and reaches:
        return "undecided", f"barely {reasons[0]}"
    if reasons:
        return "excluded", " and ".join(reasons)
    if not np.isfinite(of_base):
        return "undecided", "Base is at no evaluation within 0.3 points of 94 %"
    return ("undecided", "stopped before Base's epoch") if stopped else ("compatible", "")


TABLES = {"faults": faults, "compatibility": compatibility}
