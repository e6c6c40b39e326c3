"""Internal covariate shift."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

GRADIENTS, OUTPUTS = ("covariate_shift",), ("output_shift",)
AT_LAYER = ("recipe", "batch", "layer")

EXPERIMENT = Experiment(
    title="Internal covariate shift",
    question=(
        "Do the inputs of a layer shift less while the layers before it learn, and does its gradient change "
        "less, where the network is normalized?"
    ),
    figures=(
        Figure(
            "gradient_shift", "Change of gradients by earlier layers", reads=GRADIENTS, telling=True
        ),
        Figure("output_shift", "Shift of the outputs of layers", reads=OUTPUTS),
    ),
    tables=(Table("shifts", "Shifts over training", reads=(*GRADIENTS, *OUTPUTS)),),
    quantities={
        **COMMON,
        "gradient_shift": Quantity(
            "change of a layer's gradient by the layers before it, in its length",
            reads=GRADIENTS,
            better="low",
        ),
        "gradient_cosine": Quantity(
            "cosine between gradients before and after earlier layers move", reads=GRADIENTS
        ),
        "output_shift": Quantity(
            "earth mover's distance of outputs over ten steps", reads=OUTPUTS, better="low"
        ),
        "output_shift_in_spreads": Quantity(
            "earth mover's distance of outputs over ten steps, in their spread",
            reads=OUTPUTS,
            better="low",
        ),
        "distance_from_normal": Quantity(
            "distance of unit means and deviations from 0 and 1 in layer {layer}",
            reads=OUTPUTS,
            takes=AT_LAYER,
            better="low",
        ),
    },
    methods={"unitization": {"normalizer": "unitization", "label": "Unitization"}},
    looks={
        "unitization": ("#56b4e9", "*"),
    },
)
