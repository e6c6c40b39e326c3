"""Findings as experiments declare them: a question, the comparison that answers it, and a sentence for each outcome."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.section import Name, Section, Text

OUTCOMES = ("higher", "lower", "unclear")
MOST_WORDS, MOST_NUMBERS, MOST_SLOTS = 25, 3, 3
MEANS = ("mean", "estimate")
"""Columns whose interval is in ``low`` and ``high``."""
NUMBER = re.compile(r"(?<![\w-])\d[\d.,]*")


class Comparison(Section):
    """Rows of a published table with one estimate and its interval a data set and recipe."""

    table: Name
    """Figure or table of the experiment, or "effects" for the judged effects."""
    where: dict[Name, int | float | str | bool] = {}
    """Value that each of these columns has in the rows."""
    column: Name = "estimate"
    """Column of the estimate. Its interval is in ``<column>_low`` and ``<column>_high``, that of "mean" and "estimate"
    in ``low`` and ``high``.
    """
    neutral: float = 0.0
    """Estimate of no difference: 0, or 1 for a ratio."""
    factor: Annotated[float, Field(gt=0)] = 1.0
    """Printed unit over the unit of the table, 100 for points of accuracy."""
    power_of_ten: bool = False
    """True to print a width in decades as ten to its power, `140-fold`; such a number is no difference."""
    bounded_by: list[Name] = []
    """Columns that count replicates at an end of what was tried; where one is positive, `at least` precedes a width."""
    at_least: dict[Name, float] = {}
    """Least value of these columns, below which nothing is printed; a column of several numbers counts them."""

    @property
    def columns(self) -> list[str]:
        """Columns of the table that it takes."""
        return [*self.where, *self.at_least, *self.bounded_by, self.column, *ends_of(self.column)]

    def narrowed(self, where: Mapping[Any, Any]) -> Self:
        """Return the comparison for rows that have these values, too."""
        return self.model_copy(update={"where": {**self.where, **where}})


class Finding(Section):
    """A question, the comparison that answers it, and a hand-written sentence for each outcome.

    A sentence has at most three slots: ``{on}`` stands for the data sets with this outcome, ``{value}`` for the
    estimate without its sign, and each name in ``cells`` for a number from a table. The column ``each`` is a slot too.
    """

    question: Text
    """Question in the reader's words."""
    decided_by: Comparison
    """Comparison whose intervals choose the sentences."""
    higher: Text
    """Sentence for an interval above no difference."""
    lower: Text
    """Sentence for an interval below no difference."""
    unclear: Text
    """Sentence for an interval that contains no difference, and for recipes of a data set that disagree."""
    mixed: str = ""
    """Sentence in front of the others where data sets differ, without slots."""
    cells: dict[Name, Comparison] = {}
    """Further numbers, by slot. One with ``at_least`` also leaves out every data set that it has no number of."""
    each: Name | None = None
    """Column of the tables whose every value has sentences of its own, the greatest first; left out: none."""

    @model_validator(mode="after")
    def _sentences_keep_the_rules(self) -> Finding:
        for name in (*OUTCOMES, "mixed"):
            sentence = getattr(self, name)
            own = [self.each] if self.each else []
            allowed = ["on", "value", *own, *self.cells] if name in OUTCOMES else []
            try:
                used = slots_of(sentence)
            except ValueError:
                used, allowed = ["{"], []
            broken = [f"has the unknown slot {{{slot}}}" for slot in used if slot not in allowed]
            broken += [f"has {len(used)} slots"] * (len(used) > MOST_SLOTS)
            broken += ["does not name its data, {on}"] * (name in OUTCOMES and "on" not in used)
            broken += [
                f"does not name its {{{column}}}"
                for column in own
                if name in OUTCOMES and column not in used
            ]
            broken += [f"has {reason}" for reason in excess(sentence)]
            if broken:
                problem = f"{name}: the sentence {broken[0]}"
                raise PydanticCustomError("finding", "{problem}", {"problem": problem})
        return self

    def at(self, value: Any) -> Self:
        """Return the finding at one value of the column ``each``, which its sentences name."""
        there = {self.each: value}
        words = {
            name: getattr(self, name).replace(f"{{{self.each}}}", f"{value}") for name in OUTCOMES
        }
        cells = {slot: cell.narrowed(there) for slot, cell in self.cells.items()}
        decided_by = self.decided_by.narrowed(there)
        return self.model_copy(update={**words, "decided_by": decided_by, "cells": cells})


def ends_of(column: str) -> tuple[str, str]:
    """Return the columns of the interval of an estimate: ``low`` and ``high``, or those that begin with its name."""
    return ("low", "high") if column in MEANS else (f"{column}_low", f"{column}_high")


def slots_of(sentence: str) -> list[str]:
    """Return the slots of a sentence with their formats, if any. Raises ValueError where a brace is not closed."""
    parts = string.Formatter().parse(sentence)
    return [
        slot + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, slot, form, conversion in parts
        if slot is not None
    ]


def excess(sentence: str, labels: Sequence[str] = ()) -> list[str]:
    """Return reasons why a sentence is too long, ``26 words``; numbers in ``labels`` of data sets do not count."""
    for label in labels:
        sentence = sentence.replace(label, "data")
    counts = {"words": len(sentence.split()), "numbers": len(NUMBER.findall(sentence))}
    most = {"words": MOST_WORDS, "numbers": MOST_NUMBERS}
    return [f"{count} {name}" for name, count in counts.items() if count > most[name]]
