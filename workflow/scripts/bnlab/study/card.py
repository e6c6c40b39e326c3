"""Content of scorecard.json: measured properties of a normalizer, and outcomes of training."""

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


class Outcome(Section):
    """Outcome of training, a mean over replicates with its 95 % interval."""

    value: float | None
    """Mean; of a size, the one that means over replicates decide, null where none that was tried will do."""
    low: float | None
    """Lower end of the interval; of a size, the one that ends of intervals decide, null as above."""
    high: float | None
    """Upper end of the interval; of a size, as the lower one."""
    replicates: list[float] = []
    """Value of each replicate, which starts from the same kernels in all methods; of a size, none."""
    by_rate: list[float] = []
    """Mean accuracy at each of the rates tried, of an accuracy; else none."""
    rate: float | None = None
    """Learning rate of the best validation accuracy, at which an accuracy is taken; else none."""
    at_end: bool = False
    """True where that rate is the lowest or highest one tried, so that a better one may lie beyond."""


class Training(Section):
    """A column of a table: a question that training answers, for the layer and for methods that ship."""

    key: str
    """Name in tables and code."""
    under: str
    """Heading of the table."""
    title: str
    """Setting in words."""
    unit: Literal["accuracy", "loss", "size"]
    """Unit: a share of test rows; a difference of cross-entropies; or a number of rows or layers."""
    rates: list[float] = []
    """Learning rates tried; of a size, none."""
    layer: Outcome | None
    """Outcome of the layer; null where it stops with an error."""
    references: dict[str, Outcome]
    """Outcomes of methods that ship, by name."""


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
    processor: str = ""
    """Processor that computed, which times are of."""
    inputs: dict[str, list[int]]
    """Shape of each kind of input that the layer takes."""
    refused: dict[str, str]
    """Kinds of input that the layer does not take, each with its error."""
    properties: list[Property]
    """Properties, in the order of the card."""
    scale: str = ""
    """Heading of the trainings, with their scale; default none."""
    trainings: list[Training] = []
    """Outcomes of training, in the order of the card; default none."""
    breaks: list[str]
    """Sentences on inputs that break the layer."""
