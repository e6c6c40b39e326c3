"""Times of training steps, by method."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from bnlab.networks.block import Method
from bnlab.networks.network import Network
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split


def time_in_turn(
    split: Split,
    network: Callable[[], Network],
    methods: Mapping[str, Method],
    settings: Settings,
    batch: int,
    repeats: int = 5,
    seconds: float = 0.15,
    is_fault: Callable[[str, Exception], bool] = lambda *_: False,
) -> pd.DataFrame:
    """Measure the seconds per 1,000 training steps of one replicate, for the methods in turn.

    Each measurement takes about ``seconds``, after one round that does not count. Since the methods alternate, other
    work of the machine slows all of them alike, and the ratio of two methods within a repeat varies less than either.
    A method whose error ``is_fault``, by its name and the error, has no rows.

    Returns:
        Columns method, repeat, seconds_per_1000_steps.
    """
    runs: dict[str, Run] = {}
    starts: dict[str, Any] = {}

    def measure(name: str, steps: int) -> float:
        parameters, state, order, _ = starts[name]
        begun = time.perf_counter()
        run = runs[name]
        run.trainer.advance(parameters, state, order, run.rates, 0, steps).loss.numpy()
        return (time.perf_counter() - begun) / steps * 1000

    few = min(20, settings.steps)
    for name, method in methods.items():
        try:
            runs[name] = Run(split, network(), method, settings, batch, seed=0)
            starts[name] = runs[name].start(0)
            measure(name, few)
        except Exception as error:
            if not is_fault(name, error):
                raise
            runs.pop(name, None)
    if not runs:
        return pd.DataFrame(columns=["method", "repeat", "seconds_per_1000_steps"])
    per_step = max(measure(name, few) for name in runs) / 1000
    steps = min(settings.steps, max(1, round(seconds / per_step)))
    for name in runs:
        measure(name, steps)
    return pd.DataFrame(
        {"method": name, "repeat": repeat, "seconds_per_1000_steps": measure(name, steps)}
        for repeat in range(repeats)
        for name in runs
    )
