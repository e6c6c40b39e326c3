"""The landscape of the loss."""

from bnlab.study.declaration import COMMON, Experiment, Figure, Quantity, Table

STEPS, AROUND = ("landscape",), ("loss_surface",)

EXPERIMENT = Experiment(
    title="The landscape of the loss",
    question=(
        "Is the loss smoother with normalization, along the way of gradient descent and around the weights that "
        "training ends at, and do its gradients predict more?"
    ),
    figures=(
        Figure("smoothness", "Smoothness along the gradient", reads=STEPS, telling=True),
        Figure("lines", "Loss along random directions", reads=AROUND),
        Figure("surface", "Loss around the trained weights", reads=AROUND, turns=True),
    ),
    tables=(
        Table("smoothness_over_training", "Smoothness over training", reads=STEPS),
        Table("rises", "How far the loss rises around the trained weights", reads=AROUND),
    ),
    quantities={
        **COMMON,
        "loss_range": Quantity("range of the loss along the gradient", reads=STEPS, better="low"),
        "gradient_change": Quantity(
            "largest change of the gradient along it", reads=STEPS, better="low"
        ),
        "smoothness": Quantity(
            "effective smoothness β along the gradient", reads=STEPS, better="low"
        ),
        "loss_range_in_weights": Quantity(
            "range of the loss along the gradient, steps in lengths of the weights",
            reads=STEPS,
            better="low",
        ),
        "gradient_change_in_weights": Quantity(
            "largest relative change of the gradient along it, steps in lengths of the weights",
            reads=STEPS,
            better="low",
        ),
        "smoothness_in_weights": Quantity(
            "effective smoothness β along the gradient, weights of length one",
            reads=STEPS,
            better="low",
        ),
        "rise": Quantity("rise of the loss half a filter away", reads=AROUND, better="low"),
    },
)
