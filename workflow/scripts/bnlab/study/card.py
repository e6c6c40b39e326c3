"""Content of scorecard.json: measured properties of a normalizer."""

from __future__ import annotations

from typing import Any, Literal

from bnlab.study.section import Section

Unit = Literal["change", "influence", "number"]
Value = float | str | None


class Property(Section):
    """A property, with a value for each kind of input."""

    key: str
    """Name in tables and code."""
    under: str
    """Heading."""
    title: str
    """Property in words."""
    formula: str
    """Formula of the values."""
    unit: Unit
    """Unit: a relative change, 0 for an invariance; an influence, 0 for none; or any other number."""
    values: dict[str, Value]
    """Value on each kind of input: a number, `NaN`, `inf` or `error`, or null where there is none."""


class Accuracy(Section):
    """Test accuracy at the rate of the best validation accuracy, a mean over replicates with its 95 % interval."""

    value: float
    """Mean share of test rows that are classified right."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""
    rate: float
    """Learning rate."""
    at_end: bool
    """True where the rate is the lowest or highest one tried, so that a better one may lie beyond."""


class Training(Section):
    """A setting in which the layer was trained, beside methods that ship."""

    key: str
    """Name in tables and code."""
    title: str
    """Setting in words."""
    accuracy: Accuracy
    """Accuracy of the layer."""
    references: dict[str, Accuracy]
    """Accuracies of methods that ship, by name."""


class Card(Section):
    """Card of a normalizer."""

    version: Literal[1]
    """Version of this format."""
    layer: str
    """Class, as a config names it."""
    options: dict[str, Any]
    """Options as they were given; others have their defaults."""
    date: str
    """Day of the measurement."""
    versions: dict[str, str]
    """Versions of Python and of the packages that computed."""
    inputs: dict[str, list[int]]
    """Shape of each kind of input that the layer takes."""
    refused: dict[str, str]
    """Kinds of input that the layer does not take, each with its error."""
    properties: list[Property]
    """Properties, in the order of the card."""
    trainings: list[Training] = []
    """Accuracies after quick trainings; default none."""
    breaks: list[str]
    """Sentences on inputs that break the layer."""
