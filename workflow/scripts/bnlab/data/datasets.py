"""Tables of a data set: content, digest, checks and summary."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np

from bnlab.data.pieces import mapped, pieces
from bnlab.files import JobError, reading_arrays, save_arrays
from bnlab.lazy import pd
from bnlab.study.datasets import REFUSE
from bnlab.study.messages import counted

logger = logging.getLogger(__name__)

SHAPE_REMEDY = "correct `shape` in the config, or the source if it is not the data you mean"

PARTS = ("train", "validation", "test")
CATEGORIES = "categories/"
"""Prefix of arrays in raw.npz with the texts of a column."""


class DataError(JobError):
    """Data that cannot be read or differ from the config, with a message for the user.

    Attributes:
        problems: a setting of the config and a sentence for each problem in the message.
    """

    def __init__(self, message: str, setting: str = "path"):
        message = " ".join(message.splitlines())  # a name of a column may have several lines
        super().__init__(message)
        self.problems = [(setting, message.removesuffix("."))]

    @classmethod
    def of(cls, problems: Sequence[tuple[str, str]]) -> DataError:
        """Return the error of several problems, each a setting and a sentence."""
        error = cls("; ".join(sentence for _, sentence in problems) + ".")
        error.problems = list(problems)
        return error


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Name a file or a data set in the message of a DataError that does not name it."""
    try:
        yield
    except DataError as error:
        if subject in str(error):
            raise
        named = DataError(f"{subject}: {error}")
        named.problems = error.problems
        raise named from error


