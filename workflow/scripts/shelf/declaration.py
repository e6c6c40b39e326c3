"""The list of cards, ``cards/shelf.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

import bnlab
from bnlab.same import Side
from bnlab.study.locations import read_yaml
from bnlab.study.registry import find
from bnlab.study.section import Section

FOLDER = Path("cards")
LIST = FOLDER / "shelf.yaml"


class Entry(Section):
    """A layer of the shelf."""

    framework: str
    """Column of the index, one of `frameworks`."""
    layer: str
    """Class, as `bnlab score` takes it."""
    options: dict[str, Any] = {}
    """Options of the class; default none."""
    quick: bool = False
    """True where it is trained too, as by `bnlab score --quick`."""

    @property
    def name(self) -> str:
        """Folder of the card below ``cards``."""
        options = [f"{key}_{value}" for key, value in self.options.items()]
        words = "_".join([self.layer.rpartition(":")[2], *options])
        return f"{_slug(self.framework)}/{_slug(words)}"

    @property
    def file(self) -> Path:
        """The card as JSON."""
        return FOLDER / self.name / "scorecard.json"

    @property
    def text(self) -> str:
        """Class and options, as a user types them."""
        return " ".join([self.layer, *(f"{key}={value}" for key, value in self.options.items())])

    def side(self) -> Side:
        """Return the class with its options. Raises ValueError where its package is absent."""
        return Side(self.text, find("normalizer", self.layer), self.options)


class Family(Section):
    """A table of the index: one layer in several frameworks."""

    title: str
    """Heading."""
    kind: str
    """Kind of input of the values; a layer that does not take it shows another kind."""
    cards: list[Entry]
    """Layers, a column each."""


class Shelf(Section):
    """The list of cards."""

    packages: dict[str, str]
    """Version of each package that the cards are measured with."""
    frameworks: dict[str, str]
    """Package of each framework."""
    lines: list[str]
    """Keys of the properties that the index shows, in its order."""
    families: list[Family]
    """Tables of the index."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Shelf:
        for entry in self.entries():
            if entry.framework not in self.frameworks:
                raise ValueError(f"{entry.layer}: unknown framework '{entry.framework}'")
        names = self.names()
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two cards have the folder cards/{twice[0]}")
        return self

    def entries(self) -> Iterator[Entry]:
        """Yield all layers."""
        for family in self.families:
            yield from family.cards

    def names(self) -> list[str]:
        """Return the folders of all cards below ``cards``."""
        return [entry.name for entry in self.entries()]


def read(file: Path = LIST) -> Shelf:
    """Return the list. Raises ValueError with a sentence where it has a mistake."""
    try:
        return Shelf.model_validate(read_yaml(file))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        words = [f"{file}", place, first["msg"].removeprefix("Value error, ")]
        raise ValueError(": ".join(filter(None, words))) from None


def installed(package: str) -> str:
    """Return the version of a package, an empty text where it is absent."""
    if package == "bnlab":
        return bnlab.__version__
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "_", text.lower())
