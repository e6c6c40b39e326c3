"""Normalization and batches of few classes."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

AT = ("recipe", "batch", "classes", "share")

EXPERIMENT = Experiment(
    title="Normalization and batches of few classes",
    question=(
        "What becomes of a network whose training batches are not a random sample of the classes, and does "
        "normalization over the rows of a batch suffer more from it than normalization within a row?"
    ),
    figures=(Figure("mixing", "Accuracy by the mixture of batches", telling=True),),
    tables=(Table("mixtures", "Every mixture of batches"),),
    quantities={
        **COMMON,
        "mixed_accuracy": Quantity(
            "test accuracy after batches of which {share:.0%} of the rows are from {classes} classes",
            "points",
            takes=AT,
        ),
        "lost_to_correlation": Quantity(
            "test accuracy after random batches less that after batches of which {share:.0%} of the rows are from "
            "{classes} classes",
            "points",
            takes=("batch", "classes", "share"),
            among=("classes", "share"),
            better="low",
        ),
    },
    across="settings",
    by=("classes", "share", "shuffle"),
)
