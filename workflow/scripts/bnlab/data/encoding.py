"""Missing cells filled, and categories made numbers, by rules fitted to training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnlab.data.datasets import PARTS, DataError, Table, abridged, logger, value_problems
from bnlab.data.pieces import pieces
from bnlab.study.datasets import REFUSE
from bnlab.study.messages import counted


def encode(
    table: Table, rows: Mapping[str, np.ndarray], missing: str = REFUSE, categories: str = REFUSE
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the features of a table as numbers without gaps, and what was done, for data.json.

    Numbers are filled first, in their order, and one-hot features of the categories follow, also in their order. A
    category without rows for training becomes zeros. The rules are those of scikit-learn's SimpleImputer and
    OneHotEncoder.

    Args:
        table: the table.
        rows: indices of the rows of each part.
        missing: "mean" or "most_frequent" of the training rows, or "refuse". Categories have no mean, and take the
            most frequent one.
        categories: "one_hot" for one feature each that occurs in a training row, or "refuse".

    Raises:
        DataError: there are missing values or categories that are to be refused, or that training rows do not show.
    """
    gaps = _gaps(table)
    _refuse_what_training_lacks(table, rows["train"], gaps, missing, categories)
    x, of_categories = table.x, _are_categories(table)
    if gaps.any():
        x = np.array(x)
        for columns, strategy in ((~of_categories, missing), (of_categories, "most_frequent")):
            if columns.any():
                x[:, columns] = _filled(x[:, columns], rows["train"], strategy)
    done: dict[str, Any] = {}
    if missing != REFUSE:
        done["missing"] = {"rule": missing, "filled": _by_column(gaps.sum(0), table.feature_names)}
        _log_filled(done["missing"])
    if categories != REFUSE:
        x, made = _one_hot(x, table, rows, of_categories)
        done["categories"] = {"rule": categories, **made}
        _log_categories(done["categories"])
    return x, done


def width(table: Table, rows: Mapping[str, np.ndarray]) -> int:
    """Return the number of features that ``encode`` makes of a table with categories.

    Raises:
        DataError: as ``encode``, for a column of categories that training rows do not show.
    """
    _refuse_what_training_lacks(table, rows["train"], _gaps(table), "most_frequent", "one_hot")
    codes = table.x[np.ix_(rows["train"], np.flatnonzero(_are_categories(table)))]
    levels = [len(np.unique(column[~np.isnan(column)])) for column in codes.T]
    return table.x.shape[1] - len(levels) + sum(levels)


def _are_categories(table: Table) -> np.ndarray:
    return np.array([name in table.categories for name in table.feature_names], bool)


def _gaps(table: Table) -> np.ndarray:
    """Return True for each missing cell of a table, (rows, features)."""
    if table.x.dtype == np.uint8:
        return np.zeros((1, table.x.shape[1]), bool)
    gaps = np.empty(table.x.shape, bool)
    for place, values in pieces(table.x):
        np.isnan(values, out=gaps[place])
    return gaps


def _refuse_what_training_lacks(
    table: Table, train: np.ndarray, gaps: np.ndarray, missing: str, categories: str
) -> None:
    names, problems = table.feature_names, []
    if missing == REFUSE:
        problems += value_problems("missing", gaps.sum(0), names)
    elif gaps.any():
        empty = np.flatnonzero(gaps[train].all(0)).tolist()
        problems += [
            ("missing", f"column {names[j]} has no value in the training rows; `drop` it")
            for j in empty
        ]
    if categories == REFUSE:
        problems += [
            content_problem(name, f"text ('{texts[0]}')")
            for name, texts in table.categories.items()
        ]
    for name in table.categories if categories != REFUSE else ():
        codes = table.x[train, names.index(name)]
        if 1 < len(codes) == len(np.unique(codes)):
            problems.append(
                (
                    "categories",
                    f"column {name} has another text in each training row, as an identifier does;"
                    " `drop` it",
                )
            )
    if problems:
        raise DataError.of(problems)


def content_problem(name: str, content: str) -> tuple[str, str]:
    """Return the problem of a column that has content such as "dates" for numbers, as in ``DataError.problems``."""
    also = ", let `categories: one_hot` make features of it," if content.startswith("text") else ""
    return (
        "path",
        f"column {name} holds {content}, features must be numbers; leave it out with `drop`{also}"
        " or write it as numbers",
    )


def _filled(x: np.ndarray, train: np.ndarray, strategy: str) -> np.ndarray:
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy=strategy).fit(x[train]).transform(x)


def _one_hot(
    x: np.ndarray, table: Table, rows: Mapping[str, np.ndarray], of_categories: np.ndarray
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the numbers of x beside its categories as one-hot features, and counts of both by column."""
    from sklearn.preprocessing import OneHotEncoder

    names = [name for name in table.feature_names if name in table.categories]
    if not names:
        return x, {"features": {}, "unseen": {}}
    codes = x[:, of_categories]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    features = encoder.fit(codes[rows["train"]]).transform(codes)
    unseen = {}
    for part in PARTS[1:]:
        pairs = zip(codes[rows[part]].T, encoder.categories_, strict=True)
        counts = np.array([np.isin(column, seen, invert=True).sum() for column, seen in pairs])
        unseen[part] = _by_column(counts, names)
    made = {name: len(seen) for name, seen in zip(names, encoder.categories_, strict=True)}
    return np.hstack([x[:, ~of_categories], features]), {"features": made, "unseen": unseen}


def _by_column(counts: np.ndarray, names: Sequence[str]) -> dict[str, int]:
    """Return the counts that are not 0, by the name of the column."""
    return {names[j]: int(counts[j]) for j in np.flatnonzero(counts).tolist()}


def _log_filled(done: Mapping[str, Any]) -> None:
    counts = done["filled"]
    where = f" in {_listed(counts)}" if counts else ""
    rule = done["rule"].replace("_", " ")
    logger.info(
        "%s%s, filled with the %s of the training rows",
        counted(sum(counts.values()), "missing cell"),
        where,
        rule,
    )


def _log_categories(done: Mapping[str, Any]) -> None:
    if not done["features"]:
        logger.info("no column holds categories")
        return
    made = done["features"]
    features = counted(sum(made.values()), "one-hot feature")
    logger.info("%s of the categories of %s", features, _listed(made))
    for part, counts in done["unseen"].items():
        if counts:
            logger.info(
                "%s rows: %s with a category of no training row, in %s, with features of 0",
                part,
                counted(sum(counts.values()), "cell"),
                _listed(counts),
            )


def _listed(counts: Mapping[str, int]) -> str:
    return abridged([f"{name} ({number:,})" for name, number in counts.items()])
