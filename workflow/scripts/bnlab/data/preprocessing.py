"""From a table to arrays: the fixed split, and scaling."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnlab.data.datasets import PARTS, DataError, Table, abridged, count, digest, logger
from bnlab.data.encoding import encode
from bnlab.data.pieces import moments, pieces
from bnlab.study.datasets import REFUSE

SPLIT_SEED = 20_150_211
"""Seed of a split that names none, so that every study of a data set has the same test rows."""
EPSILON = np.finfo(np.float64).eps
MOST_ROUNDINGS = 100
"""Roundings of its mean by which a column may spread and still be constant, at most."""


def split(y: np.ndarray, rule: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the row indices of "train", "validation" and "test", ascending; equal labels give equal indices.

    Validation rows are a random share of each class, taken from the rows that are no test rows. Each of their classes
    keeps at least one row for training.

    Args:
        y: (rows,) class indices.
        rule: ``test`` and ``validation`` as a number of rows or as a fraction of all rows; ``test_rows``: "last", or
            "stratified" for a random share of each class; ``seed`` of what is random, if not ``SPLIT_SEED``.

    Raises:
        DataError: there are too few rows, or training rows of one class.
    """
    sizes = {part: count(rule[part], len(y)) for part in ("test", "validation")}
    if sum(sizes.values()) >= len(y):
        raise DataError(
            f"`split` takes {sum(sizes.values()):,} of {len(y):,} rows and leaves none to train on.",
            "split",
        )
    rng = np.random.default_rng(rule.get("seed", SPLIT_SEED))
    rows = np.arange(len(y))
    test = (
        rows[len(y) - sizes["test"] :]
        if rule["test_rows"] == "last"
        else _sample(y, rows, sizes["test"], rng)
    )
    rest = np.setdiff1d(rows, test, assume_unique=True)
    validation = _sample(y, rest, sizes["validation"], rng)
    train = np.setdiff1d(rest, validation, assume_unique=True)
    if (y[train] == y[train[0]]).all():
        raise DataError(
            f"the {len(train):,} training rows are all of one class, and nothing can be learned;"
            " `test_rows: stratified` draws rows of every class.",
            "split",
        )
    return {"train": train, "validation": validation, "test": test}


def notes(table: Table, rows: Mapping[str, np.ndarray]) -> list[str]:
    """Return sentences about classes that the parts of a split lack, and about what follows from it."""
    classes = {part: np.unique(table.y[rows[part]]) for part in PARTS}
    said = []
    if len(classes["test"]) == 1:
        said.append(
            f"all {len(rows['test']):,} test rows are of class"
            f" {table.class_names[classes['test'][0]]}, so AUC is not defined;"
            " `test_rows: stratified` draws rows of every class"
        )
    unseen = np.setdiff1d(classes["test"], classes["train"])
    if len(unseen):
        names = abridged([table.class_names[k] for k in unseen])
        said.append(f"classes {names} have test rows but no training row")
    return said


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
            " classes keeps one; make the parts of `split` smaller.",
            "split",
        )
    share = size * counts / counts.sum()
    quota = np.minimum(np.floor(share).astype(int), most)
    while quota.sum() < size:
        order = np.argsort(quota - share, kind="stable")
        order = order[quota[order] < most[order]][: size - quota.sum()]
        quota[order] += 1
    return quota


