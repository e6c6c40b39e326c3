"""Measurements of what a card does not have: spectral normalization, drawn kernels and masks.

Each module has a ``TABLE``. Its functions, one a framework, return a value for each line. They import the framework
themselves, so that one can be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bnlab.study.card import Value

Values = dict[str, Value]


class Table(NamedTuple):
    """A table of the index.

    Attributes:
        title: its heading.
        text: what is measured.
        lines: the words of each line, by key.
        measures: the function of each framework; it returns a value by the key of each line.
    """

    title: str
    text: str
    lines: Mapping[str, str]
    measures: Mapping[str, Callable[[], Values]]
