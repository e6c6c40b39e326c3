"""Tables of a data set: content and digest, checks, the fixed split, and scaling."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bnlab.files import JobError, save_arrays
from bnlab.lazy import pd

logger = logging.getLogger(__name__)

SPLIT_SEED = 20_150_211
"""One seed for all studies, so that every study of a data set has the same test rows."""
PARTS = ("train", "validation", "test")


class DataError(JobError):
    """Data that cannot be read or differ from the config, with a message for the user.

    Attributes:
        problems: a setting of the config and a sentence for each problem in the message.
    """

    def __init__(self, message: str, setting: str = "path"):
        super().__init__(message)
        self.problems = [(setting, message.removesuffix("."))]

    @classmethod
    def of(cls, problems: Sequence[tuple[str, str]]) -> DataError:
        """Return the error of several problems, each a setting and a sentence."""
        error = cls("; ".join(sentence for _, sentence in problems) + ".")
        error.problems = list(problems)
        return error


@dataclass(frozen=True)
class Table:
    """A classification table.

    Attributes:
        x: (rows, features), uint8 where every value is a whole number from 0 to 255, else float64; C order.
        y: (rows,), index into ``class_names``; uint8 for up to 256 classes, else int64.
        feature_names: name of each column of x.
        class_names: name of each class, also of one that never occurs.
    """

    x: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


def canonical(values: np.ndarray) -> np.ndarray:
    """Return values as uint8 if every one is a whole number from 0 to 255, else as float64; C order."""
    if values.dtype != np.uint8:
        values = np.asarray(values, dtype=np.float64)
        if np.all((values >= 0) & (values <= 255) & (values == np.floor(values))):
            values = values.astype(np.uint8)
    return np.ascontiguousarray(values)


def encode_labels(
    values: Iterable[Any], classes: Sequence[Any] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the class index of each value, and the class names.

    A whole number is the same label however it is written: 1, 1.0 and "01" are one class.

    Args:
        values: (rows,) labels.
        classes: all classes in order, also those that never occur. Without them the classes are the labels that
            occur, sorted as numbers if all look like numbers, else as text.

    Raises:
        DataError: a label is missing or not among ``classes``.
    """
    codes, uniques = pd.factorize(pd.Series(values, dtype=object))
    labels = [label_text(value) for value in uniques]
    names = _sorted_names(set(labels)) if classes is None else [str(name) for name in classes]
    indices = {label_text(name): index for index, name in enumerate(names)}
    problems = []
    if without := (codes < 0).sum():
        problems.append(("target", f"{without:,} rows have no class; remove them or fill them in"))
    if unknown := sorted(set(labels) - indices.keys()):
        problems.append(
            (
                "classes",
                f"classes {abridged(unknown)} are in the data but not among the declared"
                f" {abridged(names)}; name every class, in order",
            )
        )
    if problems:
        raise DataError.of(problems)
    kind = np.uint8 if len(names) <= 256 else np.int64
    return np.array([indices[label] for label in labels], dtype=kind)[codes], tuple(names)


def _sorted_names(names: Iterable[str]) -> list[str]:
    """Sort names as numbers if all look like numbers, else as text."""
    names = list(names)
    return sorted(names, key=float if all(map(_is_number, names)) else str)


def _is_number(label: str) -> bool:
    try:
        return np.isfinite(float(label))
    except ValueError:
        return False


def label_text(value: Any) -> str:
    """Return a label as text, the same however a whole number is written."""
    text = value.decode() if isinstance(value, bytes) else str(value).strip()
    return str(int(float(text))) if _is_number(text) and float(text).is_integer() else text


def abridged(names: Sequence[str], most: int = 12) -> str:
    """Return the first names of a list as text, with their number where some are left out."""
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def digest(table: Table) -> dict[str, str]:
    """Return the SHA-256 of the bytes of x and of the labels, in C order: {"features": ..., "labels": ...}.

    A label is the index of its class among the sorted names. So the order in which a file declares its classes, as
    ARFF does, makes no difference.
    """
    indices = {name: index for index, name in enumerate(_sorted_names(table.class_names))}
    labels = np.array([indices[name] for name in table.class_names], table.y.dtype)[table.y]
    return {
        "features": hashlib.sha256(np.ascontiguousarray(table.x).data).hexdigest(),
        "labels": hashlib.sha256(labels.data).hexdigest(),
    }


