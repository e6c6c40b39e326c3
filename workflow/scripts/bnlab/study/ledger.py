"""Schema of the ledger of claims: sources, claims, and the effects and rules that decide them.

``study.ledger_validation`` reads a ledger, ``analysis.claims`` judges its claims.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.experiments import experiments
from bnlab.study.front import Front, PaperClaim
from bnlab.study.origins import Fixed, Paper, Source
from bnlab.study.section import COMPARE, NUMBER, Count, Name, Section, Text

NO_MEASURE = {
    *("primary", "headline", "region", "rule", "margin"),
    *("claimed", "asks", "when", "because", "under", "ranks"),
}
"""Fields that change neither the value of a measure nor its place."""
_AS_IT_DECIDES: dict[str, Any] = {
    "by_alias": True,
    "exclude": NO_MEASURE - {"primary", "rule"},
    "exclude_defaults": True,
}

Number = Annotated[float, Field(allow_inf_nan=False)]
Phase = Literal["plateau", "learning", "end", "equal_loss"]
SLOTS = ("on", "best", "worst", "gap")


def methods_in(text: str) -> list[str]:
    """Return the methods in `bn - base`, `bn / base` or `bn`."""
    return re.split(r" [-/] ", text)


def slots(sentence: str) -> list[str]:
    """Return the names in braces: `on` and `methods` of `On {on}, {methods} …`."""
    return re.findall(r"{(.*?)}", sentence)


class Rule(Section):
    """Condition on the interval of an effect: above a number, below one, or within two; exactly one of them."""

    above: Number | None = None
    """The whole interval lies above this number."""
    below: Number | None = None
    """The whole interval lies below this number."""
    within: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None
    """The whole interval lies between these two numbers, the lower one first."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Rule:
        bounds = [rule for rule in (self.above, self.below, self.within) if rule is not None]
        if len(bounds) != 1:
            raise PydanticCustomError("rule", "must name exactly one of above, below, within")
        if self.within is not None and self.within[0] >= self.within[1]:
            raise PydanticCustomError("rule", "within needs a lower number and then a higher one")
        return self

    @property
    def low(self) -> float:
        """Lower bound of the effect, −∞ where there is none."""
        if self.within is not None:
            return self.within[0]
        return float("-inf") if self.above is None else self.above

    @property
    def high(self) -> float:
        """Upper bound of the effect, ∞ where there is none."""
        if self.within is not None:
            return self.within[1]
        return float("inf") if self.below is None else self.below


