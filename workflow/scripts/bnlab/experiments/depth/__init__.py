"""Normalization and depth."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

FLOW = ("metrics", "gradient_flow")
OF_A_NETWORK = ("recipe", "batch", "layers", "activation")

EXPERIMENT = Experiment(
    title="Normalization and depth",
    question=(
        "How deep can a network be and still train, with sigmoids and with rectified units, and do its gradients "
        "vanish or explode on the way down?"
    ),
    figures=(
        Figure("depth", "Accuracy by depth", telling=True),
        Figure("flow", "Gradients and small changes from layer to layer", reads=FLOW),
    ),
    tables=(
        Table("depths", "Every depth"),
        Table("imbalance", "Gradients of the first and the last hidden layer", reads=FLOW),
    ),
    quantities={
        **COMMON,
        "deep_accuracy": Quantity(
            "test accuracy of {layers} {activation} layers", "points", takes=OF_A_NETWORK
        ),
        "failed_share": Quantity(
            "share of replicates that fail, {layers} {activation} layers",
            "points",
            takes=OF_A_NETWORK,
            better="low",
        ),
        "deepest": Quantity(
            "hidden {activation} layers up to which training does not fail",
            "layers",
            takes=("batch", "activation"),
        ),
        "gradient_imbalance": Quantity(
            "decades between the gradients of the first and the last of {layers} {activation} layers",
            "decades",
            reads=FLOW,
            takes=OF_A_NETWORK,
            better="low",
        ),
        "amplification": Quantity(
            "change in the last of {layers} {activation} layers over that in the first",
            reads=FLOW,
            takes=OF_A_NETWORK,
            better="low",
        ),
        "amplification_in_spreads": Quantity(
            "change in the last of {layers} {activation} layers over that in the first, each in its spread",
            reads=FLOW,
            takes=OF_A_NETWORK,
            better="low",
        ),
    },
    across="settings",
    by=("activation", "layers"),
)
