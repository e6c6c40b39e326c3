"""Data sets as a config describes them."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.section import Count, Digest, Name, Section, Seed, Share, Text


class Shape(Section):
    """What a dataset must look like once it is loaded; `image` is height, width and channels, where it has them.

    `planes` says that its features are one channel after another, as CIFAR-10 has them, and not one position after
    another.
    """

    rows: Count
    features: Count
    classes: Annotated[int, Field(ge=2)]
    image: Annotated[list[Count], Field(min_length=3, max_length=3)] | None = None
    planes: Literal[True] | None = None

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
    """What every dataset says.

    `stands_for` is the dataset whose place this one takes in the claims, `class_labels` what classes are called in
    print.
    """

    label: Text
    class_labels: dict[Text, Text] = {}
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


class LinearMapDataset(_Dataset):
    """Vectors of `shape.classes` normal numbers beside their images under one random linear map."""

    source: Literal["linear_map"]
    seed: Seed

    @model_validator(mode="after")
    def _features_are_pairs_of_vectors(self) -> LinearMapDataset:
        if self.shape.features != 2 * self.shape.classes:
            raise PydanticCustomError(
                "linear_map", "a linear map has twice as many features as classes"
            )
        return self


class DiscDataset(_Dataset):
    """Points of a plane in or outside a circle, whose test rows lie elsewhere; the circle `moves` with them or not."""

    source: Literal["disc"]
    seed: Seed
    moves: bool

    @model_validator(mode="after")
    def _test_rows_come_last(self) -> DiscDataset:
        if self.split.test_rows != "last" or self.shape.features != 2 or self.shape.classes != 2:
            raise PydanticCustomError(
                "disc", "a disc has 2 features, 2 classes, and test_rows: last"
            )
        return self


AnyDataset = (
    OpenMLDataset | FileDataset | BundledDataset | RedrawDataset | LinearMapDataset | DiscDataset
)
Dataset = Annotated[AnyDataset, Field(discriminator="source")]
SOURCES = ["openml", "file", "bundled", "redraw", "linear_map", "disc"]
NOT_CONTENT = {"label", "class_labels", "stands_for", "shape", "split", "scaling", "sha256"}
"""What of a dataset's entry says nothing about where its rows come from."""


def origin(name: str, datasets: dict[str, Any]) -> dict[str, Any]:
    """What decides the rows of a dataset: its pinned digests, or else its source."""
    dataset: _Dataset = datasets[name]
    if dataset.sha256:
        return {"sha256": dataset.sha256.model_dump()}
    said = dataset.model_dump(exclude=NOT_CONTENT, exclude_none=True)
    if isinstance(dataset, RedrawDataset):
        said |= {"of": origin(dataset.of, datasets)}
    if isinstance(dataset, RedrawDataset | LinearMapDataset | DiscDataset):
        said |= {"rows": dataset.shape.rows}
    if isinstance(dataset, DiscDataset):
        said |= {"shifted": dataset.sizes.test}
    return said


def identity(name: str, datasets: dict[str, Any]) -> dict[str, Any]:
    """What decides the rows of a dataset as they are trained on: its origin, its shape, its split and its scaling."""
    dataset: _Dataset = datasets[name]
    settings = dataset.model_dump(include={"shape", "split", "scaling"}, exclude_none=True)
    return origin(name, datasets) | settings