class Measure(Section):
    """A quantity of an experiment, measured for a method under these settings."""

    experiment: Name
    """Name of the experiment."""
    dataset: Name
    """Name of the data set."""
    recipe: Name | None = None
    """Name of the recipe, where the quantity is of one recipe."""
    rate: Literal["best", "fastest"] | None = None
    """Learning rate at which each method is measured: best has the highest validation accuracy at the end, fastest
    reaches `level` first. In place of recipe."""
    batch: Count | None = None
    """Batch size in rows, where the quantity is of one."""
    batches: Annotated[list[Count], Field(min_length=2)] | None = None
    """Batch sizes in rows, where the quantity is of several."""
    quantity: Name
    """Name of a quantity of the experiment."""
    statistics: Literal["moving", "population", "batch"] = "moving"
    """Statistics at inference: moving averages, those of all training rows, or those of the batch;
    default moving."""
    epoch: Annotated[float, Field(gt=0)] | None = None
    """Measure at the last evaluation up to this epoch; left out: at the end of training."""
    level: Annotated[float | None, Field(gt=0, lt=1)] = None
    """Level to reach, such as an accuracy of 0.9, where the quantity needs one."""
    class_: Annotated[Count | None, Field(alias="class")] = None
    """Number of a class, from 1, where the quantity is of one class."""
    layer: Count | None = None
    """Number of a hidden layer, from 1, where the quantity is of one layer."""
    phase: Phase | None = None
    """Phase of training, where the quantity is of one: plateau, learning, end (the last quarter) or equal_loss."""
    where: dict[Name, int | float | str] = {}
    """Values of settings by which the experiment compares its recipes, such as `{activation: relu}`."""

    @model_validator(mode="after")
    def _settings_fit_the_quantity(self) -> Measure:
        declaration = experiments().get(self.experiment)
        quantity = declaration.quantities.get(self.quantity) if declaration else None
        if declaration is None or quantity is None:
            return self  # an unknown name is a problem of its own
        if self.phase and self.epoch is not None:
            raise PydanticCustomError("effect", "epoch has no meaning beside phase")
        settings = {
            **{name: self.where.get(name) for name in (*declaration.by, *self.where)},
            "batches": self.batches,
            "batch": self.batch,
            "recipe": self.recipe or self.rate,
            "level": self.level,
            "class": self.class_,
            "layer": self.layer,
            "phase": self.phase,
        }
        for name in set(self.where) - set(declaration.by):
            raise PydanticCustomError(
                "effect", f"where has {name}, by which recipes are not compared"
            )
        for name, value in settings.items():
            needed = name in quantity.takes
            if needed != (value is not None):
                problem = "is missing" if needed else "has no meaning"
                raise PydanticCustomError("effect", f"{name} {problem} for {self.quantity}")
        if "epoch" in quantity.takes and self.epoch is None:
            raise PydanticCustomError("effect", f"epoch is missing for {self.quantity}")
        if self.recipe and self.rate:
            raise PydanticCustomError(
                "effect", "recipe has no meaning where each has a rate of its own"
            )
        if self.rate == "fastest" and self.level is None:
            raise PydanticCustomError("effect", "rate: fastest needs a level to be reached")
        if self.rate and declaration.across not in ("rates", "settings"):
            raise PydanticCustomError(
                "effect", f"learning rates are not compared in {self.experiment}"
            )
        return self

    @property
    def key(self) -> str:
        """Eight hexadecimal digits, equal for equal measures, whatever rule decides them."""
        settings = self.model_dump(by_alias=True, exclude=NO_MEASURE, exclude_defaults=True)
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the quantity, without the methods that it is measured for."""
        methods = {"compare", "against", "reference"}
        return self.model_dump(exclude=NO_MEASURE | methods, exclude_defaults=True)


class Effect(Measure):
    """A test of a claim: an effect measured in one region, and the rule that decides it."""

    region: Text
    """Conditions of the test in words, as printed."""
    primary: bool = False
    """true: the claim's own setting, which decides; default false: it bounds the region."""
    headline: Text | None = None
    """Name on the first screen of the report; left out: it does not stand there."""
    compare: Annotated[str, StringConstraints(pattern=COMPARE)]
    """`bn - base` for a difference, `bn / base` for a ratio, `bn` for the value itself."""
    rule: Rule
    """Condition on the interval of the effect."""
    claimed: float | None = None
    """Number that the source states for this effect; left out: none."""

    @model_validator(mode="after")
    def _a_share_stands_alone(self) -> Effect:
        declaration = experiments().get(self.experiment)
        quantity = declaration.quantities.get(self.quantity) if declaration else None
        if quantity and quantity.is_share and len(self.methods) > 1:
            raise PydanticCustomError(
                "effect", "compare must name one method: the exact test is of one share"
            )
        bound = self.rule.below if self.rule.above is None else self.rule.above
        if quantity and quantity.is_share and bound is not None and not 0 < bound < 1:
            raise PydanticCustomError(
                "effect", "rule of a share needs a number between 0 and 1, such as 0.5 for 50 %"
            )
        return self

    @model_validator(mode="after")
    def _two_methods_differ(self) -> Effect:
        if len(set(self.methods)) < len(self.methods):
            raise PydanticCustomError("effect", "compare needs two different methods")
        return self

    @model_validator(mode="after")
    def _headline_compares(self) -> Effect:
        if self.headline and len(self.methods) == 1:
            raise PydanticCustomError("effect", "headline needs two methods to compare")
        return self

    @property
    def methods(self) -> list[str]:
        """One method, or two with the reference last."""
        return methods_in(self.compare)

    @property
    def is_ratio(self) -> bool:
        """True for a ratio, False for a difference or the value of one method."""
        return "/" in self.compare


class Row(Measure):
    """A row of the scorecard: a question about a method, and the quantity that answers it.

    A method with which others are compared (`against` or `reference`) is not ranked among them. Rows with the same
    `when` are one row of the first screen's table. It recommends the methods that no other one clearly beats in any of
    them, or that are within its `margin` of the best. Slots of `because` are the data (`{on}`), the best and the worst
    value, the gap between these, and the value of any method by its name (`{base}`).
    """

    asks: Text
    """Question of the row, in words."""
    when: Text | None = None
    """Case of the first screen's table, after "If"; left out: the row is in the long table alone."""
    because: Text | None = None
    """Reason in the first screen's table, with slots; words before the first slot are printed once. Needed with
    `when`."""
    under: Text = "Other questions"
    """Heading of the row on the page of the scorecard; default: Other questions."""
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    """Distance to the best value, in the unit of print, within which a method is recommended too; default 0."""
    ranks: bool = True
    """false: that page ranks nobody in the row, as where no method has its own learning rate; default true."""
    against: Name | None = None
    """Method to divide by; left out: the row has the value itself."""
    reference: Name | None = None
    """Method with which the quantity itself compares; left out: none."""

    @model_validator(mode="after")
    def _case_has_its_reason(self) -> Row:
        if bool(self.when) != bool(self.because):
            raise PydanticCustomError("row", "needs both when and because, or none of them")
        if self.against and self.reference:
            raise PydanticCustomError("row", "has either against or reference, not both")
        return self

    @property
    def compared_with(self) -> str | None:
        """Method that all others are compared with, None without one."""
        return self.against or self.reference


