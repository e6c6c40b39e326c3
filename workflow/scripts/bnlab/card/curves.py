"""Accuracy against the learning rate, drawn for each setting with three decades of rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bnlab.study.card import Outcome, Training

WIDTH, HEIGHT = 200, 100
"""Size of the field of a drawing, in its own units."""
FEWEST = 7
"""Rates from which a curve is drawn."""


class Curves(NamedTuple):
    """Curves of a setting as points of SVG: of the layer, None where it stopped, and of each reference by name."""

    title: str
    rates: tuple[str, str]
    layer: str | None
    references: dict[str, str]


def curves(trainings: Sequence[Training]) -> Iterator[Curves]:
    """Yield the curves of each setting that has so many rates."""
    for one in trainings:
        if one.unit == "accuracy" and len(one.rates) >= FEWEST:
            yield Curves(
                one.title,
                (f"{one.rates[0]:g}", f"{one.rates[-1]:g}"),
                _points(one.rates, one.layer) if one.layer else None,
                {name: _points(one.rates, each) for name, each in one.references.items()},
            )


def _points(rates: Sequence[float], outcome: Outcome) -> str:
    decades = np.log10(rates)
    across = WIDTH * (decades - decades[0]) / (decades[-1] - decades[0])
    down = HEIGHT * (1 - np.array(outcome.by_rate))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
