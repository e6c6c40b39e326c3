"""Normalization and the size of the batch."""

from bnlab.experiments.batch_size.shown import PAIRS, SMALL_BATCHES
from bnlab.study.declaration import (
    COMMON,
    Experiment,
    Figure,
    Quantity,
    Table,
    Together,
    several_batches,
    trains,
)

OVER_BATCHES = ("recipe", "batches")


def several_small(runs: Together) -> bool:
    """At least three small batches."""
    return sum(batch <= SMALL_BATCHES for batch in runs.batches) >= 3


def compares(runs: Together) -> bool:
    """Some method beside base or bn."""
    return len(runs.methods) > 1 and bool(runs.methods & {"base", "bn"})


def averages(runs: Together) -> bool:
    """Some method that keeps averages for inference."""
    return bool(runs.averaging)


EXPERIMENT = Experiment(
    title="Normalization and the size of the batch",
    question=(
        "Which ways to normalize keep working when batches are small, and does batch normalization "
        "fail there because of its batches' statistics or because of the learning rate?"
    ),
    figures=(
        Figure("all_methods", "All methods", telling=True),
        Figure("bn_vs_ln", "Batch and layer normalization", when=trains(*PAIRS["bn_vs_ln"])),
        Figure(
            "ws_vs_bn",
            "Weight standardization and batch normalization",
            when=trains(*PAIRS["ws_vs_bn"]),
        ),
        Figure(
            "ws_bn_vs_bn",
            "Batch normalization with and without weight standardization",
            when=trains(*PAIRS["ws_bn_vs_bn"]),
        ),
        Figure("small_batches", "The smallest batches", when=several_small),
        Figure("statistics", "Three kinds of inference statistics", when=averages),
    ),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("differences", "Paired differences", when=compares),
        Table("inference", "Inference statistics", when=averages),
        Table("stability", "Dependence on the batch size", when=several_batches),
    ),
    quantities={
        **COMMON,
        "accuracy_slope": Quantity(
            "change of test accuracy per doubling of the batch", "points", takes=OVER_BATCHES
        ),
        "absolute_slope": Quantity(
            "size of the change of test accuracy per doubling of the batch",
            "points",
            takes=OVER_BATCHES,
        ),
        "accuracy_range": Quantity(
            "best less worst test accuracy over batch sizes", "points", takes=OVER_BATCHES
        ),
        "loss_range": Quantity(
            "largest less smallest validation loss over batch sizes",
            takes=OVER_BATCHES,
            better="low",
        ),
    },
)
