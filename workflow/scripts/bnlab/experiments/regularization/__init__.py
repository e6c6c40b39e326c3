"""Batch normalization beside dropout and a penalty on weights."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

EXPERIMENT = Experiment(
    title="Batch normalization beside dropout and L2",
    question=(
        "Does batch normalization regularize, so that at the same training loss the test rows lose less, and do "
        "dropout and a penalty on the weights still help beside it?"
    ),
    figures=(
        Figure("gains", "Accuracy with dropout and L2"),
        Figure("paths", "Training less test accuracy by training loss"),
    ),
    tables=(Table("combined", "Every combination of dropout and L2"),),
    quantities={
        **COMMON,
        "matched_gap": Quantity(
            "training less test accuracy at a training loss of 0.1", "points", better="low"
        ),
        "dropout_gain": Quantity(
            "test accuracy with dropout {dropout:g} less without",
            "points",
            takes=("batch", "dropout"),
            among=("dropout",),
        ),
        "l2_gain": Quantity(
            "test accuracy with L2 of {l2:g} less without",
            "points",
            takes=("batch", "l2"),
            among=("l2",),
        ),
    },
    across="settings",
    by=("dropout", "l2"),
)
