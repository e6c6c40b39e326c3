"""Configuration of data sets."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bnlab.study.section import Count, Digest, Name, Section, Seed, Share, Text

REFUSE: Final = "refuse"


WORDS = ("class_labels", "classes", "columns", "drop", "target")
"""Keys of a data set with names of its classes and columns."""


def _text_of_a_number(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _word(**schema: Any) -> Any:
    """Return what makes a type of text take whole numbers, also in an editor."""
    kinds = [{"type": "string", **schema}, {"type": "integer"}]
    return BeforeValidator(_text_of_a_number), WithJsonSchema({"anyOf": kinds})


Word = Annotated[Text, *_word(minLength=1)]
"""Name of a class or column, which may be written as a whole number."""
Column = Annotated[str, StringConstraints(strip_whitespace=True), *_word()]
"""Name of a column, which may be empty or written as a whole number."""


class Shape(Section):
    """Expected shape of a data set."""

    rows: Count
    """Number of rows before the split."""
    features: Count
    """Number of features of a row."""
    classes: Annotated[int, Field(ge=2)]
    """Number of classes, also those without a row."""
    image: Annotated[list[Count], Field(min_length=3, max_length=3)] | None = None
    """Height, width and channels of an image; left out: rows are no images."""
    planes: Literal[True] | None = None
    """true: features are stored channel by channel, as in CIFAR-10; left out: position by position."""

    @model_validator(mode="after")
    def _an_image_has_all_features(self) -> Shape:
        if self.image and prod(self.image) != self.features:
            sides = " × ".join(map(str, self.image))
            raise PydanticCustomError(
                "image",
                "{sides} is not {features} features",
                {"sides": sides, "features": self.features},
            )
        if self.planes and not self.image:
            raise PydanticCustomError("image", "planes needs image: [height, width, channels]")
        return self


class Digests(Section):
    """SHA-256 digests of the decoded content."""

    features: Digest
    """SHA-256 of the decoded features, 64 hexadecimal digits."""
    labels: Digest
    """SHA-256 of the decoded labels, 64 hexadecimal digits."""


class Sizes(NamedTuple):
    """Rows in each part of a split."""

    train: int
    validation: int
    test: int


class Split(Section):
    """Sizes of the test and the validation part."""

    test: Share
    """Size of the test part: a whole number of rows, or a share between 0 and 1."""
    test_rows: Literal["last", "stratified"] = "stratified"
    """`last`: the last rows, in their order; `stratified`: random rows of every class; default stratified."""
    validation: Share
    """Size of the validation part: a whole number of rows, or a share between 0 and 1."""
    seed: Seed | None = None
    """Seed of the rows that are drawn; left out: one for all studies, so that they have the same test rows."""

    def sizes(self, rows: int) -> Sizes:
        """Return the number of rows in each part of a split; shares are rounded to whole rows."""
        test, validation = (
            part if isinstance(part, int) else round(part * rows)
            for part in (self.test, self.validation)
        )
        return Sizes(rows - test - validation, validation, test)


class _Dataset(Section):
    """Settings that all data sets have."""

    label: Text
    """Name in figures and tables."""
    class_labels: dict[Word, Text] = {}
    """Names of classes in print, by the class; left out: the classes themselves."""
    stands_for: Name | None = None
    """Name of the data set that claims mean and this one replaces; left out: none."""
    shape: Shape
    """Expected shape; data of another shape stop the study."""
    sha256: Digests | None = None
    """Expected digests; other data stop the study. Left out: any data of the right shape."""
    split: Split
    """Sizes of the test and validation parts; the other rows are for training."""
    scaling: Literal["divide_255", "standardize", "min_max", "none"]
    """Scaling of the features, fitted to the training rows; divide_255 divides by 255."""

    @property
    def encoding(self) -> dict[str, str]:
        """Rules for missing cells and categories, which are those of tables."""
        return {}

    @property
    def sizes(self) -> Sizes:
        """Number of rows for training, validation and test."""
        return self.split.sizes(self.shape.rows)

    @property
    def forms(self) -> set[str]:
        """Forms of its examples that networks may take (``networks.network.Network.takes``)."""
        return {"rows", "images"} if self.shape.image else {"rows"}

    @property
    def train_rows(self) -> int:
        """Number of rows for training."""
        return self.sizes.train


class _TableDataset(_Dataset):
    """Settings of tables that others made."""

    missing: Literal["mean", "most_frequent", "refuse"] = REFUSE
    """Values for missing cells, of the training rows; categories take the most frequent one. Default refuse."""
    categories: Literal["one_hot", "refuse"] = REFUSE
    """`one_hot`: a feature for each text of a column in training rows; `refuse`: numbers alone. Default refuse."""

    @property
    def encoding(self) -> dict[str, str]:
        """Rules for missing cells and categories, without those that refuse them."""
        rules = {"missing": self.missing, "categories": self.categories}
        return {name: rule for name, rule in rules.items() if rule != REFUSE}


class OpenMLDataset(_TableDataset):
    """Data set of OpenML."""

    source: Literal["openml"]
    """Download from OpenML."""
    id: Count
    """Number of the data set on OpenML."""
    target: Word | None = None
    """Name of the label column; left out: OpenML's own for this data set."""
    drop: list[Column] | None = None
    """Columns to leave out, beside those that OpenML leaves out; left out: none."""


