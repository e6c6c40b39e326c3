"""One way to time: functions in turn, processor time, medians of rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pandas as pd

Timer = Callable[[int], None]
"""A function that does something so many times."""

ROUNDS = 5
SECONDS = 0.3
"""Processor time for which a function is measured in a round, at least."""
MOST = 1_000_000


def microseconds(timer: Timer, times: int) -> float:
    """Return the processor time of this process for each time, in microseconds."""
    start = time.process_time()
    timer(times)
    return (time.process_time() - start) / times * 1e6


def times_filling(timer: Timer, most: int) -> int:
    """Return how many times fill ``SECONDS``; the first time is not measured, as it may compile."""
    timer(1)
    times = 1
    while times < most and times * microseconds(timer, times) < SECONDS * 1e6:
        times = min(most, 4 * times)
    return times


def each(timer: Timer, count: int) -> Timer:
    """Return a function whose one time is ``count`` times of another one."""

    def repeat(times: int) -> None:
        for _ in range(times):
            timer(count)

    return repeat


def measure(timers: Mapping[str, Timer], most: int = MOST, per: int = 1) -> pd.DataFrame:
    """Measure functions in turn in each of ``ROUNDS`` rounds.

    Args:
        timers: functions by name.
        most: the largest number of times that they can do.
        per: number by which their time is divided.

    Returns:
        A row for each function: its name as ``of``, and ``median``, ``lowest`` and ``highest`` microseconds.
    """
    times = {name: times_filling(timer, most) for name, timer in timers.items()}
    rounds = pd.DataFrame(
        [
            {name: microseconds(timer, times[name]) / per for name, timer in timers.items()}
            for _ in range(ROUNDS)
        ]
    )
    summary = {"median": rounds.median(), "lowest": rounds.min(), "highest": rounds.max()}
    return pd.DataFrame(summary).rename_axis("of").reset_index()
