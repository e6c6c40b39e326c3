"""Multiples of the best learning rate, and ensembles: the table of the ImageNet study in small."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

MEMBERS = ("metrics", "ensembles")
OF_A_NETWORK = ("batch", "network", "activation")
FACTORS = {1: "", 5: "5 times ", 30: "30 times "}
"""Multiples of base's best rate, and how they are called."""


def _quantities() -> dict[str, Quantity]:
    found = {}
    for factor, times in FACTORS.items():
        at = f"at {times}base's best rate, {{network}} of {{activation}}"
        found[f"steps_at_{factor}"] = Quantity(
            f"steps to base's best test accuracy {at}", "steps", takes=OF_A_NETWORK, better="low"
        )
        found[f"best_accuracy_at_{factor}"] = Quantity(
            f"highest test accuracy {at}", "points", takes=OF_A_NETWORK
        )
        if factor > 1:
            found[f"failed_share_at_{factor}"] = Quantity(
                f"share of replicates that fail {at}", "points", takes=OF_A_NETWORK, better="low"
            )
    return found


EXPERIMENT = Experiment(
    title="Multiples of the best learning rate, and ensembles",
    question=(
        "At five and thirty times the rate that suits the network without normalization best, how much sooner does a "
        "normalized one reach the same accuracy, how far does it get, and what does an ensemble of six add?"
    ),
    figures=(Figure("factors", "Accuracy and steps by multiples of the best rate", telling=True),),
    tables=(
        Table("multiples", "Every multiple of the best rate"),
        Table("ensembles", "Ensembles of six", reads=MEMBERS),
    ),
    quantities={
        **COMMON,
        **_quantities(),
        "failed_share": Quantity(
            "share of replicates that fail, {network} of {activation}",
            "points",
            takes=("recipe", *OF_A_NETWORK),
            better="low",
        ),
        "ensemble_gain": Quantity(
            "test accuracy of an ensemble of six less that of its best member at 30 times base's best rate, "
            "{network} of {activation}",
            "points",
            reads=MEMBERS,
            takes=OF_A_NETWORK,
        ),
    },
    across="settings",
    by=("network", "activation"),
)
