"""What a study says: the config as checked, immutable values. ``bnlab.validation`` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

BATCH_SIZE_PAIRS = {
    "bn_vs_ln": ("bn", "ln"),
    "ws_vs_bn": ("ws", "bn"),
    "ws_bn_vs_bn": ("ws_bn", "bn"),
}
SMALL_BATCHES = 10
"""The largest batch of the close-up."""
NEAR_BEST = 0.01
"""How far accuracy may be below the best, one point, at a learning rate that is about as good."""
ALL_RECIPES = "all_recipes"
"""Stands in the place of a recipe where figures and tables compare recipes."""

NAME = r"^[a-z][a-z0-9_.]*$"
NAME_IN_WORDS = "lower-case letters, digits, _ and ., beginning with a letter"
DIGEST = r"^[0-9a-f]{64}$"

T = TypeVar("T")


def _share(value: Any) -> Any:
    rows = type(value) is int and value >= 1
    part = type(value) is float and 0 < value < 1
    if not (rows or part):
        raise PydanticCustomError("share", "wrong size of a part")
    return value


Name = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1)]
Digest = Annotated[str, Field(pattern=DIGEST)]
Share = Annotated[int | float, BeforeValidator(_share)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Names = Annotated[list[Name], Field(min_length=1)]
Counts = Annotated[list[Count], Field(min_length=1)]
ExperimentName = Literal["learning_curves", "batch_size", "learning_rate", "faults"]
ACROSS_RECIPES: tuple[ExperimentName, ...] = ("learning_rate", "faults")
"""Experiments whose figures and tables compare recipes."""


class Section(BaseModel):
    """A part of the config: unknown keys, converted types and later changes are all refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _note_allowed_keys(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            info.context[id(data)] = [f.alias or n for n, f in cls.model_fields.items()]
        return data


class OpenML(Section):
    """Where OpenML is reached and where its answers are kept; None leaves it to openml-python."""

    server: Text | None = None
    cache: Text | None = None


class Method(Section):
    """A way to normalize: a Keras layer class of `bnlab.layers` and its name in figures."""

    layer: Text
    label: Text


class Shape(Section):
    """What a dataset must look like once it is loaded."""

    rows: Count
    features: Count
    classes: Annotated[int, Field(ge=2)]


class Digests(Section):
    """SHA-256 over the decoded content, in hexadecimal."""

    features: Digest
    labels: Digest


class Sizes(NamedTuple):
    """Rows in each part of a split."""

    train: int
    validation: int
    test: int


class Split(Section):
    """Test and validation part, each in rows or as a share of all rows."""

    test: Share
    test_rows: Literal["last", "stratified"] = "stratified"
    validation: Share

    def sizes(self, rows: int) -> Sizes:
        """Rows of each part when `rows` rows are split; shares are rounded to whole rows."""
        test, validation = (
            part if isinstance(part, int) else round(part * rows)
            for part in (self.test, self.validation)
        )
        return Sizes(rows - test - validation, validation, test)


class _Dataset(Section):
    """`stands_for` is the dataset whose place this one takes in the claims."""

    label: Text
    stands_for: Name | None = None
    shape: Shape
    sha256: Digests | None = None
    split: Split
    scaling: Literal["divide_255", "standardize", "min_max", "none"]

    @property
    def sizes(self) -> Sizes:
        """Rows for training, validation and test."""
        return self.split.sizes(self.shape.rows)

    @property
    def train_rows(self) -> int:
        """Rows left for training once test and validation rows are taken."""
        return self.sizes.train


class OpenMLDataset(_Dataset):
    """A dataset of OpenML by its number; the target is OpenML's own unless named."""

    source: Literal["openml"]
    id: Count
    target: Text | None = None


class FileDataset(_Dataset):
    """CSV, ARFF, Parquet, NPZ, or a folder of IDX files.

    `target` names the label column (tables only), `columns` the columns of a table without a
    header, `drop` the columns to leave out, and `classes` every label in order, also those
    that no row has.
    """

    source: Literal["file"]
    path: Text
    target: Text | None = None
    columns: list[Text] | None = None
    drop: list[Text] = []
    classes: list[Text] | None = None


class BundledDataset(_Dataset):
    """A dataset that ships inside scikit-learn."""

    source: Literal["bundled"]
    name: Literal["digits", "wine", "breast_cancer", "iris"]


class RedrawDataset(_Dataset):
    """Dataset `of`, drawn anew to `shape.rows` rows from a Bayesian network fitted to it."""

    source: Literal["redraw"]
    of: Name
    seed: Seed


AnyDataset = OpenMLDataset | FileDataset | BundledDataset | RedrawDataset
Dataset = Annotated[AnyDataset, Field(discriminator="source")]
SOURCES = ["openml", "file", "bundled", "redraw"]


class Budget(Section):
    """How long to train: a number of steps or a number of epochs, exactly one of them."""

    steps: Count | None = None
    epochs: Count | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Budget:
        if (self.steps is None) == (self.epochs is None):
            raise PydanticCustomError("budget", "must name exactly one of steps, epochs")
        return self


class Evaluations(Section):
    """How many evaluations fall within the first epoch, and how many after it.

    `rows` is how many validation and how many test rows each may use (all where it is not set); the
    last evaluation always uses all.
    """

    first_epoch: Annotated[int, Field(ge=0)] = 10
    later: Count = 30
    rows: Count | None = None


class Recipe(Section):
    """A named set of training settings.

    `seed` takes the place of the study's where replicates must be fresh, others than those of the
    other experiments. `stands_for` is the recipe whose place this one takes in the claims.
    """

    hidden: Annotated[list[Count], Field(min_length=1)]
    activation: Literal["sigmoid", "tanh", "relu"]
    initializer: Literal[
        "glorot_uniform",
        "glorot_normal",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "normal_0.01",
    ]
    optimizer: Literal["sgd"]
    learning_rate: Rate
    learning_rate_reference_batch: Count | None = None
    budget: Budget
    evaluations: Evaluations = Evaluations()
    probes: list[Literal["percentiles"]] = []
    seed: Seed | None = None
    stands_for: Name | None = None

    def rate(self, batch: int) -> float:
        """Learning rate at this batch size: proportional to it where a reference batch is set."""
        reference = self.learning_rate_reference_batch
        return self.learning_rate * batch / reference if reference else self.learning_rate

    def steps(self, train_rows: int, batch: int) -> int:
        """Steps to train: the budget's, or its epochs' examples over the batch, rounded up."""
        if self.budget.steps is not None:
            return self.budget.steps
        assert self.budget.epochs is not None
        return -(-self.budget.epochs * train_rows // batch)


class RunGroup(Section):
    """Every combination of these names is one run."""

    datasets: Names
    methods: Names
    batches: Counts
    recipes: Names


class Experiment(Section):
    """The runs that answer one question."""

    title: Text
    question: Text
    runs: Annotated[list[RunGroup], Field(min_length=1)]


class Run(NamedTuple):
    """One training job: all replicates of a dataset, method, batch size and recipe."""

    dataset: str
    method: str
    batch: int
    recipe: str

    @property
    def path(self) -> str:
        """Where the run lies below `results/<study>/runs/`."""
        return f"{self.dataset}/{self.method}/batch{self.batch}/{self.recipe}"


class Figure(NamedTuple):
    """One figure (or one table) of an experiment, about one dataset and recipe."""

    experiment: str
    dataset: str
    recipe: str
    figure: str

    @property
    def path(self) -> str:
        """Where it lies below `reports/<study>/figures/` or `…/tables/`, without its suffix."""
        return "/".join(self)


class Study(Section):
    """One config, checked; `claims` is the path of the ledger of claims, None for no verdicts."""

    study: Name
    title: Text
    seed: Seed
    replicates: Count
    openml: OpenML = OpenML()
    claims: Text | None = None
    methods: Annotated[dict[Name, Method], Field(min_length=1)]
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]
    experiments: Annotated[dict[ExperimentName, Experiment], Field(min_length=1)]

    def runs(self, experiment: ExperimentName) -> list[Run]:
        """The experiment's runs, each once, in the order of the config."""
        groups = self.experiments[experiment].runs
        return unique(
            Run(dataset, method, batch, recipe)
            for group in groups
            for dataset, recipe, method, batch in product(
                group.datasets, group.recipes, group.methods, group.batches
            )
        )

    def all_runs(self) -> list[Run]:
        """The runs of all experiments; one that several experiments share appears once."""
        return unique(run for experiment in self.experiments for run in self.runs(experiment))

    def used_datasets(self) -> list[str]:
        """Datasets that some run trains on, each redraw preceded by what it is drawn from."""
        return unique(
            name
            for run in self.all_runs()
            for name in (
                getattr(self.datasets[run.dataset], "of", run.dataset),
                run.dataset,
            )
        )

    def figures(self) -> list[Figure]:
        """Every figure that the runs of the study can fill."""
        return self._collect(
            {
                "learning_curves": self._curve_figures,
                "batch_size": _batch_figures,
                "learning_rate": lambda runs: ["heat_map", "rate_range"],
                "faults": lambda runs: ["faults"],
            }
        )

    def tables(self) -> list[Figure]:
        """Every result table that the runs of the study can fill."""
        return self._collect(
            {
                "learning_curves": _curve_tables,
                "batch_size": _batch_tables,
                "learning_rate": lambda runs: ["best_rates", "rates"],
                "faults": lambda runs: ["compatibility"],
            }
        )

    def _collect(self, kinds: Mapping[str, Any]) -> list[Figure]:
        return [
            Figure(experiment, dataset, recipe, figure)
            for experiment in self.experiments
            for (dataset, recipe), runs in _shown_together(experiment, self.runs(experiment))
            for figure in kinds[experiment](runs)
        ]

    def _curve_figures(self, runs: list[Run]) -> list[str]:
        probed = "percentiles" in self.recipes[runs[0].recipe].probes
        return [
            "accuracy",
            *(["percentiles", "drift"] if probed else []),
            "roc",
            "confusion",
        ]


def _curve_tables(runs: list[Run]) -> list[str]:
    both = {"base", "bn"} <= {run.method for run in runs}
    return ["final", "steps_to_accuracy", "classes", *(["timing"] if both else [])]


def _batch_figures(runs: list[Run]) -> list[str]:
    methods = {run.method for run in runs}
    pairs = [name for name, pair in BATCH_SIZE_PAIRS.items() if methods >= set(pair)]
    small = len({run.batch for run in runs if run.batch <= SMALL_BATCHES}) >= 3
    return [
        "all_methods",
        *pairs,
        *(["small_batches"] if small else []),
        *(["statistics"] if "bn" in methods else []),
    ]


def _batch_tables(runs: list[Run]) -> list[str]:
    methods, batches = {run.method for run in runs}, {run.batch for run in runs}
    compared = len(methods) > 1 and methods & {"base", "bn"}
    return [
        "final",
        *(["differences"] if compared else []),
        *(["inference"] if methods & {"bn", "ws_bn"} else []),
        *(["stability"] if len(batches) > 1 else []),
    ]


def _shown_together(
    experiment: ExperimentName, runs: list[Run]
) -> Iterable[tuple[tuple[str, str], list[Run]]]:
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        recipe = ALL_RECIPES if experiment in ACROSS_RECIPES else run.recipe
        groups.setdefault((run.dataset, recipe), []).append(run)
    return groups.items()


def unique(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))
