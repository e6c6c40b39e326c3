"""Normalization in a convolutional network."""

from bnlab.study.declaration import Experiment, Figure, Table, several_batches

EXPERIMENT = Experiment(
    title="Normalization in a convolutional network",
    question=(
        "Does a convolutional network, whose statistics are over positions as well as rows, need batches as large, and "
        "which way to normalize serves it best?"
    ),
    figures=(
        Figure(
            "all_methods",
            "Accuracy of a convolutional network by batch size",
            when=several_batches,
        ),
    ),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("stability", "Dependence on the batch size", when=several_batches),
    ),
    methods={
        "gn4": {"normalizer": "gn", "options": {"groups": 4}, "label": "GN in 4 groups"},
        "ws_gn4": {
            "kernel": "ws",
            "normalizer": "gn",
            "options": {"groups": 4},
            "label": "WS + GN",
        },
    },
    looks={"gn4": ("#56b4e9", "p"), "ws_gn4": ("#a0342f", "*")},
)
