"""What a study says: the config as checked, immutable values, and every problem in it at once."""

from __future__ import annotations

import ast
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

LAYERS_FILE = Path(__file__).with_name("layers.py")
BATCH_SIZE_PAIRS = {
    "bn_vs_ln": ("bn", "ln"),
    "ws_vs_bn": ("ws", "bn"),
    "ws_bn_vs_bn": ("ws_bn", "bn"),
}

NAME = r"^[a-z][a-z0-9_.]*$"
NAME_IN_WORDS = "lower-case letters, digits, _ and ., beginning with a letter"
DIGEST = r"^[0-9a-f]{64}$"

T = TypeVar("T")
Key = tuple[str | int, ...]
Places = dict[tuple[str, ...], tuple[Path, int]]


# --- what a config may say ------------------------------------------------------------------


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
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Names = Annotated[list[Name], Field(min_length=1)]
Counts = Annotated[list[Count], Field(min_length=1)]
ExperimentName = Literal["learning_curves", "batch_size"]


class Section(BaseModel):
    """A part of the config: unknown keys, converted types and later changes are all refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _note_allowed_keys(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            info.context[id(data)] = list(cls.model_fields)
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
    label: Text
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
    seed: Annotated[int, Field(ge=0)]


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
    """A named set of training settings."""

    hidden: Annotated[list[Count], Field(min_length=1)]
    activation: Literal["sigmoid", "tanh", "relu"]
    initializer: Literal[
        "glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal"
    ]
    optimizer: Literal["sgd"]
    learning_rate: Rate
    learning_rate_reference_batch: Count | None = None
    budget: Budget
    evaluations: Evaluations = Evaluations()
    probes: list[Literal["percentiles"]] = []

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
    """One config, checked."""

    study: Name
    title: Text
    seed: Annotated[int, Field(ge=0)]
    replicates: Count
    openml: OpenML = OpenML()
    methods: Annotated[dict[Name, Method], Field(min_length=1)]
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]
    experiments: Annotated[dict[ExperimentName, Experiment], Field(min_length=1)]

    def runs(self, experiment: ExperimentName) -> list[Run]:
        """The experiment's runs, each once, in the order of the config."""
        groups = self.experiments[experiment].runs
        return _unique(
            Run(dataset, method, batch, recipe)
            for group in groups
            for dataset, recipe, method, batch in product(
                group.datasets, group.recipes, group.methods, group.batches
            )
        )

    def all_runs(self) -> list[Run]:
        """The runs of all experiments; one that several experiments share appears once."""
        return _unique(run for experiment in self.experiments for run in self.runs(experiment))

    def used_datasets(self) -> list[str]:
        """Datasets that some run trains on, each redraw preceded by what it is drawn from."""
        return _unique(
            name
            for run in self.all_runs()
            for name in (
                getattr(self.datasets[run.dataset], "of", run.dataset),
                run.dataset,
            )
        )

    def figures(self) -> list[Figure]:
        """Every figure that the runs of the study can fill."""
        return self._collect({"learning_curves": self._curve_figures, "batch_size": _batch_figures})

    def tables(self) -> list[Figure]:
        """Every result table that the runs of the study can fill."""
        return self._collect({"learning_curves": _curve_tables, "batch_size": _batch_tables})

    def _collect(self, kinds: Mapping[str, Any]) -> list[Figure]:
        return [
            Figure(experiment, dataset, recipe, figure)
            for experiment in self.experiments
            for (dataset, recipe), runs in _by_dataset_and_recipe(self.runs(experiment)).items()
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
    small = len({run.batch for run in runs if run.batch <= 10}) >= 3
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


def _by_dataset_and_recipe(runs: list[Run]) -> dict[tuple[str, str], list[Run]]:
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.dataset, run.recipe), []).append(run)
    return groups


def _unique(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))


# --- reading it, and saying everything that is wrong -----------------------------------------


class Problem(NamedTuple):
    """One thing wrong in the config: where, and a sentence on what and what is allowed."""

    key: Key
    sentence: str


class ConfigError(ValueError):
    """The config cannot be run; the text has one line per problem, with its place in the file."""


