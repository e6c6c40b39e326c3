"""Schema of a page's first screen and of the claims by well-known papers, which a ledger declares.

Neither decides a verdict: both print what tables and tests of the same study say.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.finding import Finding, slots_of
from bnlab.study.section import TEST, Name, Section, Text, Web


class Thoughts(Section):
    """Thought of a statement in a few words, one for each outcome over all of its data sets."""

    higher: Text
    """For intervals that all lie above no difference by more than the margin."""
    lower: Text
    """For intervals that all lie below no difference by more than the margin."""
    alike: Text | None = None
    """For intervals that all lie within the margin; left out: as `unclear`."""
    unclear: Text
    """For all else, such as data sets that differ."""


class Statement(Finding):
    """A finding of the first screen: a thought, and the sentences of its outcomes with their numbers.

    The numbers are those of the first data set with an outcome. `also` names the others with the same one.
    """

    each: None = None
    """Nothing, as a statement is one thought."""
    experiment: Name
    """Experiment whose tables decide it."""
    thoughts: Thoughts
    """Thought in front of the sentences."""
    margin: Annotated[float, Field(ge=0)] = 0.0
    """Least difference that a thought speaks of, in the printed unit; default 0."""
    also: dict[Literal["higher", "lower", "unclear"], Text] = {}
    """Sentence of each outcome that names further data sets with it, `{on}`; left out: they are not named."""
    instead: Statement | None = None
    """Statement for a study that has no numbers of this one; left out: none."""

    @model_validator(mode="after")
    def _margin_fits_its_thoughts(self) -> Statement:
        if bool(self.margin) != bool(self.thoughts.alike):
            raise PydanticCustomError(
                "statement", "has both a margin and the thought alike, or none of them"
            )
        return self

    @model_validator(mode="after")
    def _further_data_are_named(self) -> Statement:
        for text in self.also.values():
            try:
                used = slots_of(text)
            except ValueError:
                used = []
            if used != ["on"]:
                raise PydanticCustomError("statement", "a sentence of also has the one slot {on}")
        return self


class Curves(Section):
    """Rows of a published table that the picture draws."""

    experiment: Name
    """Experiment that publishes the table."""
    table: Name
    """Figure or table of the experiment."""
    where: dict[Name, int | float | str | bool] = {}
    """Value that each of these columns has in the rows."""


DRAWN = ("mean", "low", "high", "n")
"""Columns of a curve, beside that of its axis."""
IN_PICTURE = {
    "rates": (*DRAWN, "learning_rate"),
    "ranges": ("mean", "lowest", "highest", "reaches_lowest", "reaches_highest"),
    "batches": (*DRAWN, "learning_rate", "batch", "split"),
}
"""Columns that each part of the picture draws."""


class Picture(Section):
    """The picture of the first screen: accuracy by learning rate, good rates, and accuracy by batch size."""

    methods: Annotated[list[Name], Field(min_length=1)]
    """Methods in the picture, in the order of their labels."""
    rates: Curves
    """Accuracy at each learning rate."""
    ranges: Curves
    """Lowest and highest good learning rate of each method."""
    batches: Curves
    """Accuracy at each batch size; of several recipes the one with the best validation accuracy counts."""


class Predicted(Section):
    """A number that theory gives, and the test of the ledger that measures it."""

    words: Text
    """The number in words, with the network; `{on}` is the data."""
    test: Annotated[str, StringConstraints(pattern=TEST)]
    """Test of the ledger, as `1/1`, with this number under `claimed`."""


class Front(Section):
    """First screen of the page."""

    statements: list[Statement] = []
    """Statements that a person would make, the fair comparison first, each with its numbers; default none."""
    picture: Picture | None = None
    """Picture beside the statements; left out: none."""
    predictions: list[Predicted] = []
    """Numbers of theory beside what was measured, a line each; default none."""

    @property
    def experiments(self) -> set[str]:
        """Experiments that the statements are about, and those that stand in for them."""
        statements = [one for each in self.statements for one in (each, each.instead) if one]
        return {statement.experiment for statement in statements}


class Part(Section):
    """Tests of one setting, or of one measure."""

    words: str = ""
    """Setting in words that follow the data of its tests, such as `at rate 0.1`; left out: the data alone."""
    of: str = ""
    """Measure in words before these data, such as `for gradients`, printed once for all parts of one verdict that
    name it; left out: none."""
    tests: Annotated[list[Annotated[str, StringConstraints(pattern=TEST)]], Field(min_length=1)]
    """Tests of the ledger, as `49/1`, the first of claim 49."""
    opposite: bool = False
    """true: these tests state the opposite, so that their verdicts are turned; default false."""


class PaperClaim(Section):
    """A claim by a well-known paper, and the tests of the ledger that bear on it."""

    by: Text
    """Authors and year."""
    url: Web
    """Address of the paper, beginning with https://."""
    place: Text | None = None
    """Section or page that makes the claim; left out: not looked up."""
    claim: Text
    """The claim in our words, one sentence."""
    parts: Annotated[list[Part], Field(min_length=1)]
    """Groups of tests, which the page names where the claim holds, fails or is open."""

    @property
    def tests(self) -> list[str]:
        """Tests of all parts, each once."""
        return list(dict.fromkeys(test for part in self.parts for test in part.tests))
