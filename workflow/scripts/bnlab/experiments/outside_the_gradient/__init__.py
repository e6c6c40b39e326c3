"""Statistics outside the gradient, and whitening."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

NORMS = ("norms",)


def _own(name: str, label: str) -> dict[str, object]:
    return {"normalizer": f"normalizers.py:{name}", "label": label}


EXPERIMENT = Experiment(
    title="Statistics outside the gradient, and whitening",
    question=(
        "What happens where the gradient ignores that the statistics depend on the parameters, and does whitening a "
        "layer's inputs train better than normalizing each unit alone?"
    ),
    figures=(
        Figure("biases", "Growth of the biases", reads=NORMS),
        Figure("accuracy", "Accuracy during training"),
    ),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("growth", "Biases over training", reads=NORMS),
    ),
    quantities={
        **COMMON,
        "bias_norm": Quantity("length of the biases of hidden layers at the end", reads=NORMS),
        "bias_linearity": Quantity(
            "R² of a straight line through the length of the biases over steps", reads=NORMS
        ),
        "failed_share": Quantity("share of replicates that fail", "points", better="low"),
    },
    methods={
        "centred": _own("Centred", "Centred"),
        "centred_outside": _own("CentredOutside", "Centred outside the gradient"),
        "normalized_outside": _own("NormalizedOutside", "Normalized outside the gradient"),
        "whitening": {"normalizer": "whitening", "label": "Whitening"},
    },
    looks={
        "centred": ("#56b4e9", "h"),
        "centred_outside": ("#7a5fb5", "<"),
        "normalized_outside": ("#a0342f", ">"),
        "whitening": ("#6b8e23", "p"),
    },
)
