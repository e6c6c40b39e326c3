"""What an experiment declares in the ``__init__.py`` of its folder, as ``EXPERIMENT``.

Rules, config, ledger, judge and page read declarations and know no experiment by name. What a declaration promises
lies beside it: a function for every figure in ``figures.py`` and for every table in ``tables.py``, where each figure
has the table that it is drawn from; a function for every result table in ``grids.py``, which lays it out for the page;
a function for every quantity of its own in ``quantities.py``; a text for each in ``captions/``; in ``words.py`` a
function for every figure that says in a sentence what it shows, its title, and ``answer``, which answers the question
in sentences for the first screen, from the judged effects and the published tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple


class Together(NamedTuple):
    """The runs that one figure or table shows, of one dataset (and recipe).

    ``averaging`` are those of their methods that keep averages for inference.
    """

    methods: frozenset[str]
    batches: frozenset[int]
    averaging: frozenset[str]


Condition = Callable[[Together], bool]


def always(runs: Together) -> bool:
    """Whatever is run."""
    return True


def trains(*methods: str) -> Condition:
    """Where all of these methods are run."""
    return lambda runs: runs.methods >= set(methods)


def several_batches(runs: Together) -> bool:
    """Where at least two batch sizes are run."""
    return len(runs.batches) > 1


@dataclass(frozen=True)
class Table:
    """A published table: function ``kind`` of ``tables.py`` makes it from the tidy sources that it reads.

    It is made where ``when`` holds and the recipes record what it reads.
    """

    kind: str
    title: str
    reads: tuple[str, ...] = ("metrics",)
    when: Condition = always


@dataclass(frozen=True)
class Figure(Table):
    """A figure, drawn from the table of its own kind.

    A ``telling`` one stands in the report's summary. One that ``turns`` shows surfaces, which the page lets one turn:
    its table has columns method_label, statistics, a, b and loss.
    """

    telling: bool = False
    turns: bool = False


@dataclass(frozen=True)
class Quantity:
    """One number a replicate, which claims compare: function of the same name in ``quantities.py``.

    Attributes:
        words: what it is called in print; may have {level}, {class_}, {epoch}, {layer} and the settings in ``where``.
        unit: of its values and differences in print; "points" are hundredths.
        reads: the tidy sources that it is computed from.
        takes: what a test has to give: recipe (or a rate), batch or batches, level, class, epoch, layer, and settings
            of recipes under ``where``.
        among: settings under ``where`` of which it is given the rows of every value, to compare one with another.
        better: whether a method is the better for a high value or for a low one, which says what is still possible
            where its best rate is the last one tried.
    """

    words: str
    unit: str = ""
    reads: tuple[str, ...] = ("metrics",)
    takes: tuple[str, ...] = ("recipe", "batch")
    among: tuple[str, ...] = ()
    better: Literal["high", "low"] = "high"


@dataclass(frozen=True)
class Experiment:
    """What one experiment offers.

    Attributes:
        title, question: as the page says them.
        figures, tables: in the order in which they are shown.
        quantities: by name, what claims may compare here; more than ``COMMON`` where it is said.
        across: what figures and tables compare beside methods and batch sizes: nothing (one each a recipe), recipes,
            the learning rates by which the recipes differ, or the rates and the settings ``by`` which they differ.
        by: settings of a recipe (``Study.compared``) that tidy tables have as columns, and tests of claims name.
        methods: methods that this experiment brings along, as a config gives them; a file is one of its own folder.
        looks: colour and marker of these in figures; others have those of the page.
        times: methods whose steps are timed in turn wherever all of them are run, with what else is run there: the
            source ``timing``.
    """

    title: str
    question: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    quantities: Mapping[str, Quantity] = field(default_factory=lambda: COMMON)
    across: Literal["recipes", "rates", "settings"] | None = None
    by: tuple[str, ...] = ()
    methods: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    looks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    times: tuple[str, ...] = ()


TO_LEVEL = ("recipe", "batch", "level")

COMMON: Mapping[str, Quantity] = {
    "train_accuracy": Quantity("training accuracy", "points"),
    "test_accuracy": Quantity("test accuracy", "points"),
    "validation_accuracy": Quantity("validation accuracy", "points"),
    "train_loss": Quantity("training loss", better="low"),
    "test_loss": Quantity("test loss", better="low"),
    "validation_loss": Quantity("validation loss", better="low"),
    "mean_train_accuracy": Quantity("training accuracy averaged over training", "points"),
    "mean_test_accuracy": Quantity("test accuracy averaged over training", "points"),
    "accuracy_gap": Quantity("training less test accuracy", "points"),
    "lost_test_accuracy": Quantity(
        "test accuracy at epoch {epoch} less that at the end",
        "points",
        takes=("recipe", "batch", "epoch"),
    ),
    "steps_to_train": Quantity(
        "steps to {level} training accuracy", "steps", takes=TO_LEVEL, better="low"
    ),
    "steps_to_test": Quantity(
        "steps to {level} test accuracy", "steps", takes=TO_LEVEL, better="low"
    ),
    "epochs_to_train": Quantity(
        "epochs to {level} training accuracy", "epochs", takes=TO_LEVEL, better="low"
    ),
    "epoch_with_train": Quantity(
        "number of the first epoch whose mean training accuracy is {level}",
        takes=TO_LEVEL,
        better="low",
    ),
}
"""Quantities of every experiment, computed in ``analysis/quantities.py``."""

SOURCES = {
    "metrics": "history.parquet",
    "classes": "predictions.npz",
    "roc": "predictions.npz",
    "confusion": "predictions.npz",
    "ensembles": "predictions.npz",
}
"""Tidy sources that are no probe's own table, and the file of a run that each is made from."""
TIMING = "timing"
"""The source that no run leaves: seconds per step, measured in turn."""
TIMED_PROCESSES = 5
"""The most processes that measure it anew: repeats within one share its place in memory, and with it their errors."""
RECORDS = ("history.parquet", "run.json")
"""Files that every run leaves."""


def file_of(source: str) -> str:
    """The file of a run that a tidy source is made from; a probe's table has the probe's name."""
    return SOURCES.get(source, f"{source}.parquet")


def probes_of(reads: tuple[str, ...]) -> set[str]:
    """The probes that a recipe must have so that these tidy sources are recorded."""
    files = {file_of(source) for source in reads if source != TIMING} - set(RECORDS)
    return {file.rpartition(".")[0] for file in files}
