"""Learning rates of a schedule, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def factors(
    steps: int,
    warm_up: int = 0,
    cosine: Mapping[str, float] | None = None,
    step: Mapping[str, Any] | None = None,
    exponential: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Return the factor on the learning rate in each step of a training, shape (steps,), float64.

    Steps count from the first of training, those of the warm-up too. With w steps of ``warm_up`` the t-th of them is at
    t/w, and what follows begins at 1 in step w + 1:

        cosine         half a cosine, which would be at ``to`` in the step after the last
        step           ``factor`` to the power of how many numbers of ``at`` are steps that are over
        exponential    ``factor`` to the power of the steps since
    """
    t = np.arange(steps)
    later = np.maximum(t - warm_up, 0)
    shape: np.ndarray = np.ones(steps)
    if cosine is not None:
        end = cosine["to"]
        shape = end + (1 - end) * (1 + np.cos(np.pi * later / max(1, steps - warm_up))) / 2
    if step is not None:
        shape = float(step["factor"]) ** np.searchsorted(np.sort(step["at"]), t, side="right")
    if exponential is not None:
        shape = float(exponential["factor"]) ** later
    return shape * np.minimum(1, (t + 1) / warm_up) if warm_up else shape


def rates(rate: float, steps: int, schedule: Mapping[str, Any] | None) -> float | np.ndarray:
    """Return the learning rate, or where there is a ``schedule``, the arguments of ``factors``, those of all steps.

    They have the shape (steps, 2): of variables that follow the schedule, and of others.
    """
    if not schedule:
        return rate
    own = rate * factors(steps, **schedule)
    return np.stack([own, np.full(steps, rate)], axis=1)