class Settled(Section):
    """A verdict by algebra or a primary source, without training."""

    verdict: Literal["supported", "refuted", "mixed"]
    """The verdict; mixed: one part is right and another wrong."""
    by: Literal["algebra", "primary source"]
    """Its ground."""
    correction: Text
    """The right statement, and its reason."""
    checked: Text | None = None
    """Unit test that holds the program to it, as `file.py::test`; left out: none."""


MOST_PRIMARY = 3


class Claim(Section):
    """A published claim with exactly one ground: its tests, a settled verdict, or the reason for no test."""

    id: Annotated[
        str,
        BeforeValidator(lambda value: str(value) if type(value) is int else value),
        StringConstraints(pattern=NUMBER),
        WithJsonSchema(
            {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": NUMBER}]}
        ),
    ]
    """Number of the claim; halves of a compound sentence have a letter, `5a` and `5b`."""
    source: Name
    """Key of the document that makes the claim."""
    place: Text
    """Section or page of the document."""
    topic: Text
    """Topic; the tests of one topic share a Holm correction."""
    claim: Text
    """The claim, in our words."""
    claimed: Text | None = None
    """Numbers of the claim as the source gives them; left out: none."""
    needs: Literal["all", "one"] | None = None
    """`all`: one counterexample in its own setting refutes it; `one`: one example anywhere supports it. Left out:
    mixed, where primary tests disagree."""
    observation: bool = False
    """true: an observation without stated settings; where tests would refute it, it is not reproduced. Default
    false."""
    unjudged: Text | None = None
    """Part of the claim that no test is about; left out: none."""
    second: Text | None = None
    """Sentence on a second computation by code that shares nothing with the laboratory; left out: none."""
    tests: list[Effect] = []
    """Effects that decide the claim; beside `settled` they are analogues in small and decide nothing."""
    settled: Settled | None = None
    """Verdict without training; left out: tests decide."""
    untested: Text | None = None
    """Reason for having no test."""

    @model_validator(mode="after")
    def _one_way_to_a_verdict(self) -> Claim:
        tested, settled = bool(self.tests), self.settled is not None
        if sum([tested and not settled, settled, self.untested is not None]) != 1:
            raise PydanticCustomError("claim", "must have exactly one of tests, settled, untested")
        if (settled or not tested) and (self.needs or self.observation):
            raise PydanticCustomError(
                "claim", "has no tests that decide, so needs and observation have no meaning"
            )
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
    """Claims with their sources, and the questions of the scorecard."""

    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    """Documents that make the claims, by key."""
    literature: list[Paper] = []
    """Papers that the documents build on; default none."""
    datasets: dict[Name, Text] = {}
    """Names that the documents give to data sets, by the data set's key."""
    scope: Text | None = None
    """Line above the findings that names the networks which they are about; left out: none."""
    findings: list[Name] = []
    """Experiments whose first finding answers the title's question, in this order; default none."""
    topics: list[Text] = []
    """Topics that claims may have, so that none is misspelt; left out: any."""
    claims: Annotated[list[Claim], Field(min_length=1)]
    """The claims."""
    fixed: Fixed | None = None
    """Day on which the tests were fixed; left out: the page does not say it."""
    documents: Text | None = None
    """Topic of claims about what documents and files say, which the page lists apart; left out: none."""
    scorecard: list[Row] = []
    """Questions of the scorecard; default none."""
    front: Front = Front()
    """First screen of the page; left out: the table of the scorecard alone."""
    papers: list[PaperClaim] = []
    """Claims by well-known papers, by year, and the tests that bear on them; default none."""

    @property
    def same(self) -> dict[str, list[str]]:
        """Tests of the same measure as each question of the scorecard, such as `6/3`, by the question's key."""
        tests = [(f"{c.id}/{i}", test) for c in self.claims for i, test in enumerate(c.tests, 1)]
        return {
            row.key: [name for name, test in tests if test.settings == row.settings]
            for row in self.scorecard
        }

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides verdicts, in hexadecimal digits: tests and their families, but no words."""
        decides = [
            claim.model_dump(include={"id", "topic", "needs", "observation"})
            | {"tests": [test.model_dump(**_AS_IT_DECIDES) for test in claim.tests]}
            for claim in self.claims
            if claim.tests
        ]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
