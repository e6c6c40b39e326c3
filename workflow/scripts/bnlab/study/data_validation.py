"""What is wrong with the data that are there already: files to be read, and what other studies have read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bnlab.study.config import Study
from bnlab.study.datasets import FileDataset, origin
from bnlab.study.peek import file_problems
from bnlab.study.places import Problem


def data_problems(study: Study, folder: Path) -> Iterator[Problem]:
    """Problems of files as their datasets describe them, and of names that another study gives to other data."""
    for name in study.used_datasets():
        dataset = study.datasets[name]
        if isinstance(dataset, FileDataset):
            for setting, sentence in file_problems(dataset):
                yield Problem(("datasets", name, setting), sentence)
        yield from _conflicts(study, name, folder / "results" / "data" / name / "origin.json")


def _conflicts(study: Study, name: str, file: Path) -> Iterator[Problem]:
    if not file.is_file():
        return
    said = json.loads(file.read_text("utf8"))
    if said["study"] != study.study and said["origin"] != origin(name, study.datasets):
        yield Problem(
            ("datasets", name),
            f"the study '{said['study']}' calls other data by this name ({said['source']}), and both would lie in"
            f" {file.parent} (allowed: another name here, or that folder removed)",
        )
