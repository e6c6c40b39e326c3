"""The noise of a batch's gradient, and what a batch costs."""

from bnlab.study.declaration import COMMON, TIMING, Experiment, Figure, Quantity, Table, Together

NOISE, TIMED = ("gradient_noise",), (TIMING,)


def several_batches(runs: Together) -> bool:
    """Batch sizes to compare."""
    return len(runs.batches) > 1 and {"base", "bn", "ln"} <= runs.methods


EXPERIMENT = Experiment(
    title="What a larger batch is good for",
    question=(
        "How fast does the noise of a batch's gradient fall with its size, does normalization over the batch change "
        "that, and how much cheaper is an example in a larger batch?"
    ),
    figures=(
        Figure("noise", "Noise of the gradient by batch size", reads=NOISE),
        Figure("cost", "Time for an example by batch size", reads=TIMED, when=several_batches),
    ),
    tables=(
        Table("exponents", "How noise falls with the batch", reads=NOISE),
        Table("times", "Time of a step by batch size", reads=TIMED, when=several_batches),
    ),
    quantities={
        **COMMON,
        "noise_exponent": Quantity(
            "power of the batch size with which the variance of its gradient grows",
            reads=NOISE,
            better="low",
        ),
        "seconds_per_1000_steps": Quantity(
            "seconds per 1,000 steps", "seconds", reads=TIMED, better="low"
        ),
        "batch_cost": Quantity(
            "time of a step at the largest batch over that of as many steps of one row",
            reads=TIMED,
            takes=("recipe", "batches"),
            better="low",
        ),
    },
    times=("base", "bn", "ln"),
)
