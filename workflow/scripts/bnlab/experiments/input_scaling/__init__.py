"""Scaled and whitened inputs."""

from bnlab.study.declaration import Experiment, Figure, Table

EXPERIMENT = Experiment(
    title="Scaled and whitened inputs",
    question=(
        "Does a network train better if its inputs are scaled or whitened, each at the rate that suits it, and if test "
        "rows of another distribution are brought to that of the training rows?"
    ),
    figures=(Figure("by_rate", "Accuracy by learning rate"),),
    tables=(Table("best", "Each kind of inputs at its best learning rate"),),
    across="rates",
    methods={
        "min_max_inputs": {"inputs": "min_max", "label": "Min–max"},
        "standardized_inputs": {"inputs": "standardize", "label": "Standardized"},
        "whitened_inputs": {"inputs": "whiten", "label": "Whitened"},
        "matched_inputs": {"inputs": "standardize_parts", "label": "Each part standardized"},
    },
    looks={
        "min_max_inputs": ("#7a5fb5", "h"),
        "standardized_inputs": ("#029e73", "<"),
        "whitened_inputs": ("#a0342f", ">"),
        "matched_inputs": ("#56b4e9", "p"),
    },
)
