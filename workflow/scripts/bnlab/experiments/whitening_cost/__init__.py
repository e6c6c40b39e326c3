"""What whitening costs."""

from bnlab.study.declaration import COMMON, TIMING, Experiment, Figure, Quantity, Table, trains

TIMED = (TIMING,)
ALL = trains("base", "bn", "whitening")

EXPERIMENT = Experiment(
    title="What whitening costs",
    question="How does the time of a training step grow with the width of a layer that is whitened?",
    figures=(Figure("cost", "Time of a step by width", reads=TIMED, when=ALL),),
    tables=(Table("times", "Time for 1,000 steps by width", reads=TIMED, when=ALL),),
    quantities={
        **COMMON,
        "seconds_per_1000_steps": Quantity("seconds per 1,000 steps", "seconds", reads=TIMED),
        "cost_exponent": Quantity(
            "exponent of what normalization adds to the time of a step, by width",
            reads=TIMED,
            takes=("batch",),
        ),
    },
    across="settings",
    by=("units",),
    methods={"whitening": {"normalizer": "whitening", "label": "Whitening"}},
    times=("base", "bn", "whitening"),
)
