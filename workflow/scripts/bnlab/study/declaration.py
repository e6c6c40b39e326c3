"""Declaration of an experiment, as ``experiment.yaml`` in its folder states it.

Rules, config, ledger, verdicts and page read declarations and know no experiment by name. Two modules stand beside it.
``analysis.py`` ends in ``TABLES``, a function for every figure and table, and ``QUANTITIES``, one for every quantity of
the experiment's own. ``page.py`` ends in ``FIGURES``, a function for every figure, and ``GRIDS``, one for every table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.finding import Finding, ends_of, slots_of
from bnlab.study.messages import unknown
from bnlab.study.names import EFFECT_COLUMNS, LEADING_COLUMNS, Scale
from bnlab.study.section import NAME, Count, Name, Section, Text, unique
from bnlab.study.styles import Style

EFFECTS = "effects"


class RunSet(NamedTuple):
    """Methods and batch sizes of the runs in one figure or table, of one data set (and recipe).

    ``averaging`` are the methods that keep averages for inference.
    """

    methods: frozenset[str]
    batches: frozenset[int]
    averaging: frozenset[str]


class Condition(Section):
    """Condition for a figure or table; all of its parts must hold."""

    trains: list[Name] = []
    """Methods that must all be run."""
    compares_with: list[Name] = []
    """Methods of which at least one must be run, beside another method."""
    batch_sizes: Count = 1
    """Least number of batch sizes that are run."""
    keeps_averages: bool = False
    """True where some method must keep averages for inference."""
    some_recipes: bool = False
    """True where it is made of the recipes that record what it reads, though others of the experiment do not."""

    def holds(self, runs: RunSet) -> bool:
        """Return true where these runs meet the condition."""
        compared = len(runs.methods) > 1 and bool(runs.methods & set(self.compares_with))
        return (
            runs.methods >= set(self.trains)
            and (compared or not self.compares_with)
            and len(runs.batches) >= self.batch_sizes
            and (bool(runs.averaging) or not self.keeps_averages)
        )


class Table(Section):
    """A published table, written where ``when`` holds and the recipes record what it reads."""

    title: Text
    """Heading of the table or figure; it names the data and not the result."""
    caption: Text
    """Text below it; a blank line separates paragraphs."""
    columns: list[Name] = []
    """Columns after those that all tables have, which sentences and charts may name; empty: checked once it is
    written."""
    shows: list[Name] = []
    """Quantities that it shows; claims and scores about them lead to it."""
    reads: Annotated[list[Name], Field(min_length=1)] = ["metrics"]
    """Tidy sources that its function takes, in this order."""
    when: Condition = Condition()
    """Condition on the runs, without which the table is left out."""


class Figure(Table):
    """A figure, drawn from the table of its own name."""

    in_summary: bool = False
    """True for a figure that is published as a file, for the README and the gallery."""
    interactive: bool = False
    """True for a surface that a reader of the page can turn: columns method_label, statistics, a, b and loss."""


class Quantity(Section):
    """One number a replicate, which claims compare: the function of its name in ``QUANTITIES``."""

    label: Text
    """Name in print; may have {level}, {class_}, {epoch}, {layer} and the settings in ``where``."""
    unit: str = ""
    """Unit of differences between methods in print, and of its values; "points" are hundredths, values then percent."""
    is_difference: bool = False
    """True for a difference of two values, such as training minus test accuracy: its own value is in points, too."""
    scale: Scale = "linear"
    """Scale of the interval of its mean: linear for all numbers, log for positive ones, logit from 0 to 1, atanh from
    −1 to 1."""
    reads: list[Name] = ["metrics"]
    """Tidy sources that it is computed from."""
    takes: list[Name] = ["recipe", "batch"]
    """Settings that a test of a claim must give; those of recipes stand under ``where``."""
    tuned: bool = False
    """True for accuracies and steps, which a better rate improves. Where the best rate is the last tried, all else is
    unknown."""
    is_share: bool = False
    """True for a value of 0 or 1 whose mean is the share of replicates; claims judge it by an exact binomial test."""
    of_failures: bool = False
    """True for one that says something of networks that learn nothing, too, such as a time. A share does so anyway."""
    among: list[Name] = []
    """Settings under ``where`` whose rows it takes at every value, to compare one value with another."""
    better: Literal["high", "low"] = "high"
    """Side on which a method is better. It says what is still possible where its best rate is the last one tried."""

    @property
    def is_of_predictions(self) -> bool:
        """True for a quantity of how well a network predicts; others measure something within it."""
        return {*self.reads} <= {"metrics", *OF_PREDICTIONS}

    @property
    def unit_of_values(self) -> str:
        """Unit of a method's own value, which is percent where differences between methods are in points."""
        return "%" if self.unit == "points" and not self.is_difference else self.unit