@dataclass(frozen=True)
class Table:
    """A classification table.

    Attributes:
        x: (rows, features), uint8 where every value is a whole number from 0 to 255, else float64; C order.
        y: (rows,), index into ``class_names``; uint8 for up to 256 classes, else int64.
        feature_names: name of each column of x.
        class_names: name of each class, also of one that never occurs.
        sides: sides of the array that each row is in its source; empty for a row of a table.
        categories: texts of those columns of x that hold indices into them, by the name of the column.
        notes: sentences about what was made of columns of the source.
    """

    x: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    sides: tuple[int, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def encode_labels(
    values: Iterable[Any], classes: Sequence[Any] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the class index of each value, and the class names; labels that differ are different classes.

    Args:
        values: (rows,) labels, numbers or text.
        classes: all classes in order, also those that never occur. A number may be written otherwise than in the data,
            as 1 for 1.0, if no other label is equal to it. Without them the classes are the labels that occur, sorted
            as numbers if all look like numbers, else as text.

    Raises:
        DataError: a label is missing or not among ``classes``.
    """
    codes, uniques = pd.factorize(pd.Series(values))
    labels = [label_text(value) for value in uniques]
    codes = np.where(np.isin(codes, [k for k, label in enumerate(labels) if not label]), -1, codes)
    labels_with_text = [label for label in labels if label]
    names = (
        sorted_names(labels_with_text)
        if classes is None
        else [label_text(name) for name in classes]
    )
    indices = _indices(labels_with_text, names)
    problems = []
    if twice := [name for name, number in Counter(names).items() if number > 1]:
        problems.append(("classes", f"two classes are called {abridged(twice)}"))
    if without := (codes < 0).sum():
        have = "has" if without == 1 else "have"
        first = int(np.argmax(codes < 0)) + 1
        problems.append(
            (
                "target",
                f"{counted(without, 'row')} {have} no class, the first is row {first:,}; remove them or"
                " fill them in; `classes` lists a class that a CSV calls NA",
            )
        )
    if unknown := sorted(set(labels_with_text) - indices.keys()):
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
    return np.array([indices.get(label, 0) for label in labels], dtype=kind)[codes], tuple(names)


def _indices(labels: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Return the index of the class of each label that has one."""
    indices = {name: index for index, name in enumerate(names)}
    of_number = {_number(name): index for index, name in enumerate(names)}
    written = Counter(map(_number, labels)), Counter(map(_number, names))
    for label in set(labels) - indices.keys():
        number = _number(label)
        if number is not None and all(count[number] == 1 for count in written):
            indices[label] = of_number[number]
    return indices


def sorted_names(names: Iterable[str]) -> list[str]:
    """Sort names as numbers if all are finite numbers, else as text."""
    names = list(names)
    numbers = [_number(name) for name in names]
    if None in numbers:
        return sorted(names)
    return [name for _, name in sorted(zip(numbers, names, strict=True))]


def _number(label: str) -> Decimal | None:
    try:
        number = Decimal(label)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def label_text(value: Any) -> str:
    """Return a label as text; a whole number has no decimal point, and two values of a type differ in text too."""
    if isinstance(value, bytes):
        return value.decode()
    is_fraction = isinstance(value, float | np.floating | Decimal)
    if is_fraction and abs(value) < 1e16 and value % 1 == 0:
        return str(int(value))
    return str(value)


def abridged(names: Sequence[str], most: int = 12) -> str:
    """Return the first names of a list as text, with their number where some are left out."""
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(map(shortened, names[:most])) + more


def shortened(text: str) -> str:
    """Return the first line of a text, cut to forty characters, to be quoted in a message."""
    line = (text.splitlines() or [""])[0]
    return line if len(line) <= 40 else line[:39] + "…"


def digest(table: Table) -> dict[str, str]:
    """Return the SHA-256 of the bytes of x and of the labels, in C order: {"features": ..., "labels": ...}.

    A label is the index of its class among the sorted names. So the order in which a file declares its classes, as
    ARFF does, makes no difference.
    """
    indices = {name: index for index, name in enumerate(sorted_names(table.class_names))}
    labels = np.array([indices[name] for name in table.class_names], table.y.dtype)[table.y]
    features = hashlib.sha256()
    for piece in pieces(table.x):
        features.update(np.ascontiguousarray(piece.values, table.x.dtype).data)
    for name, texts in table.categories.items():
        features.update("\0".join((name, *texts)).encode())
    return {
        "features": features.hexdigest(),
        "labels": hashlib.sha256(labels.data).hexdigest(),
    }


def check(
    table: Table,
    shape: Mapping[str, Any],
    sha256: Mapping[str, str] | None = None,
    missing: str = REFUSE,
    class_labels: Mapping[Any, str] | None = None,
) -> None:
    """Compare a table with the config.

    Args:
        table: the table.
        shape: {"rows", "features", "classes"}; classes counts all class names, also those that never occur, and the
            features of a table with categories are counted where it is split; perhaps {"image", "planes"}.
        sha256: digests of the content, for any of "features" and "labels".
        missing: "refuse", or a rule that fills in missing values.
        class_labels: names of classes in print, by the class.

    Raises:
        DataError: the table differs; the message lists every difference.
    """
    sizes = (*table.x.shape, len(table.class_names))
    found = dict(zip(("rows", "features", "classes"), sizes, strict=True))
    if table.categories:
        del found["features"]
    gaps = np.zeros(1) if table.x.dtype == np.uint8 else np.isnan(table.x).sum(0)
    problems = array_problems(table.x, table.feature_names, gaps, found, shape, missing)
    problems += image_problems(table.sides, shape)
    problems += label_problems(class_labels or {}, table.class_names)
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


def array_problems(
    x: np.ndarray,
    names: Sequence[str],
    gaps: np.ndarray,
    sizes: Mapping[str, int],
    shape: Mapping[str, Any],
    missing: str = REFUSE,
) -> list[tuple[str, str]]:
    """Return wrong sizes, missing and infinite values as ``DataError.problems``.

    Args:
        x: (rows, features).
        names: of the columns of x.
        gaps: (features,) number of missing values in each column.
        sizes: those that are known of "rows", "features" and "classes".
        shape: sizes in the config.
        missing: as in ``check``.
    """
    problems = shape_problems(sizes, shape)
    if missing == REFUSE:
        problems += value_problems("missing", gaps, names)
    if x.dtype != np.uint8:
        problems += value_problems("infinite", np.isinf(x).sum(0), names)
    return problems


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
            f"found {actual}, expected {expected}: {SHAPE_REMEDY}",
        )
    ]


