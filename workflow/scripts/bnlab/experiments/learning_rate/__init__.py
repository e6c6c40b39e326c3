"""Normalization and the learning rate."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

EXPERIMENT = Experiment(
    title="Normalization and the learning rate",
    question=(
        "Does normalization allow higher learning rates and spare one the search for the right one, and "
        "how do the methods compare when each trains at the rate that suits it best?"
    ),
    figures=(
        Figure("heat_map", "Accuracy by learning rate", telling=True),
        Figure("rate_range", "Range of good learning rates"),
    ),
    tables=(
        Table("best_rates", "Each method at its best learning rate"),
        Table("rates", "Every learning rate"),
    ),
    quantities={
        **COMMON,
        "rate_range": Quantity(
            "range of learning rates within a point of the best", "decades", takes=("batch",)
        ),
        "highest_good_rate": Quantity(
            "highest learning rate within a point of the best", takes=("batch",)
        ),
    },
    across="rates",
)
