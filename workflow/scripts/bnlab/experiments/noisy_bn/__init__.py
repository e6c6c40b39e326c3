"""Batch normalization with noise that undoes it."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table, trains

OUTPUTS, UNITS = ("output_shift",), ("distributions",)

EXPERIMENT = Experiment(
    title="Batch normalization with noise that undoes it",
    question=(
        "Does batch normalization still help where noise after it keeps the distributions of layers from being "
        "stable, and is it the noise that does it?"
    ),
    figures=(
        Figure("training", "Training with noise", telling=True),
        Figure("ridgeline", "Distributions of one unit in every layer", reads=UNITS),
        Figure("stability", "Shift of the outputs of layers", reads=OUTPUTS),
    ),
    tables=(
        Table("final", "Final accuracy and loss"),
        Table("gain_kept", "What noise leaves of the gain", when=trains("base", "bn", "noisy_bn")),
    ),
    quantities={
        **COMMON,
        "gain_kept": Quantity(
            "share of the gain in training accuracy over training by BN over base",
            reads=("metrics",),
        ),
        "output_shift": Quantity(
            "earth mover's distance of outputs over ten steps in layer {layer}",
            reads=OUTPUTS,
            takes=("recipe", "batch", "layer"),
        ),
    },
    looks={
        "noisy_bn": ("#7a5fb5", "h"),
        "noisy_base": ("#949494", "<"),
    },
)