def read(files: list[Path]) -> Study:
    """The study of these YAML files, later ones laid over earlier ones as Snakemake does it."""
    mapping: Any = {}
    for file in files:
        mapping = _overlay(mapping, yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    return load(mapping, files)


def load(mapping: Mapping[str, Any], files: list[Path]) -> Study:
    """The checked study in `mapping`, which was merged from `files` in this order (later ones win).

    `files` serve to say where a problem is. A key set to null counts as absent, so that an overlay
    can take a key away. Raises ConfigError with every problem, one line each:
    `file:line: key: what is wrong (allowed: ...)`.
    """
    places, repeated = _read_places(files)
    mapping = _without_nulls(mapping)
    study, unsound = _validate(mapping)
    problems = [*repeated, *unsound, *_meaning_problems(mapping)]
    if study is None or problems:
        raise ConfigError("\n".join(_lines(problems, places, files)))
    return study


def layer_classes(file: Path) -> list[str]:
    """Public classes at the top level of a Python file, which is parsed and not imported."""
    nodes = ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []
    names = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]


def layer_digest(name: str, file: Path | None = None) -> str:
    """SHA-256 over the code that layer class ``name`` consists of, in hexadecimal.

    That is the class, the classes that it inherits from, and everything else at the top level of the
    file but other classes; comments, docstrings and formatting do not count.
    """
    tree = ast.parse((file or LAYERS_FILE).read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    lineage, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        lineage.add(current)
        bases = [base.id for base in classes[current].bases if isinstance(base, ast.Name)]
        waiting += [base for base in bases if base in classes]
    own = [n for n in tree.body if not isinstance(n, ast.ClassDef) or n.name in lineage]
    code = ast.dump(_without_docstrings(ast.Module(own, [])))
    return hashlib.sha256(code.encode()).hexdigest()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _overlay(below: Any, above: Any) -> Any:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: _overlay(below.get(key), value) for key, value in above.items()}}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


# Places: where in the files each key and list entry stands, its key as texts.


class Node(NamedTuple):
    """A key or list entry of one file."""

    key: tuple[str, ...]
    line: int
    is_list: bool
    repeated: bool


def _read_places(files: list[Path]) -> tuple[Places, list[Problem]]:
    places: Places = {}
    problems: list[Problem] = []
    for file in files:
        nodes = list(_walk(yaml.compose(file.read_text(encoding="utf-8")), ()))
        lists = {node.key for node in nodes if node.is_list}
        places = {key: place for key, place in places.items() if not _below(key, lists)}
        for node in nodes:
            if node.repeated:
                earlier = places[node.key][1]
                problems.append(Problem(node.key, f"appears twice; it is also on line {earlier}"))
                places = {
                    key: place for key, place in places.items() if not _below(key, {node.key})
                }
            places[node.key] = (file, node.line)
    return places, problems


def _below(key: tuple[str, ...], parents: set[tuple[str, ...]]) -> bool:
    return any(key[:end] in parents for end in range(1, len(key)))


