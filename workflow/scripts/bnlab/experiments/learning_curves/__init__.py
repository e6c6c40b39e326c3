"""Learning with and without batch normalization."""

from bnlab.study.declaration import (
    COMMON,
    TIMING,
    Experiment,
    Figure,
    Quantity,
    Table,
    trains,
)

OF_CLASSES, PROBED = ("classes",), ("percentiles",)

EXPERIMENT = Experiment(
    title="Learning with and without batch normalization",
    question=(
        "Does a network with batch normalization learn faster, end better and keep the inputs of its "
        "last hidden layer steadier than the same network without?"
    ),
    figures=(
        Figure("accuracy", "Accuracy during training", telling=True),
        Figure("percentiles", "Percentiles of a typical unit", reads=PROBED),
        Figure("drift", "Drift of percentiles over all units", reads=PROBED, telling=True),
        Figure("roc", "ROC of each class", reads=("roc", "classes")),
        Figure("confusion", "Confusion matrices", reads=("confusion",)),
    ),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("steps_to_accuracy", "Steps to an accuracy"),
        Table("classes", "Quality class by class", reads=OF_CLASSES),
        Table("timing", "Time for 1,000 steps", reads=(TIMING,), when=trains("base", "bn")),
    ),
    quantities={
        **COMMON,
        "activation_drift": Quantity(
            "percentile drift of the last activation's inputs", reads=PROBED
        ),
        "weight_drift": Quantity(
            "percentile drift of the last hidden layer's weights", reads=PROBED
        ),
        "activation_spread_growth": Quantity(
            "last spread of the last activation's inputs over the first", reads=PROBED
        ),
        "weight_spread_growth": Quantity(
            "last spread of the last hidden layer's weights over the first", reads=PROBED
        ),
        "macro_auc": Quantity("mean AUC over classes", "points", reads=OF_CLASSES),
        "auc_range": Quantity("largest less smallest AUC of a class", "points", reads=OF_CLASSES),
        "class_auc": Quantity(
            "AUC of {class_}", "points", reads=OF_CLASSES, takes=("recipe", "batch", "class")
        ),
        "class_auc_rank": Quantity(
            "place of {class_} by AUC from below",
            reads=OF_CLASSES,
            takes=("recipe", "batch", "class"),
        ),
        "seconds_per_1000_steps": Quantity("seconds per 1,000 steps", "seconds", reads=(TIMING,)),
    },
    times=("base", "bn"),
)
