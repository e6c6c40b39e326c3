"""Shapes of files that a config leaves out: read from the file once, and kept beside its data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bnlab.data.datasets import DataError
from bnlab.data.encoding import width
from bnlab.data.preprocessing import split
from bnlab.data.tables import no_file, read_file
from bnlab.data.validation import file_problems
from bnlab.files import Damaged, JobError, read_json, save_json
from bnlab.study.datasets import FileDataset
from bnlab.study.locations import Problem, items, section, texts, value_at
from bnlab.study.messages import counted

SIZES = ("rows", "features", "classes")
ANY_SHAPE = {"rows": 1, "features": 1, "classes": 2}
MOST_FILES = 10_000
"""Files of a folder by whose sizes and times a change is noticed."""


def with_shapes(config: Mapping[str, Any], folder: Path) -> tuple[Any, dict[str, list[Problem]]]:
    """Return a config with the sizes of files that it leaves out, and the problems of files that cannot be read.

    A data set without a run and without a whole shape is left out, since its file need not exist.

    Args:
        config: a whole config.
        folder: of ``results``.

    Returns:
        The config, and the problems of each data set whose shape is still not known.
    """
    used, datasets = _used(config), {}
    unread: dict[str, list[Problem]] = {}
    for name, entry in section(config, "datasets").items():
        given = value_at(entry, ("shape",))
        if value_at(entry, ("source",)) != "file" or not _lacks_sizes(given):
            datasets[name] = entry
        elif name in used:
            try:
                dataset = FileDataset.model_validate({**entry, "shape": ANY_SHAPE})
                if not Path(dataset.path).exists():
                    raise DataError(
                        f"{no_file(dataset.path)}, or give a file that is still to be made its"
                        " `shape: {rows: …, features: …, classes: …}`"
                    )
                sizes = _sizes(dataset, folder / "results" / "data" / name / "shape.json")
                datasets[name] = {**entry, "shape": {**sizes, **(given or {})}}
            except ValidationError:  # which is a problem of the config
                datasets[name], unread[name] = entry, []
            except DataError as error:
                datasets[name] = entry
                others = [problem for problem in file_problems(dataset) if problem[0] != "shape"]
                problems = dict.fromkeys([*error.problems, *others])
                unread[name] = [Problem(("datasets", name, s), t) for s, t in problems]
    return ({**config, "datasets": datasets} if datasets else config), unread


def inferred(config: Mapping[str, Any], datasets: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line about each of the data sets whose sizes a config leaves out."""
    for name, dataset in datasets.items():
        given = value_at(config, ("datasets", name, "shape"))
        if isinstance(dataset, FileDataset) and _lacks_sizes(given):
            shape = dataset.shape
            yield (
                f"{name}: {shape.rows:,} rows, {counted(shape.features, 'feature')},"
                f" {shape.classes:,} classes, read from {dataset.path}"
            )


def _lacks_sizes(shape: Any) -> bool:
    return shape is None or (
        isinstance(shape, Mapping) and any(shape.get(size) is None for size in SIZES)
    )


def _used(config: Mapping[str, Any]) -> set[str]:
    """Return the names of data sets in runs, those that stand for them, and those that they are drawn from."""
    datasets = section(config, "datasets")
    groups = [
        group
        for experiment in section(config, "experiments").values()
        for group in items(value_at(experiment, ("runs",)))
    ]
    used = {name for group in groups for name in texts(value_at(group, ("datasets",)))}
    used |= {name for name, entry in datasets.items() if value_at(entry, ("stands_for",)) in used}
    return used | {str(value_at(datasets, (name, "of"))) for name in used}


def _sizes(dataset: FileDataset, kept: Path) -> dict[str, int]:
    """Return the sizes of a file, from ``kept`` unless the file or its settings have changed since."""
    made_of = _made_of(dataset)
    with suppress(OSError, LookupError, TypeError, ValueError, Damaged):
        record = read_json(kept)
        if record["made_of"] == made_of:
            return {size: int(record["shape"][size]) for size in SIZES}
    options = dataset.model_dump(include={"target", "columns", "drop", "classes", "categories"})
    table = read_file(Path(dataset.path), **options)
    if not table.feature_names:
        raise DataError(f"there is no feature beside {dataset.target}.")
    if len(table.class_names) == 1:
        raise DataError(f"every row is of class {table.class_names[0]}; two classes are needed.")
    features = table.x.shape[1]
    if table.categories:
        features = width(table, split(table.y, dataset.split.model_dump(exclude_none=True)))
    sizes = dict(zip(SIZES, (len(table.y), features, len(table.class_names)), strict=True))
    with suppress(OSError, JobError):  # a folder that cannot be written costs another reading
        save_json(kept, {"made_of": made_of, "shape": sizes})
    return sizes


def _made_of(dataset: FileDataset) -> Any:
    """Return what the sizes depend on, as JSON has it: settings, and size and time of each file."""
    path = Path(dataset.path)
    files = sorted(path.rglob("*"))[:MOST_FILES] if path.is_dir() else [path]
    stats = [(str(file), file.stat()) for file in files if file.is_file()]
    settings = dataset.model_dump(exclude={"label", "class_labels", "shape", "scaling"})
    changes = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return json.loads(json.dumps([settings, changes]))
