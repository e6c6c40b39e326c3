"""Normalization in a recurrent network."""

from bnlab.study.declaration import Experiment, Figure, Table

EXPERIMENT = Experiment(
    title="Normalization in a recurrent network",
    question=(
        "Does a recurrent network that reads images row by row train better with normalization, and does it suit layer "
        "normalization better than batch normalization, each at the rate that suits it?"
    ),
    figures=(Figure("by_rate", "Accuracy by learning rate"),),
    tables=(Table("best", "Each method at its best learning rate"),),
    across="rates",
)