class FileDataset(_TableDataset):
    """Data set in a file of the user: CSV, ARFF, Parquet or NPZ, or a folder of IDX files."""

    source: Literal["file"]
    """Read a file, or a folder of IDX files."""
    path: Text
    """Path of the file or folder, from the folder in which snakemake is started."""
    target: Word | None = None
    """Name of the label column, for a table."""
    columns: list[Word] | None = None
    """Names of the columns of a table without a header; left out: its first line names them."""
    drop: list[Column] = []
    """Columns to leave out, "" for those without a name; default none."""
    shape: Shape
    """Expected shape; sizes that are left out are those of the file."""
    classes: list[Word] | None = None
    """All labels in order, also those without a row; left out: the labels of the data, sorted."""


class BundledDataset(_Dataset):
    """Data set that ships inside scikit-learn."""

    source: Literal["bundled"]
    """Take a data set of scikit-learn."""
    name: Literal["digits", "wine", "breast_cancer", "iris"]
    """Name of the data set in scikit-learn."""


class RedrawDataset(_Dataset):
    """Rows drawn anew, `shape.rows` of them, from a Bayesian network fitted to the data set `of`."""

    source: Literal["redraw"]
    """Draw rows from a Bayesian network that is fitted to another data set."""
    of: Name
    """Name of the data set that the network is fitted to."""
    seed: Seed
    """Seed of the draw."""


class LinearMapDataset(_Dataset):
    """Vectors of `shape.classes` normal numbers beside their images under one random linear map."""

    source: Literal["linear_map"]
    """Draw random vectors and their images under one random linear map."""
    seed: Seed
    """Seed of the vectors and of the map."""

    @property
    def forms(self) -> set[str]:
        return {"pairs"}

    @model_validator(mode="after")
    def _features_are_pairs_of_vectors(self) -> LinearMapDataset:
        if self.shape.features != 2 * self.shape.classes:
            raise PydanticCustomError(
                "linear_map", "a linear map has twice as many features as classes"
            )
        return self


class DiscDataset(_Dataset):
    """Points of a plane, inside or outside a circle; the test rows lie on its other side."""

    source: Literal["disc"]
    """Draw points of a plane, inside or outside a circle, with the test rows on its other side."""
    seed: Seed
    """Seed of the points."""
    moves: bool
    """true: the circle moves with the test rows; false: it stays."""

    @model_validator(mode="after")
    def _test_rows_come_last(self) -> DiscDataset:
        if self.split.test_rows != "last" or self.shape.features != 2 or self.shape.classes != 2:
            raise PydanticCustomError(
                "disc", "a disc has 2 features, 2 classes, and test_rows: last"
            )
        return self


