"""Ways to normalize that were made for small batches."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table, several_batches

EXPERIMENT = Experiment(
    title="Beyond the statistics of the batch",
    question=(
        "Which of the ways to normalize that were made for small batches, within a row, on the weights, by averages or "
        "by corrected statistics, keep what batch normalization gives and lose nothing at the smallest batches?"
    ),
    figures=(Figure("all_methods", "Methods made for small batches"),),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("stability", "Dependence on the batch size", when=several_batches),
    ),
    quantities={
        **COMMON,
        "smallest_good_batch": Quantity(
            "smallest batch from which on test accuracy is within a point of that without normalization",
            "rows",
            takes=("recipe", "batches"),
            better="low",
        ),
    },
    methods={
        "evalnorm": {"normalizer": "evalnorm", "label": "EvalNorm"},
        "wn_mean_only_bn": {
            "kernel": "wn",
            "normalizer": "mean_only_bn",
            "label": "WN + mean-only BN",
        },
    },
    looks={"evalnorm": ("#03304d", "v"), "wn_mean_only_bn": ("#6b8e23", "h")},
)
