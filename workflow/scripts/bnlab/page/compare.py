"""Data of the Compare chart: what its readers may choose, from the published tables that experiments declare for it.

A question has settings on each data set, a setting has methods, and a method has a number at each place of the axis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import FEWEST
from bnlab.files import JobError, read_csv
from bnlab.page.contents import Inputs, Item, relative
from bnlab.page.grids import Grid
from bnlab.page.layout import FRONT
from bnlab.page.phrases import MOST_DECIMALS, decimals, initial_weights, is_width, minus, number
from bnlab.page.settings import recipe_title
from bnlab.page.style import css_name, dash_array, marker_path
from bnlab.study.declaration import Experiment, Question
from bnlab.study.finding import ends_of
from bnlab.study.names import ALL_RECIPES

MOST_PLACES = 80
"""Places on the axis of a chart, at most; of more, those that stand apart on its scale are kept."""
LINE_WIDTH = 1.8
"""Width of a line in pixels, as the style of the page has it."""
COUNTS = ("n", "replicates", "failed", "diverged")
IN_WORDS = {"initializer": initial_weights}
"""Functions that print the values of a column."""


def compare(inputs: Inputs) -> dict[str, Any] | None:
    """Return what the front page says of the Compare chart, None where no experiment has a table for a question.

    Returns:
        ``data``, from ``chart``; ``grid``, its first setting as a table for browsers without scripts; ``source``, the
        address of this table's file.
    """
    data = chart(
        inputs.experiments,
        {item: relative(item.csv, inputs.folder / FRONT) for item in inputs.items},
        inputs.dataset_labels,
        {
            name: (label, inputs.study["methods"][name].get("in_words"))
            for name, label in inputs.method_labels.items()
        },
        {name: recipe_title(recipe) for name, recipe in inputs.study["recipes"].items()},
    )
    if data is None:
        return None
    setting = first_setting(data)
    return {"data": data, "grid": as_grid(data, setting), "source": setting["source"]}


def chart(
    experiments: Mapping[str, Experiment],
    items: Mapping[Item, str],
    datasets: Mapping[str, str],
    methods: Mapping[str, tuple[str, str | None]],
    titles: Mapping[str, str],
) -> dict[str, Any] | None:
    """Return the data of the chart, None where no experiment has a table for a question.

    Args:
        experiments: declarations, in the order of the page.
        items: addresses of the tables.
        datasets: labels of data sets, in the order in which they are offered.
        methods: label and name in sentences, if any, of methods, in the order in which they are offered.
        titles: titles of recipes.

    Returns:
        ``settings``: name, dataset, question, label, source, axis and what ``numbers`` returns. Labels of ``datasets``
        and of ``questions``, those with most curves first; names and mark of ``methods``; ``axes`` of what experiments
        declare.

    Raises:
        JobError: a table lacks a column of the question, or has two rows for one number.
    """
    settings: list[dict[str, Any]] = []
    axes: list[dict[str, Any]] = []
    questions: dict[str, str] = {}
    for experiment, declaration in experiments.items():
        for name, question in declaration.compare.items():
            for setting in _settings(experiment, question, items, titles):
                settings.append(setting | {"question": name, "axis": len(axes)})
            questions.setdefault(name, question.label)
            axes.append(_axis(question))
    if not settings:
        return None
    curves = [(s["dataset"], s["question"], method) for s in settings for method in s["methods"]]
    on, asked, measured = (Counter(each) for each in zip(*curves, strict=True))
    return {
        "datasets": {name: text for name, text in datasets.items() if name in on},
        "questions": {name: questions[name] for name, _ in asked.most_common()},
        "methods": {name: _mark(name, *both) for name, both in methods.items() if name in measured},
        "axes": axes,
        "settings": settings,
    }


def _settings(
    experiment: str, question: Question, items: Mapping[Item, str], titles: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield the settings of a question with their numbers: a data set, recipe and batch size each."""
    key = (experiment, question.table)
    tables = {item.csv: item for item in items if (item.experiment, item.kind) == key}
    for item in tables.values():
        for values, rows in _parts(question, read_csv(item.csv), "/".join(key)):
            told = [str(value) for value in values.values() if value != ALL_RECIPES]
            about = {
                "name": "-".join([experiment, *told]),
                "dataset": item.dataset,
                "label": _label(question, values, titles),
                "source": items[item],
            }
            yield about | numbers(question, rows)


def numbers(question: Question, rows: pd.DataFrame) -> dict[str, Any]:
    """Return the numbers of a setting, in printed units and rounded to their uncertainty.

    Returns:
        ``x``, the places on the axis, and ``methods`` by name: y, low and high, digits (decimals in print), n,
        replicates, failed, diverged and bound (replicates whose number is a lower bound), each with a value a place.
        One value stands for equal ones. A missing number is None, and so is an end of an interval of fewer than
        ``FEWEST`` replicates.
    """
    if question.x is None:
        places, indexed = [0], rows.assign(place=0).set_index("place")
    else:
        places, indexed = _apart(rows[question.x], question.x_scale), rows.set_index(question.x)
    methods = {
        str(method): {name: _once(values) for name, values in _columns(question, part).items()}
        for method, part in (
            (method, of_method.reindex(places))
            for method, of_method in indexed.groupby("method", sort=False)
        )
    }
    return {"x": [_plain(place) for place in places], "methods": methods}


