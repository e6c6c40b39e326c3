"""The ledger of claims: what was said, by whom, and the effect and rule that decide it.

``bnlab.validation`` reads it, ``bnlab.claims`` judges it.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bnlab.config import Count, ExperimentName, Name, Section, Text

COMPARE = r"^[a-z][a-z0-9_.]*( [-/] [a-z][a-z0-9_.]*)?$"

Quantity = Literal[
    "train_accuracy",
    "test_accuracy",
    "validation_accuracy",
    "train_loss",
    "test_loss",
    "validation_loss",
    "mean_train_accuracy",
    "mean_test_accuracy",
    "accuracy_gap",
    "steps_to_train",
    "steps_to_test",
    "activation_drift",
    "weight_drift",
    "macro_auc",
    "auc_range",
    "class_auc",
    "class_auc_rank",
    "seconds_per_1000_steps",
    "accuracy_slope",
    "absolute_slope",
    "accuracy_range",
    "rate_range",
]
OVER_BATCHES = ("accuracy_slope", "absolute_slope", "accuracy_range")
"""Quantities that summarize several batch sizes."""
OVER_RATES = ("rate_range",)
"""Quantities that summarize all learning rates."""
OF_LEARNING_CURVES = (
    "activation_drift",
    "weight_drift",
    "macro_auc",
    "auc_range",
    "class_auc",
    "class_auc_rank",
    "seconds_per_1000_steps",
)
"""Quantities that only the experiment `learning_curves` measures."""
OF_A_CLASS = ("class_auc", "class_auc_rank")
OF_A_LEVEL = ("steps_to_train", "steps_to_test")
LEVELS = (0.8, 0.9, 0.95)
"""Accuracies whose first step a run records."""


def compared(text: str) -> list[str]:
    """The methods in `bn - base`, `bn / base` or `bn`."""
    return re.split(r" [-/] ", text)


class Source(Section):
    """A document that claims come from."""

    title: Text


class Rule(Section):
    """What the interval of an effect must do: lie above, below, or within a margin."""

    above: float | None = None
    below: float | None = None
    within: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Rule:
        given = [rule for rule in (self.above, self.below, self.within) if rule is not None]
        if len(given) != 1:
            raise PydanticCustomError("rule", "must name exactly one of above, below, within")
        if self.within is not None and self.within[0] >= self.within[1]:
            raise PydanticCustomError("rule", "within needs a lower number and then a higher one")
        return self

    @property
    def low(self) -> float:
        """What the effect must exceed, −∞ where the rule is open below."""
        if self.within is not None:
            return self.within[0]
        return float("-inf") if self.above is None else self.above

    @property
    def high(self) -> float:
        """What the effect must stay under, ∞ where the rule is open above."""
        if self.within is not None:
            return self.within[1]
        return float("inf") if self.below is None else self.below


class Effect(Section):
    """What a claim is tested by: an effect, measured in one region, and the rule that decides it."""

    region: Text
    experiment: ExperimentName
    dataset: Name
    recipe: Name | None = None
    rate: Literal["best"] | None = None
    batch: Count | None = None
    batches: Annotated[list[Count], Field(min_length=2)] | None = None
    quantity: Quantity
    compare: Annotated[str, StringConstraints(pattern=COMPARE)]
    statistics: Literal["moving", "population", "batch"] = "moving"
    epoch: Annotated[float, Field(gt=0)] | None = None
    level: float | None = None
    class_: Annotated[Count | None, Field(alias="class")] = None
    rule: Rule
    claimed: float | None = None

    @model_validator(mode="after")
    def _settings_fit_the_quantity(self) -> Effect:
        wanted = {
            "batches": self.quantity in OVER_BATCHES,
            "batch": self.quantity not in OVER_BATCHES,
            "recipe": self.quantity not in OVER_RATES and self.rate is None,
            "level": self.quantity in OF_A_LEVEL,
            "class": self.quantity in OF_A_CLASS,
        }
        given = {
            "batches": self.batches,
            "batch": self.batch,
            "recipe": self.recipe,
            "level": self.level,
            "class": self.class_,
        }
        for name, needed in wanted.items():
            if needed != (given[name] is not None):
                said = "is missing" if needed else "has no meaning"
                raise PydanticCustomError("effect", f"{name} {said} for {self.quantity}")
        if self.level not in (None, *LEVELS):
            raise PydanticCustomError("effect", f"level must be one of {LEVELS}")
        if self.quantity in OF_LEARNING_CURVES and self.experiment != "learning_curves":
            raise PydanticCustomError(
                "effect", f"{self.quantity} is measured in learning_curves alone"
            )
        if self.experiment != "learning_rate" and (self.rate or self.quantity in OVER_RATES):
            raise PydanticCustomError(
                "effect", "learning rates are compared in learning_rate alone"
            )
        return self

    @property
    def methods(self) -> list[str]:
        """The methods compared: one, or two with the reference last."""
        return compared(self.compare)

    @property
    def is_ratio(self) -> bool:
        """Whether the effect is a ratio; else it is a difference, or one method's value."""
        return "/" in self.compare


class Settled(Section):
    """A verdict that needs no training: algebra or a primary source gives it."""

    verdict: Literal["supported", "refuted", "partly"]
    by: Literal["algebra", "primary source"]
    correction: Text
    checked: Text | None = None


class Claim(Section):
    """One published claim with its tests, its settled verdict, or why it is not tested."""

    id: Count
    source: Name
    place: Text
    topic: Text
    claim: Text
    claimed: Text | None = None
    tests: list[Effect] = []
    settled: Settled | None = None
    untested: Text | None = None

    @model_validator(mode="after")
    def _one_way_to_a_verdict(self) -> Claim:
        ways = [bool(self.tests), self.settled is not None, self.untested is not None]
        if sum(ways) != 1:
            raise PydanticCustomError("claim", "must have exactly one of tests, settled, untested")
        return self


class Ledger(Section):
    """All claims and where they come from."""

    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    claims: Annotated[list[Claim], Field(min_length=1)]