COUNTS = ("n", "diverged", "replicates")
"""Columns of every table of the Compare chart."""


class Question(Section):
    """A question of the Compare chart: rows of a published table, a line a method, or a point each without ``x``.

    Rows that differ in recipe, or in batch size if it is not ``x``, are settings among which a reader chooses.
    """

    label: Text
    """Name in the list of questions. Experiments that declare the same question have one entry."""
    table: Name
    """Figure or table of the experiment, with the columns n, diverged and replicates."""
    where: dict[Name, int | float | str | bool] = {}
    """Value that each of these columns has in the rows."""
    setting: str = ""
    """Name of a setting in print. Columns of the table are its slots, and their values further settings."""
    x: Name | None = None
    """Column of the horizontal axis; null for a table with one number a method."""
    x_label: str = ""
    """Label of this axis."""
    x_scale: Literal["log", "linear"] = "log"
    """Scale of this axis; places at zero are left out of a logarithmic one."""
    y: Name = "mean"
    """Column of the numbers. Their intervals are in ``<y>_low`` and ``<y>_high``, those of "mean" in low and high."""
    y_label: Text
    """Label of the numbers and their axis, with the unit in brackets."""
    factor: Annotated[float, Field(gt=0)] = 1.0
    """Printed unit over the unit of the table, 100 for percent."""
    y_range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Least and greatest possible number in print. It is the range of the axis, and no interval leaves it."""
    at_least: list[Name] = []
    """Columns that count replicates whose number is a lower bound."""
    note: Text
    """Sentence that says how to take the numbers, such as one rate for all methods."""

    @property
    def slots(self) -> list[str]:
        """Columns in ``setting``."""
        return slots_of(self.setting)

    @property
    def columns(self) -> list[str]:
        """Columns of the table that it takes."""
        x = [self.x] if self.x else []
        return [*self.where, *self.slots, *x, self.y, *ends_of(self.y), *self.at_least, *COUNTS]

    @model_validator(mode="after")
    def _axis_and_slots_are_complete(self) -> Question:
        if self.x and not self.x_label:
            raise PydanticCustomError("axis", "x has no x_label")
        if self.y_range and self.y_range[0] >= self.y_range[1]:
            raise PydanticCustomError("range", "y_range needs a lower number and then a higher one")
        try:
            slots = self.slots
        except ValueError:
            raise PydanticCustomError("setting", "setting has an open brace") from None
        if not all(re.fullmatch(NAME, slot) for slot in slots):
            raise PydanticCustomError("setting", "setting has a slot that is no name of a column")
        return self


TO_LEVEL: Any = {"takes": ["recipe", "batch", "level"], "scale": "log", "better": "low"}

COMMON: dict[str, Quantity] = {
    "train_accuracy": Quantity(label="training accuracy", unit="points", scale="logit", tuned=True),
    "test_accuracy": Quantity(label="test accuracy", unit="points", scale="logit", tuned=True),
    "validation_accuracy": Quantity(
        label="validation accuracy", unit="points", scale="logit", tuned=True
    ),
    "train_loss": Quantity(label="training loss", scale="log", better="low"),
    "test_loss": Quantity(label="test loss", scale="log", better="low"),
    "validation_loss": Quantity(label="validation loss", scale="log", better="low"),
    "mean_train_accuracy": Quantity(
        label="training accuracy averaged over training", unit="points", scale="logit", tuned=True
    ),
    "mean_test_accuracy": Quantity(
        label="test accuracy averaged over training", unit="points", scale="logit", tuned=True
    ),
    "accuracy_gap": Quantity(
        label="training minus test accuracy", unit="points", is_difference=True
    ),
    "lost_test_accuracy": Quantity(
        label="test accuracy at epoch {epoch} minus that at the end",
        unit="points",
        is_difference=True,
        takes=["recipe", "batch", "epoch"],
    ),
    "steps_to_train": Quantity(
        label="steps to {level} training accuracy", unit="steps", tuned=True, **TO_LEVEL
    ),
    "steps_to_test": Quantity(
        label="steps to {level} test accuracy", unit="steps", tuned=True, **TO_LEVEL
    ),
    "epochs_to_train": Quantity(
        label="epochs to {level} training accuracy", unit="epochs", tuned=True, **TO_LEVEL
    ),
    "epoch_with_train": Quantity(
        label="number of the first epoch whose mean training accuracy is {level}", **TO_LEVEL
    ),
}
"""Quantities of every experiment, computed in ``analysis/quantities.py``."""


class Experiment(Section):
    """Declaration of one experiment."""

    title: Text
    """Heading of its section."""
    question: Text
    """Question that it answers, in a sentence."""
    across: Literal["recipes", "rates", "settings"] | None = None
    """Scope of a figure: null for one recipe each, recipes, their rates, or rates and the settings ``by``."""
    by: list[Name] = []
    """Recipe settings that tidy tables have as columns and tests of claims name (``Study.comparison_settings``)."""
    times: list[Name] = []
    """Methods whose steps are timed in turn wherever all of them are run: the source ``timing``."""
    figures: Annotated[dict[Name, Figure], Field(min_length=1)]
    """Figures by name, in the order of the page."""
    tables: dict[Name, Table]
    """Result tables by name, in the order of the page."""
    quantities: Annotated[
        dict[Name, Quantity], AfterValidator(lambda own: COMMON | own), Field(validate_default=True)
    ] = {}
    """Quantities that claims may compare here, beside those of every experiment."""
    methods: dict[Name, dict[str, Any]] = {}
    """Methods that the experiment defines, as a config does; a file is one of its own folder."""
    styles: dict[Name, Style] = {}
    """Colours, markers and dashes of these methods in figures; others have those of the page."""
    compare: dict[Name, Question] = {}
    """Questions of the Compare chart on the front page, by their name in its address."""
    findings: list[Finding] = []
    """Sentences for the summary, the most important first."""

    @model_validator(mode="after")
    def _parts_have_their_tables(self) -> Experiment:
        of_findings = [each for f in self.findings for each in (f.decided_by, *f.cells.values())]
        for part, known, used in (
            ("findings", [*self.kinds, EFFECTS], of_findings),
            ("compare", self.kinds, self.compare.values()),
        ):
            for table in (each.table for each in used):
                if table not in known:
                    problem = unknown("table", table, known, f" in {part}")
                    raise PydanticCustomError("table", "{problem}", {"problem": problem})
        return self

    @model_validator(mode="after")
    def _tables_have_their_columns(self) -> Experiment:
        of_findings = [
            (each.table, [*each.columns, *([f.each] if f.each else [])])
            for f in self.findings
            for each in (f.decided_by, *f.cells.values())
        ]
        of_compare = [(each.table, each.columns) for each in self.compare.values()]
        for part, used in (("findings", of_findings), ("compare", of_compare)):
            for table, columns in used:
                if lacking := self.lacking(table, columns):
                    known, where = self.columns(table), f" of {table} in {part}"
                    problem = unknown("column", lacking[0], known, where)
                    raise PydanticCustomError("column", "{problem}", {"problem": problem})
        return self

    @model_validator(mode="after")
    def _what_is_shown_is_measured(self) -> Experiment:
        for kind in self.kinds:
            for quantity in self.item(kind).shows:
                if quantity not in self.quantities:
                    problem = unknown("quantity", quantity, self.quantities, f" in {kind}.shows")
                    raise PydanticCustomError("quantity", "{problem}", {"problem": problem})
        return self

    def item(self, kind: str) -> Table:
        """Return the figure or table of a name."""
        return self.figures.get(kind) or self.tables[kind]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table or of the judged effects; none where they are not declared."""
        if table == EFFECTS:
            return EFFECT_COLUMNS
        own = self.item(table).columns
        return [*LEADING_COLUMNS, *own] if own else []

    def lacking(self, table: str, columns: Iterable[str]) -> list[str]:
        """Return which of these columns a table lacks; none where its columns are not declared."""
        known = self.columns(table)
        return [column for column in columns if known and column not in known]

    @property
    def kinds(self) -> list[str]:
        """Names of its published tables, those behind figures first."""
        return unique([*self.figures, *self.tables])


OF_PREDICTIONS = ("classes", "roc", "confusion", "ensembles", "rows_right", "reliability")
"""Tidy sources that are computed from the predictions of test rows."""
SOURCES = {"metrics": "history.parquet"} | dict.fromkeys(OF_PREDICTIONS, "predictions.npz")
"""Tidy sources that are no probe's own table, and the file of a run that each is read from."""
TIMING = "timing"
"""The source that no run leaves: seconds per step, measured in turn."""
TIMED_PROCESSES = 5
"""Largest number of processes that time methods. Repeats in one process share its memory layout and thus its errors."""
RECORDS = ("history.parquet", "run.json")
"""Files that every run leaves."""


def file_of(source: str) -> str:
    """Return the file of a run that a tidy source is read from; a probe's table has the probe's name."""
    return SOURCES.get(source, f"{source}.parquet")


def probes_of(reads: list[str]) -> set[str]:
    """Return the probes that a recipe must have so that these tidy sources are recorded."""
    files = {file_of(source) for source in reads if source != TIMING} - set(RECORDS)
    return {file.rpartition(".")[0] for file in files}