def _columns(question: Question, points: pd.DataFrame) -> dict[str, list[Any]]:
    """Return what ``numbers`` has of a method, a value a point."""
    ends = ends_of(question.y)
    y, low, high = (question.factor * points[name] for name in (question.y, *ends))
    least, most = question.y_range or (-np.inf, np.inf)
    halves = question.factor * (points[ends[1]] - points[ends[0]]) / 2
    digits = [_decimals(*each) for each in zip(y, halves, strict=True)]
    enough = points["n"] >= FEWEST
    shown = {"y": y} | {
        name: end.clip(least, most).where(enough) for name, end in (("low", low), ("high", high))
    }
    in_print = {
        name: [round(v, d) if np.isfinite(v) else None for v, d in zip(values, digits, strict=True)]
        for name, values in shown.items()
    }
    counts = {name: [int(n) for n in points[name].fillna(0)] for name in COUNTS if name in points}
    bounds = points[question.at_least].sum(axis=1) if question.at_least else y.mul(0).fillna(0)
    return in_print | {"digits": digits} | counts | {"bound": [int(n) for n in bounds]}


def _decimals(value: float, half: float) -> int:
    """Return the decimals of a number in print, as the half-width of its interval decides."""
    if is_width(half):
        return min(max(decimals(half), 0), MOST_DECIMALS)
    text = number(value)
    if "e" in text:  # too small or large to be written out
        return MOST_DECIMALS if abs(value) < 1 else 0
    return len(text.partition(".")[2])


def _apart(column: pd.Series, scale: str) -> list[Any]:
    """Return the places on an axis in order, the first and last among them, not more than ``MOST_PLACES``."""
    places = np.unique(column[column > 0] if scale == "log" else column)
    if len(places) <= MOST_PLACES:
        return list(places)
    at = np.log(places) if scale == "log" else places
    wanted = np.linspace(at[0], at[-1], MOST_PLACES)
    return list(places[np.unique(np.abs(at[:, None] - wanted).argmin(axis=0))])


def _plain(place: Any) -> int | float:
    return int(place) if float(place).is_integer() else float(place)


def _once(values: list[Any]) -> Any:
    return values[0] if len(set(values)) == 1 else values


def first_setting(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting that a reader sees first."""
    (dataset, *_), asked = data["datasets"], list(data["questions"])
    of_dataset = [setting for setting in data["settings"] if setting["dataset"] == dataset]
    return min(of_dataset, key=lambda setting: asked.index(setting["question"]))


def as_grid(data: Mapping[str, Any], setting: Mapping[str, Any]) -> Grid:
    """Return the numbers of a setting as a table: a row a place, a column a method."""
    axis = data["axes"][setting["axis"]]
    question, dataset = data["questions"][setting["question"]], data["datasets"][setting["dataset"]]
    labels = [data["methods"][name]["label"] for name in setting["methods"]]
    rows = [
        [f"{place:,}" if axis["x"] else "", *(_text(m, i) for m in setting["methods"].values())]
        for i, place in enumerate(setting["x"])
    ]
    return Grid(
        f"{question}, {dataset}, {setting['label']}: {axis['y']}", [axis["x"], *labels], rows
    )


def _text(of_method: Mapping[str, Any], place: int) -> str:
    """Return a number with its interval: ``97.71 (97.59 to 97.83)``."""
    point = {k: v[place] if isinstance(v, list) else v for k, v in of_method.items()}
    if point["y"] is None:
        return "–"
    y, low, high = (
        None if point[name] is None else minus(f"{point[name]:.{point['digits']}f}")
        for name in ("y", "low", "high")
    )
    return f"{y} ({low} to {high})" if low else f"{y}"


def _parts(
    question: Question, table: pd.DataFrame, name: str
) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Yield the values that tell a setting from others, and its rows."""
    by = ["recipe", *(["batch"] if question.x != "batch" else []), *question.slots]
    place = ["method", *([question.x] if question.x else [])]
    needed = {*question.where, *by, *place, *question.at_least, question.y}
    if missing := sorted(needed - set(table)):
        raise JobError(f"{name}: the table lacks {missing[0]} for a question of compare")
    for column, value in question.where.items():
        table = table[table[column] == value]
    for values, rows in table.groupby(by, sort=False):
        if rows.duplicated(place).any():
            raise JobError(
                f"{name}: a question of compare has two rows for one number; "
                "name the column that tells them apart in its setting or where"
            )
        yield dict(zip(by, values, strict=True)), rows


def _label(question: Question, values: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Return the name of a setting in print, such as ``sigmoid units, learning rate 0.1, 5 epochs, batch 60``."""
    printed = {name: IN_WORDS.get(name, str)(value) for name, value in values.items()}
    parts = [question.setting.format(**printed), titles.get(values["recipe"], "")]
    parts += (
        [f"batch {values['batch']}"] if "batch" in values and "batch" not in question.slots else []
    )
    return ", ".join(part for part in parts if part)


def _axis(question: Question) -> dict[str, Any]:
    return {
        "x": question.x_label,
        "log": question.x_scale == "log",
        "y": question.y_label,
        "range": question.y_range,
        "note": question.note,
    }


def _mark(method: str, label: str, words: str | None) -> dict[str, Any]:
    drawn = marker_path(method)
    return {
        "label": label,
        "words": words,
        "color": f"--m-{css_name(method)}",
        "path": drawn.path,
        "open": not drawn.filled,
        "dash": dash_array(method, LINE_WIDTH),
    }
