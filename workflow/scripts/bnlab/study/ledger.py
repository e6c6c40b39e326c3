"""The ledger of claims: what was said, by whom, and the effect and rule that decide it.

``study.ledger_validation`` reads it, ``analysis.claims`` judges it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study import rooms
from bnlab.study.section import Count, Name, Section, Text

COMPARE = r"^[a-z][a-z0-9_.]*( [-/] [a-z][a-z0-9_.]*)?$"


def compared(text: str) -> list[str]:
    """The methods in `bn - base`, `bn / base` or `bn`."""
    return re.split(r" [-/] ", text)


class Source(Section):
    """A document that claims come from; `short` is what a column of a table calls it."""

    title: Text
    short: Text


class Paper(Section):
    """What the sources build on."""

    title: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]


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


class Measure(Section):
    """What is measured of a method: a quantity of an experiment, and where.

    `layer` is a hidden layer of the network, from 1; `where` says under which settings of the recipes, where an
    experiment compares these.
    """

    experiment: Name
    dataset: Name
    recipe: Name | None = None
    rate: Literal["best", "fastest"] | None = None
    batch: Count | None = None
    batches: Annotated[list[Count], Field(min_length=2)] | None = None
    quantity: Name
    statistics: Literal["moving", "population", "batch"] = "moving"
    epoch: Annotated[float, Field(gt=0)] | None = None
    level: Annotated[float | None, Field(gt=0, lt=1)] = None
    class_: Annotated[Count | None, Field(alias="class")] = None
    layer: Count | None = None
    where: dict[Name, int | float | str] = {}

    @model_validator(mode="after")
    def _settings_fit_the_quantity(self) -> Measure:
        declared = rooms.experiments().get(self.experiment)
        quantity = declared.quantities.get(self.quantity) if declared else None
        if declared is None or quantity is None:
            return self  # an unknown name is a problem of its own
        given = {
            "batches": self.batches,
            "batch": self.batch,
            "recipe": self.recipe or self.rate,
            "level": self.level,
            "class": self.class_,
            "layer": self.layer,
            **{name: self.where.get(name) for name in (*declared.by, *self.where)},
        }
        for name, value in given.items():
            needed = name in quantity.takes
            if needed != (value is not None):
                said = "is missing" if needed else "has no meaning"
                raise PydanticCustomError("effect", f"{name} {said} for {self.quantity}")
        if "epoch" in quantity.takes and self.epoch is None:
            raise PydanticCustomError("effect", f"epoch is missing for {self.quantity}")
        if self.recipe and self.rate:
            raise PydanticCustomError(
                "effect", "recipe has no meaning where each has a rate of its own"
            )
        if self.rate == "fastest" and self.level is None:
            raise PydanticCustomError("effect", "rate: fastest needs a level to be reached")
        if self.rate and declared.across not in ("rates", "settings"):
            raise PydanticCustomError(
                "effect", f"learning rates are not compared in {self.experiment}"
            )
        return self

    @property
    def key(self) -> str:
        """Eight hexadecimal digits that tell apart what measures or decides differently, or in another region."""
        said = self.model_dump(
            by_alias=True, exclude={"primary", "headline", "when"}, exclude_defaults=True
        )
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]


class Effect(Measure):
    """What a claim is tested by: an effect, measured in one region, and the rule that decides it.

    A `primary` one is the claim's own setting. `headline` is what it is called among the answers on the report's first
    screen; without one it does not stand there.
    """

    region: Text
    primary: bool = False
    headline: Text | None = None
    compare: Annotated[str, StringConstraints(pattern=COMPARE)]
    rule: Rule
    claimed: float | None = None

    @model_validator(mode="after")
    def _headline_compares(self) -> Effect:
        if self.headline and len(self.methods) == 1:
            raise PydanticCustomError("effect", "headline needs two methods to compare")
        return self

    @property
    def methods(self) -> list[str]:
        """The methods compared: one, or two with the reference last."""
        return compared(self.compare)

    @property
    def is_ratio(self) -> bool:
        """Whether the effect is a ratio; else it is a difference, or one method's value."""
        return "/" in self.compare


class Row(Measure):
    """A row of the scorecard: what an engineer asks of a method, and the quantity that answers it.

    It is that of each method, or with `against` its ratio to that of another one. Rows of one `when` are said together.
    """

    asks: Text
    when: Text | None = None
    against: Name | None = None


class Settled(Section):
    """A verdict that needs no training: algebra or a primary source gives it."""

    verdict: Literal["supported", "refuted", "partly"]
    by: Literal["algebra", "primary source"]
    correction: Text
    checked: Text | None = None


MOST_PRIMARY = 3


class Claim(Section):
    """One published claim with its tests, its settled verdict, or why it is not tested.

    `needs: all` is said of a claim that one counterexample refutes ("best of all"), `needs: one` of a claim that one
    example supports ("it can"); `unjudged` names the part of a claim that no test is about, which stays an open region.
    The tests of a claim that is settled are analogues in small: they are shown beside its verdict and decide nothing.
    """

    id: Count
    source: Name
    place: Text
    topic: Text
    claim: Text
    claimed: Text | None = None
    needs: Literal["all", "one"] | None = None
    unjudged: Text | None = None
    tests: list[Effect] = []
    settled: Settled | None = None
    untested: Text | None = None

    @model_validator(mode="after")
    def _one_way_to_a_verdict(self) -> Claim:
        tested, settled = bool(self.tests), self.settled is not None
        if sum([tested and not settled, settled, self.untested is not None]) != 1:
            raise PydanticCustomError("claim", "must have exactly one of tests, settled, untested")
        primary = sum(test.primary for test in self.tests)
        if settled and primary:
            raise PydanticCustomError(
                "claim", "is settled, so its tests decide nothing and none can be primary"
            )
        if tested and not settled and not 1 <= primary <= MOST_PRIMARY:
            raise PydanticCustomError(
                "claim",
                f"must have one to {MOST_PRIMARY} tests with primary: true, and has {primary}",
            )
        return self


class Ledger(Section):
    """All claims, where they come from, the literature behind them, what they call the datasets, and the scorecard.

    `findings` are the experiments whose first answers, in this order, are the answer to the title's question.
    """

    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    literature: list[Paper] = []
    datasets: dict[Name, Text] = {}
    findings: list[Name] = []
    claims: Annotated[list[Claim], Field(min_length=1)]
    scorecard: list[Row] = []
