"""Normalization by other norms."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

OUTPUTS = ("output_shift",)


def _lp(p: int | str, label: str) -> dict[str, object]:
    return {"normalizer": "lp", "label": label, "options": {"p": p}}


EXPERIMENT = Experiment(
    title="Normalization by other norms",
    question="Is it the standard deviation that matters, or do other norms in its place train as well?",
    figures=(
        Figure("accuracy", "Accuracy during training"),
        Figure("loss", "Training loss"),
    ),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("from_bn", "Differences from batch normalization"),
    ),
    quantities={
        **COMMON,
        "output_shift": Quantity("earth mover's distance of outputs over ten steps", reads=OUTPUTS),
    },
    methods={
        "l1": _lp(1, "L1"),
        "l2": _lp(2, "L2"),
        "l_inf": _lp("inf", "L∞"),
    },
    looks={
        "l1": ("#a0342f", "h"),
        "l2": ("#6b8e23", "<"),
        "l_inf": ("#7a5fb5", ">"),
    },
)