def fit_scaling(
    x: np.ndarray, scaling: str, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute shift and width of ``(x - shift) / width``, each (features,).

    divide_255: 0, 255. standardize: mean, standard deviation. min_max: minimum, range. none: 0, 1. A column is constant
    where only rounding distinguishes its values, by the rules of scikit-learn's MinMaxScaler and, up to
    ``MOST_ROUNDINGS`` rows, StandardScaler. That one's bound grows with every row: in a million rows it takes times in
    milliseconds that are 100 apart for constant. The width of a constant column is 1.

    Args:
        x: (rows, features).
        scaling: its name.
        rows: indices of the rows that count; all without them.

    Raises:
        DataError: no scaling has this name.
    """
    features, count = x.shape[1], len(x) if rows is None else len(rows)
    shift, width = np.zeros(features), np.ones(features)
    if scaling == "divide_255":
        width *= 255
    elif scaling in ("standardize", "min_max"):
        low = np.min([piece.values.min(0) for piece in pieces(x, rows)], axis=0)
        high = np.max([piece.values.max(0) for piece in pieces(x, rows)], axis=0)
        shift, width = low, high - low
        constant = width < 10 * EPSILON
        if scaling == "standardize":
            mean, variance = moments(x, rows)
            rounding = min(count, MOST_ROUNDINGS) * EPSILON
            constant = variance <= rounding * variance + (rounding * mean) ** 2
            shift, width = np.where(low == high, low, mean), np.sqrt(variance)
        width = np.where(constant, 1.0, width)
    elif scaling != "none":
        raise DataError(
            f"no scaling is called '{scaling}'; there are divide_255, standardize, min_max, none."
        )
    return shift, width


def scale(
    x: np.ndarray, shift: np.ndarray, width: np.ndarray, rows: np.ndarray | None = None
) -> np.ndarray:
    """Compute ``(x - shift) / width`` in float64 and round it to float32; (rows, features), or those with indices."""
    scaled = np.empty((len(x) if rows is None else len(rows), x.shape[1]), np.float32)
    for place, values in pieces(x, rows):
        values -= shift
        values /= width
        scaled[place] = values
    return scaled


def preprocess(
    table: Table,
    rule: Mapping[str, Any],
    scaling: str,
    image: Sequence[int] | None = None,
    planes: bool = False,
    missing: str = REFUSE,
    categories: str = REFUSE,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Split, encode and scale a table to the arrays of split.npz.

    Args:
        table: the table.
        rule: sizes of the parts, as in ``split``.
        scaling: name of the scaling, as in ``fit_scaling``.
        image: height, width and channels of a row that is an image.
        planes: true where the features of an image are one channel after another.
        missing: rule for missing cells, as in ``encoding.encode``.
        categories: rule for categories, as in ``encoding.encode``.

    Returns:
        For each part x_<part>, float32 (rows, features) or (rows, *image), and y_<part>, int32 (rows,); class_names.
        Beside them the counts of ``encoding.encode``.
    """
    rows = split(table.y, rule)
    for note in notes(table, rows):
        logger.warning("%s", note)
    arrays, encoded = scaled_parts(table, rows, scaling, missing, categories)
    if image:
        arrays = {name: _images(x, image, planes) for name, x in arrays.items()}
    arrays |= {f"y_{part}": table.y[rows[part]].astype(np.int32) for part in PARTS}
    return arrays | {"class_names": np.array(table.class_names)}, encoded


def scaled_parts(
    table: Table,
    rows: Mapping[str, np.ndarray],
    scaling: str,
    missing: str = REFUSE,
    categories: str = REFUSE,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Encode and scale the parts of a split table: x_<part>, (rows, features), and the counts of ``encoding.encode``.

    Raises:
        DataError: as ``encoding.encode``, or a value is too large to be scaled.
    """
    x, encoded = encode(table, rows, missing, categories)
    with np.errstate(over="ignore", invalid="ignore"):  # refused below
        shift, width = fit_scaling(x, scaling, rows["train"])
        arrays = {f"x_{part}": scale(x, shift, width, rows[part]) for part in PARTS}
    _refuse_overflow(table, [shift, width, *arrays.values()])
    return arrays, encoded


def _refuse_overflow(table: Table, arrays: Sequence[np.ndarray]) -> None:
    """Raise DataError where features are too large to be scaled, as a code for missing values may be.

    Args:
        table: the table.
        arrays: shift and width of the features, and their scaled values, each (…, features).
    """
    rows = [np.atleast_2d(array) for array in arrays]
    ends = np.array([end for x in rows for end in (x.min(0), x.max(0))])
    numbers = [name for name in table.feature_names if name not in table.categories]
    if columns := [numbers[j] for j in np.flatnonzero(~np.isfinite(ends).all(0)).tolist()]:
        raise DataError(
            f"column {abridged(columns)} is not finite once scaled, since a value is too large; if it stands"
            " for a missing one, leave its cell empty."
        )


def _images(x: np.ndarray, image: Sequence[int], planes: bool) -> np.ndarray:
    height, width, channels = image
    if planes:
        return np.ascontiguousarray(x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1))
    return x.reshape(-1, *image)


def summary(
    table: Table,
    origin: Mapping[str, Any],
    settings: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    encoded: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the content of data.json.

    Args:
        table: the table.
        origin: content of its origin.json.
        settings: ``scaling`` and ``shape`` of the config.
        arrays: result of ``preprocess``.
        encoded: what was done to missing cells and categories (``encoding.encode``).
    """
    classes = len(table.class_names)
    features = math.prod(arrays["x_train"].shape[1:])
    shape = {"rows": table.x.shape[0], "features": features, "classes": classes}
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
        **(encoded or {}),
    }
