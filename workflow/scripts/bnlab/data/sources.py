"""Sources of data sets: OpenML, files, tables of scikit-learn, and synthetic data.

Every source gives a ``Table``, whose arrays depend on the content alone. So the same data read from ARFF, Parquet or
IDX have the same digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bnlab.data.datasets import (
    DataError,
    Table,
    count,
    image_problems,
    label_problems,
    shape_problems,
)
from bnlab.data.from_openml import read_openml
from bnlab.data.pieces import canonical
from bnlab.data.synthetic import disc, language, linear_map, stream
from bnlab.data.tables import read_file
from bnlab.study.datasets import REFUSE


class Bundled(NamedTuple):
    """A table of scikit-learn, whose content is known before it is read.

    Attributes:
        rows, features: its sizes.
        classes: names of its classes.
        sides: sides of the array that each row is in its source; empty for a row of a table.
    """

    rows: int
    features: int
    classes: tuple[str, ...]
    sides: tuple[int, ...] = ()


BUNDLED = {
    "digits": Bundled(1797, 64, tuple("0123456789"), (8, 8)),
    "wine": Bundled(178, 13, ("class_0", "class_1", "class_2")),
    "breast_cancer": Bundled(569, 30, ("malignant", "benign")),
    "iris": Bundled(150, 4, ("setosa", "versicolor", "virginica")),
}


def bundled_problems(
    name: str, shape: Mapping[str, Any], class_labels: Mapping[Any, str]
) -> list[tuple[str, str]]:
    """Return the differences between a table of scikit-learn and the config, as ``DataError.problems``."""
    known = BUNDLED[name]
    sizes = {"rows": known.rows, "features": known.features, "classes": len(known.classes)}
    return [
        *shape_problems(sizes, shape),
        *image_problems(known.sides, shape),
        *label_problems(class_labels, known.classes),
    ]


def read(dataset: Mapping[str, Any], openml: Mapping[str, Any] | None = None) -> Table:
    """Read a data set of the config.

    Args:
        dataset: ``source`` and that source's fields: openml {id, target?, drop?}; file {path, target?, columns?, drop?,
            classes?}, both {categories?}; bundled {name}; linear_map {shape, seed}; disc {shape, split, moves, seed};
            language {shape, order, seed}; stream {shape, tasks, task_rows, seed}.
        openml: {server?, cache?} of the config.

    Raises:
        DataError: the data cannot be read.
    """
    source, categories = dataset["source"], dataset.get("categories", REFUSE)
    shape = dataset.get("shape")
    if source == "openml":
        options = {key: dataset.get(key) for key in ("target", "drop")}
        return read_openml(
            dataset["id"], **options, categories=categories, shape=shape, **(openml or {})
        )
    if source == "file":
        options = {key: dataset.get(key) for key in ("target", "columns", "drop", "classes")}
        return read_file(Path(dataset["path"]), **options, categories=categories, shape=shape)
    if source == "bundled":
        return read_bundled(dataset["name"])
    if source == "linear_map":
        return linear_map(dataset["shape"]["rows"], dataset["shape"]["classes"], dataset["seed"])
    if source == "language":
        of = dataset["shape"]
        sizes = (of["rows"], of["features"], of["classes"])
        return language(*sizes, dataset["order"], dataset["seed"])
    if source == "stream":
        of = dataset["shape"]
        sizes = (of["rows"], of["features"], of["classes"])
        return stream(*sizes, dataset["tasks"], dataset["task_rows"], dataset["seed"])
    if source == "disc":
        rows = dataset["shape"]["rows"]
        shifted = count(dataset["split"]["test"], rows)
        return disc(rows, shifted, dataset["moves"], dataset["seed"])
    raise DataError(
        f"source '{source}' cannot be read; allowed are openml, file, bundled, linear_map, disc, language and stream."
    )


def read_bundled(name: str) -> Table:
    """Return a table of scikit-learn: digits, wine, breast_cancer or iris. Raises DataError for other names."""
    from sklearn import datasets as bundled

    loaders: dict[str, Callable[[], Any]] = {
        "digits": bundled.load_digits,
        "wine": bundled.load_wine,
        "breast_cancer": bundled.load_breast_cancer,
        "iris": bundled.load_iris,
    }
    if name not in loaders:
        raise DataError(f"no bundled data set is called '{name}'; there are {', '.join(loaders)}.")
    data = loaders[name]()
    return Table(
        canonical(data.data),
        data.target.astype(np.uint8),
        tuple(map(str, data.feature_names)),
        tuple(map(str, data.target_names)),
        data.images.shape[1:] if "images" in data else (),
    )