def _walk(node: yaml.Node | None, key: tuple[str, ...]) -> Iterator[Node]:
    entries: list[tuple[str, int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        entries = [(name.value, name.start_mark.line, value) for name, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        entries = [(str(i), value.start_mark.line, value) for i, value in enumerate(node.value)]
    seen: set[str] = set()
    for name, line, value in entries:
        inner = (*key, name)
        yield Node(inner, line + 1, isinstance(value, yaml.SequenceNode), name in seen)
        yield from _walk(value, inner)
        seen.add(name)


def _lines(problems: list[Problem], places: Places, files: list[Path]) -> list[str]:
    """One line per problem, in the order of the files; a key of no file is placed at its parent."""
    start = (files[0] if files else Path("config"), 1)

    def place(key: Key) -> tuple[Path, int]:
        parents = (tuple(map(str, key[:end])) for end in range(len(key), 0, -1))
        return next((places[parent] for parent in parents if parent in places), start)

    order = {file: index for index, file in enumerate([start[0], *files])}
    placed = [(*place(key), ".".join(map(str, key)) or "config", text) for key, text in problems]
    placed.sort(key=lambda item: (order[item[0]], item[1]))
    return _unique(f"{_short(file)}:{line}: {key}: {text}" for file, line, key, text in placed)


def _short(file: Path) -> Path:
    """The path as seen from the current folder, where the file lies in it."""
    full, here = file.resolve(), Path.cwd()
    return full.relative_to(here) if full.is_relative_to(here) else file


# First pass, the schema: pydantic finds what is wrong, and it is said here in plain words.


def _validate(mapping: Any) -> tuple[Study | None, list[Problem]]:
    fields: dict[int, list[str]] = {}
    try:
        return Study.model_validate(mapping, context=fields), []
    except ValidationError as error:
        details = error.errors()
        misnamed = {detail["loc"][:-1] for detail in details if detail["loc"][-1:] == ("[key]",)}
        return None, [
            _schema_problem(detail, mapping, fields)
            for detail in details
            if detail["loc"][:2] not in misnamed or detail["loc"][-1] == "[key]"
        ]


def _schema_problem(error: ErrorDetails, mapping: Any, fields: dict[int, list[str]]) -> Problem:
    """`fields` has the allowed keys of each mapping, by its id."""
    key, value, context = _key(error["loc"]), error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden" | "invalid_key":
            return Problem(key, _unknown("key", key[-1], fields[id(_at(mapping, key[:-1]))]))
        case "string_type" if error["loc"][-1] == "[key]":
            return Problem(key, f"{key[-1]} cannot be a name (allowed: {NAME_IN_WORDS})")
        case "union_tag_not_found":
            return Problem((*key, "source"), f"is missing (allowed: {', '.join(SOURCES)})")
        case "union_tag_invalid":
            return Problem((*key, "source"), _unknown("source", context["tag"], SOURCES))
        case "literal_error":
            kind = "experiment" if error["loc"][-1] == "[key]" else "value"
            return Problem(key, _unknown(kind, value, _quoted(context["expected"])))
        case "int_type" | "float_type" | "share" if isinstance(value, str) and _is_number(value):
            return Problem(key, f"'{value}' is text in YAML; write {_as_number(value)}")
    return Problem(key, _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    value, context = error["input"], error.get("ctx", {})
    shown = _shown(value)
    match error["type"]:
        case "missing":
            return "is missing, and is needed here"
        case "int_type":
            return f"{shown} is not a whole number"
        case "float_type" | "finite_number":
            return f"{shown} is not a number"
        case "string_type":
            return f"{shown} is not text (if it is meant, put it in quotes)"
        case "list_type":
            return f"{shown} is not a list (allowed: [a, b] or lines that begin with a dash)"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{shown} is not a mapping (allowed: {{key: value}} or lines of key: value)"
        case "too_short" | "string_too_short":
            return "is empty (allowed: at least one entry)"
        case "greater_than":
            return f"{shown} is too small (allowed: above {context['gt']})"
        case "greater_than_equal":
            return f"{shown} is too small (allowed: {context['ge']} and above)"
        case "share":
            return f"{shown} is no size of a part (allowed: rows as 1, 2, …; a share as 0.2)"
        case "string_pattern_mismatch" if context["pattern"] == DIGEST:
            return f"{shown} is not a SHA-256 (allowed: 64 hexadecimal digits in lower case)"
        case "string_pattern_mismatch":
            return f"{shown} cannot be a name (allowed: {NAME_IN_WORDS})"
    return error["msg"]


def _key(location: Key) -> Key:
    """The config's key of a pydantic location, which also names the branch of a union."""
    if location[-1:] == ("[key]",):
        location = location[:-1]
    branch = location[:1] == ("datasets",) and len(location) > 2
    return location[:2] + location[3:] if branch else location


# Second pass, the meaning: what one part says about another. It reads the parts that are sound,
# so that a mistake in one place does not hide the mistakes in others.


def _meaning_problems(mapping: Any) -> Iterator[Problem]:
    datasets = _sound(_section(mapping, "datasets"), Dataset)
    yield from _method_problems(_section(mapping, "methods"))
    for name, dataset in datasets.items():
        yield from _split_problems(name, dataset)
        if isinstance(dataset, RedrawDataset):
            yield from _redraw_problems(name, dataset, _section(mapping, "datasets"))
    yield from _repeat_problems(mapping, ())
    for key, group in _run_groups(mapping):
        yield from _reference_problems(key, group, mapping)
        yield from _batch_problems(key, group, datasets)


def _method_problems(methods: Mapping[str, Any]) -> Iterator[Problem]:
    classes = layer_classes(LAYERS_FILE)
    labels: dict[str, str] = {}
    for name, method in _sound(methods, Method).items():
        if method.layer not in classes:
            yield Problem(("methods", name, "layer"), _unknown("layer", method.layer, classes))
        other = labels.setdefault(method.label, name)
        if other != name:
            yield Problem(
                ("methods", name, "label"),
                f"'{method.label}' is also that of '{other}'",
            )


def _split_problems(name: str, dataset: AnyDataset) -> Iterator[Problem]:
    if dataset.train_rows < 1:
        _, validation, test = dataset.sizes
        yield Problem(
            ("datasets", name, "split"),
            f"test ({test}) and validation ({validation}) leave no training row of"
            f" {dataset.shape.rows}",
        )


def _redraw_problems(
    name: str, dataset: RedrawDataset, datasets: Mapping[str, Any]
) -> Iterator[Problem]:
    if "redraw" not in dataset.label.lower():
        yield Problem(
            ("datasets", name, "label"),
            f"'{dataset.label}' passes for the original (allowed: a label with the word 'redraw')",
        )
    originals = [other for other in datasets if _at(datasets, (other, "source")) != "redraw"]
    if dataset.of not in originals:
        yield Problem(("datasets", name, "of"), _unknown("original", dataset.of, originals))
        return
    for size in ("features", "classes"):
        original = _at(datasets, (dataset.of, "shape", size))
        if original not in (None, getattr(dataset.shape, size)):
            yield Problem(
                ("datasets", name, "shape", size),
                f"{getattr(dataset.shape, size)} is not what '{dataset.of}' has ({original})",
            )


def _repeat_problems(value: Any, key: Key) -> Iterator[Problem]:
    """Entries that a list has twice; widths of hidden layers may well be equal."""
    if isinstance(value, list) and key[-1:] != ("hidden",):
        for index, entry in enumerate(value):
            if entry in value[:index]:
                yield Problem((*key, index), f"{_shown(entry)} is listed twice")
    for part, inner in _parts(value):
        yield from _repeat_problems(inner, (*key, part))


def _parts(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _reference_problems(key: Key, group: Any, mapping: Any) -> Iterator[Problem]:
    for kind in ("datasets", "methods", "recipes"):
        known = list(_section(mapping, kind))
        for index, name in _entries(group, kind, str):
            if name not in known:
                yield Problem((*key, kind, index), _unknown(kind[:-1], name, known))


def _batch_problems(key: Key, group: Any, datasets: Mapping[str, AnyDataset]) -> Iterator[Problem]:
    named = [name for _, name in _entries(group, "datasets", str) if name in datasets]
    for index, batch in _entries(group, "batches", int):
        for name in named:
            rows = datasets[name].train_rows
            if batch > rows >= 1:
                yield Problem(
                    (*key, "batches", index),
                    f"{batch} is more than the training rows of '{name}' (allowed: 1 to {rows})",
                )


def _run_groups(mapping: Any) -> Iterator[tuple[Key, Any]]:
    for name, experiment in _section(mapping, "experiments").items():
        groups = _at(experiment, ("runs",))
        for index, group in enumerate(groups if isinstance(groups, list) else []):
            yield ("experiments", name, "runs", index), group


def _entries(group: Any, kind: str, of: type[T]) -> list[tuple[int, T]]:
    values = _at(group, (kind,))
    return [
        (index, value)
        for index, value in enumerate(values if isinstance(values, list) else [])
        if isinstance(value, of)
    ]


def _section(mapping: Any, name: str) -> Mapping[str, Any]:
    section = _at(mapping, (name,))
    return section if isinstance(section, Mapping) else {}


def _sound(section: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """The entries of a section that the schema accepts, as `kind`."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    sound = {}
    for name, value in section.items():
        with suppress(ValidationError):
            sound[name] = adapter.validate_python(value)
    return sound


def _at(value: Any, key: Key) -> Any:
    """What stands at `key` below `value`; None where there is nothing."""
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


# Words for the sentences.


def _unknown(kind: str, word: Any, allowed: list[str]) -> str:
    close = get_close_matches(str(word), allowed, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"unknown {kind} '{word}'{hint} (allowed: {', '.join(allowed)})"


def _shown(value: Any) -> str:
    """A value in a sentence: whole where it is short, else what it is."""
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else repr(value)


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _as_number(text: str) -> str:
    """The number in `text` as YAML 1.1 reads one: with a point, and a sign in the exponent.

    >>> _as_number("1e-4"), _as_number("2.5E3"), _as_number("0.1")
    ('1.0e-4', '2.5e+3', '0.1')
    """
    mantissa, _, exponent = text.strip().lower().partition("e")
    if not exponent:
        return mantissa
    point = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{point}e{exponent if exponent[0] in '+-' else '+' + exponent}"