def check(table: Table, shape: Mapping[str, int], sha256: Mapping[str, str] | None = None) -> None:
    """Compare a table with the config.

    Args:
        table: the table.
        shape: {"rows", "features", "classes"}; classes counts all class names, also those that never occur.
        sha256: digests of the content, for any of "features" and "labels".

    Raises:
        DataError: the table differs; the message lists every difference.
    """
    sizes = (*table.x.shape, len(table.class_names))
    problems = shape_problems(dict(zip(("rows", "features", "classes"), sizes, strict=True)), shape)
    if table.x.dtype != np.uint8:
        problems += value_problems("missing", np.isnan(table.x).sum(0), table.feature_names)
        problems += value_problems("infinite", np.isinf(table.x).sum(0), table.feature_names)
    if sha256:
        content = digest(table)
        problems += [
            (
                "sha256",
                f"found {part} with SHA-256 {content[part]}, expected {sha256[part]}: the content is"
                " not what the config pins; get the original, or pin this digest if the change is"
                " meant",
            )
            for part in content
            if sha256.get(part) not in (None, content[part])
        ]
    if problems:
        raise DataError.of(problems)


def shape_problems(sizes: Mapping[str, int], shape: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return the differences between a table's sizes and the config, as ``DataError.problems``."""
    wrong = [name for name, size in sizes.items() if size != shape[name]]
    if not wrong:
        return []
    actual, expected = (
        ", ".join(f"{numbers[name]:,} {name}" for name in wrong) for numbers in (sizes, shape)
    )
    return [
        (
            "shape",
            f"found {actual}, expected {expected}: correct `shape` in the config, or the source if"
            " it is not the data you mean",
        )
    ]


ADVICE = {
    "missing": "fill them in or leave their columns or rows out",
    "infinite": "replace them",
}


def value_problems(kind: str, counts: np.ndarray, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the columns with "missing" or "infinite" values as ``DataError.problems``; ``counts``: (columns,)."""
    if not counts.any():
        return []
    columns = abridged([names[j] for j in np.flatnonzero(counts).tolist()])
    number = counts.sum()
    return [("path", f"found {number:,} {kind} values in {columns}, expected none: {ADVICE[kind]}")]


def split(y: np.ndarray, rule: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the row indices of "train", "validation" and "test", ascending; equal labels give equal indices.

    Validation rows are a random share of each class, taken from the rows that are no test rows. Each class keeps at
    least one row for training.

    Args:
        y: (rows,) class indices.
        rule: ``test`` and ``validation`` as a number of rows or as a fraction of all rows; ``test_rows``: "last", or
            "stratified" for a random share of each class.

    Raises:
        DataError: there are too few rows.
    """
    sizes = {part: count(rule[part], len(y)) for part in ("test", "validation")}
    if sum(sizes.values()) >= len(y):
        raise DataError(
            f"`split` takes {sum(sizes.values()):,} of {len(y):,} rows and leaves none to train on."
        )
    rng = np.random.default_rng(SPLIT_SEED)
    rows = np.arange(len(y))
    test = (
        rows[len(y) - sizes["test"] :]
        if rule["test_rows"] == "last"
        else _sample(y, rows, sizes["test"], rng)
    )
    rest = np.setdiff1d(rows, test, assume_unique=True)
    validation = _sample(y, rest, sizes["validation"], rng)
    return {
        "train": np.setdiff1d(rest, validation, assume_unique=True),
        "validation": validation,
        "test": test,
    }


def count(amount: float, rows: int) -> int:
    """Return the number of rows of a part whose size is a whole number of rows or a fraction of all rows."""
    return amount if isinstance(amount, int) else round(amount * rows)


def _sample(y: np.ndarray, rows: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``size`` random rows of ``rows``, each class by its share, ascending."""
    present, counts = np.unique(y[rows], return_counts=True)
    samples = [
        rng.permutation(rows[y[rows] == k])[:quota]
        for k, quota in zip(present, quotas(counts, size), strict=True)
    ]
    return np.sort(np.concatenate(samples))


def quotas(counts: np.ndarray, size: int) -> np.ndarray:
    """Return how many of ``size`` rows each class gives, by largest remainder; no class gives its last row.

    Args:
        counts: (classes,) rows of each class, each at least 1.
        size: number of rows in all.

    Returns:
        (classes,) whole numbers with the sum ``size``.

    Raises:
        DataError: the classes have too few rows.
    """
    most = counts - 1
    if size > most.sum():
        raise DataError(
            f"{size:,} rows cannot be cut from {counts.sum():,} so that each of the {len(counts)}"
            " classes keeps one; make the parts of `split` smaller."
        )
    share = size * counts / counts.sum()
    quota = np.minimum(np.floor(share).astype(int), most)
    while quota.sum() < size:
        order = np.argsort(quota - share, kind="stable")
        order = order[quota[order] < most[order]][: size - quota.sum()]
        quota[order] += 1
    return quota


def fit_scaling(x_train: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    """Compute shift and width of ``(x - shift) / width``, each (features,); a constant column becomes 0.

    divide_255: 0, 255. standardize: mean, standard deviation. min_max: minimum, range. none: 0, 1.

    Raises:
        DataError: no scaling has this name.
    """
    features = x_train.shape[1]
    shift, width = np.zeros(features), np.ones(features)
    if scaling == "divide_255":
        width *= 255
    elif scaling in ("standardize", "min_max"):
        low, high = x_train.min(0).astype(np.float64), x_train.max(0).astype(np.float64)
        constant = low == high
        if scaling == "min_max":
            shift, width = low, high - low
        else:
            shift, width = x_train.mean(0, dtype=np.float64), x_train.std(0, dtype=np.float64)
        shift, width = np.where(constant, low, shift), np.where(constant, 1.0, width)
    elif scaling != "none":
        raise DataError(
            f"no scaling is called '{scaling}'; there are divide_255, standardize, min_max, none."
        )
    return shift, width


def scale(x: np.ndarray, shift: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Compute ``(x - shift) / width`` in float64 and round it to float32; (rows, features)."""
    scaled = x.astype(np.float64)
    scaled -= shift
    scaled /= width
    return np.ascontiguousarray(scaled, dtype=np.float32)


def preprocess(
    table: Table,
    rule: Mapping[str, Any],
    scaling: str,
    image: Sequence[int] | None = None,
    planes: bool = False,
) -> dict[str, np.ndarray]:
    """Split and scale a table to the arrays of split.npz.

    Args:
        table: the table.
        rule: sizes of the parts, as in ``split``.
        scaling: name of the scaling, as in ``fit_scaling``.
        image: height, width and channels of a row that is an image.
        planes: true where the features of an image are one channel after another.

    Returns:
        For each part x_<part>, float32 (rows, features) or (rows, *image), and y_<part>, int32 (rows,); class_names.
    """
    rows = split(table.y, rule)
    shift, width = fit_scaling(table.x[rows["train"]], scaling)
    arrays = {f"x_{part}": scale(table.x[rows[part]], shift, width) for part in PARTS}
    if image:
        arrays = {name: _images(x, image, planes) for name, x in arrays.items()}
    arrays |= {f"y_{part}": table.y[rows[part]].astype(np.int32) for part in PARTS}
    return arrays | {"class_names": np.array(table.class_names)}


def _images(x: np.ndarray, image: Sequence[int], planes: bool) -> np.ndarray:
    height, width, channels = image
    if planes:
        return np.ascontiguousarray(x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1))
    return x.reshape(-1, *image)


def describe(dataset: Mapping[str, Any], server: str | None = None) -> str:
    """Return the origin of a data set of the config in one phrase; ``server`` is set if it is not OpenML's own."""
    source = dataset["source"]
    if source == "openml":
        of = f" of the server {server}" if server else ""
        return f"OpenML data set {dataset['id']}{of}"
    if source == "file":
        return f"file {dataset['path']}"
    if source == "bundled":
        return f"{dataset['name']}, shipped with scikit-learn"
    if source == "linear_map":
        return f"a random linear map, seed {dataset['seed']}"
    if source == "disc":
        return f"points about a circle, seed {dataset['seed']}"
    return f"redraw of {dataset['of']} to {dataset['shape']['rows']:,} rows, seed {dataset['seed']}"


def summary(
    table: Table,
    origin: Mapping[str, Any],
    settings: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> dict[str, Any]:
    """Return the content of data.json.

    Args:
        table: the table.
        origin: content of its origin.json.
        settings: ``scaling`` and ``shape`` of the config.
        arrays: result of ``preprocess``.
    """
    classes = len(table.class_names)
    shape = {"rows": table.x.shape[0], "features": table.x.shape[1], "classes": classes}
    image = settings["shape"].get("image")
    return {
        "source": origin["source"],
        "is_redraw": origin["is_redraw"],
        "digest": digest(table),
        "shape": shape | ({"image": image} if image else {}),
        "scaling": settings["scaling"],
        "split": {part: len(arrays[f"y_{part}"]) for part in PARTS},
        "class_names": list(table.class_names),
        "class_counts": {
            "all": np.bincount(table.y, minlength=classes).tolist(),
            **{
                part: np.bincount(arrays[f"y_{part}"], minlength=classes).tolist() for part in PARTS
            },
        },
    }


def save_table(path: Path, table: Table) -> None:
    """Write raw.npz: x, y, feature_names, class_names."""
    names = {
        "feature_names": np.array(table.feature_names),
        "class_names": np.array(table.class_names),
    }
    save_arrays(path, {"x": table.x, "y": table.y, **names})


def load_table(path: Path) -> Table:
    """Read a table from raw.npz."""
    with np.load(path, allow_pickle=False) as arrays:
        names = (tuple(arrays[key].tolist()) for key in ("feature_names", "class_names"))
        return Table(arrays["x"], arrays["y"], *names)