CONTEXTS = 1_000
"""Largest number of contexts of a language, whose equations take some seconds."""


class LanguageDataset(_Dataset):
    """Sequences of `shape.features` symbols of a random language, with the next of `shape.classes` symbols as class."""

    source: Literal["language"]
    """Draw sequences of a random Markov chain, whose next symbol has a known entropy."""
    seed: Seed
    """Seed of the language and of its sequences."""
    order: Annotated[int, Field(ge=1, le=3)]
    """Number of symbols before the next one that decide its probabilities, 1 to 3."""

    @property
    def forms(self) -> set[str]:
        return {"rows", "symbols"}

    @model_validator(mode="after")
    def _symbols_stay_numbers(self) -> LanguageDataset:
        if self.scaling != "none" or self.shape.features < self.order:
            raise PydanticCustomError(
                "language",
                "a language has scaling: none, and at least as many features as its order",
            )
        if self.shape.classes**self.order > CONTEXTS:
            raise PydanticCustomError(
                "language",
                f"a language has at most {CONTEXTS:,} contexts, classes to the power of order",
            )
        return self


class StreamDataset(_Dataset):
    """A stream of tasks, each of which gives the same `task_rows` normal vectors new random classes."""

    source: Literal["stream"]
    """Draw normal vectors and, in each task, their classes; `shuffle: false` trains on one task after another."""
    seed: Seed
    """Seed of the vectors, and of classes and orders in each task."""
    tasks: Annotated[int, Field(ge=2)]
    """Number of tasks, which have equally many of the rows."""
    task_rows: Annotated[int, Field(ge=2)]
    """Number of different vectors; the rows of a task go through them again and again."""

    @model_validator(mode="after")
    def _the_stream_keeps_its_order(self) -> StreamDataset:
        if self.split.test_rows != "last" or self.shape.rows < self.tasks * self.task_rows:
            raise PydanticCustomError(
                "stream",
                "a stream has test_rows: last, and at least tasks times task_rows rows",
            )
        return self


AnyDataset = (
    OpenMLDataset
    | FileDataset
    | BundledDataset
    | RedrawDataset
    | LinearMapDataset
    | DiscDataset
    | LanguageDataset
    | StreamDataset
)
Dataset = Annotated[AnyDataset, Field(discriminator="source")]
SOURCES = ["openml", "file", "bundled", "redraw", "linear_map", "disc", "language", "stream"]
ADAPTER: TypeAdapter[AnyDataset] = TypeAdapter(Dataset)
NOT_CONTENT = {
    *("label", "class_labels", "stands_for", "shape", "split", "scaling", "sha256"),
    *("missing", "categories"),
}
"""Keys that do not change which rows a data set has."""


def settings(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an entry of the config, with defaults and names of classes and columns as text."""
    return ADAPTER.validate_python(entry).model_dump(exclude_none=True)


def origin(name: str, datasets: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that decide the rows of a data set: its digests, or else its source."""
    dataset: _Dataset = datasets[name]
    if dataset.sha256:
        return {"sha256": dataset.sha256.model_dump()}
    settings = dataset.model_dump(exclude=NOT_CONTENT, exclude_none=True)
    if "categories" in dataset.encoding:  # texts are kept
        settings |= {"categories": dataset.encoding["categories"]}
    if isinstance(dataset, RedrawDataset):
        settings |= {"of": origin(dataset.of, datasets)}
    if isinstance(dataset, RedrawDataset | LinearMapDataset | DiscDataset | StreamDataset):
        settings |= {"rows": dataset.shape.rows}
    if isinstance(dataset, DiscDataset):
        settings |= {"shifted": dataset.sizes.test}
    return settings


def identity(name: str, datasets: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that decide the training rows: origin, shape, split, scaling and encoding."""
    dataset: _Dataset = datasets[name]
    settings = dataset.model_dump(include={"shape", "split", "scaling"}, exclude_none=True)
    return origin(name, datasets) | settings | dataset.encoding
