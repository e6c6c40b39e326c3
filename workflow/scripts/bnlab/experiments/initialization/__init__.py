"""Normalization and the initial weights."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

AT = ("recipe", "batch", "initializer")

EXPERIMENT = Experiment(
    title="Normalization and the initial weights",
    question=(
        "Does normalization make it matter less how large the initial weights are, at the rate that suits each and at "
        "rates that do not?"
    ),
    figures=(Figure("heat_maps", "Accuracy by initial weights and learning rate", telling=True),),
    tables=(
        Table("best", "Every initialization at its best learning rate"),
        Table("everywhere", "All initializations and learning rates together"),
    ),
    quantities={
        **COMMON,
        "initialized_accuracy": Quantity(
            "test accuracy from {initializer} weights", "points", takes=AT
        ),
        "initialized_gap": Quantity(
            "training less test accuracy from {initializer} weights",
            "points",
            takes=AT,
            better="low",
        ),
        "failed_share": Quantity(
            "share of replicates that fail from {initializer} weights",
            "points",
            takes=AT,
            better="low",
        ),
        "spread_over_initializers": Quantity(
            "best less worst test accuracy over initial weights, each at its best rate",
            "points",
            takes=("batch",),
            better="low",
        ),
        "failures_everywhere": Quantity(
            "share of initial weights and rates at which training fails",
            "points",
            takes=("batch",),
            better="low",
        ),
    },
    across="settings",
    by=("initializer",),
)