def image_problems(sides: Sequence[int], shape: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the difference between the sides of a row's array and the image of the config.

    Args:
        sides: of the array that each row is in its source; none for a table.
        shape: perhaps with ``image``, [height, width, channels], and ``planes``.
    """
    if not sides or not (image := shape.get("image")):
        return []
    height, width, channels = image
    orders = {False: (height, width, channels), True: (channels, height, width)}
    planes = bool(shape.get("planes"))

    def fits(order: Sequence[int]) -> bool:
        return [*sides] == [*order] or (channels == 1 and [*sides] == [height, width])

    if len(sides) == 1 or fits(orders[planes]) or (channels == 1 and fits(orders[not planes])):
        return []
    found, expected = (" × ".join(map(str, numbers)) for numbers in (sides, orders[planes]))
    advice = "correct `image`"
    if fits(orders[not planes]):
        advice = (
            "leave `planes` out" if planes else "the channels come first, so set `planes: true`"
        )
    return [("shape", f"an image of x is {found}, not {expected}: {advice}")]


def label_problems(
    class_labels: Mapping[Any, str], class_names: Sequence[str]
) -> list[tuple[str, str]]:
    """Return what is wrong with the names of classes in print, by the class, as ``DataError.problems``."""
    in_print = dict(zip(class_names, class_names, strict=True))
    in_print |= {str(name): label for name, label in class_labels.items()}
    sentences = []
    if absent := [name for name in in_print if name not in class_names]:
        sentences.append(f"names {abridged(absent)}, but the classes are {abridged(class_names)}")
    if twice := [label for label, number in Counter(in_print.values()).items() if number > 1]:
        sentences.append(f"calls two classes {abridged(twice)}")
    return [("class_labels", f"`class_labels` {sentence}") for sentence in sentences]


ADVICE = {
    "missing": "fill them by `missing: mean` or `most_frequent`, or leave their columns out with `drop`",
    "infinite": "replace them",
}


def value_problems(kind: str, counts: np.ndarray, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the columns with "missing" or "infinite" values as ``DataError.problems``; ``counts``: (columns,)."""
    if not counts.any():
        return []
    columns = abridged([names[j] for j in np.flatnonzero(counts).tolist()])
    found = counted(counts.sum(), f"{kind} value")
    return [("path", f"found {found} in {columns}, expected none: {ADVICE[kind]}")]


def count(amount: float, rows: int) -> int:
    """Return the number of rows of a part whose size is a whole number of rows or a fraction of all rows."""
    return amount if isinstance(amount, int) else round(amount * rows)


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
    if source == "language":
        return f"sequences of a random language, seed {dataset['seed']}"
    if source == "stream":
        return f"a stream of {dataset['tasks']} tasks of random classes, seed {dataset['seed']}"
    if source == "disc":
        return f"points about a circle, seed {dataset['seed']}"
    return f"redraw of {dataset['of']} to {dataset['shape']['rows']:,} rows, seed {dataset['seed']}"


def save_table(path: Path, table: Table) -> None:
    """Write raw.npz: x, y, feature_names, class_names, and the texts of a column as `categories/<its name>`."""
    names = {
        "feature_names": np.array(table.feature_names),
        "class_names": np.array(table.class_names),
    }
    texts = {f"{CATEGORIES}{name}": np.array(texts) for name, texts in table.categories.items()}
    save_arrays(path, {"x": table.x, "y": table.y, **names, **texts})


def load_table(path: Path) -> Table:
    """Read a table from raw.npz, whose features stay on disk."""
    with reading_arrays(path) as arrays:
        features, classes = (
            tuple(arrays[key].tolist()) for key in ("feature_names", "class_names")
        )
        categories = {
            key.removeprefix(CATEGORIES): tuple(arrays[key].tolist())
            for key in arrays
            if key.startswith(CATEGORIES)
        }
        return Table(mapped(path, "x"), arrays["y"], features, classes, categories=categories)
