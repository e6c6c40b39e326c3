"""Probes, networks, kernels and normalizers, found by where they lie.

Each is a file whose name is what configs call it. They are found and
read here as text, so that a config is checked without importing TensorFlow. A normalizer or kernel may also be a class
in a file of the user's, ``my_norms.py:MyNorm``.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

LIBRARY = Path(__file__).parents[1]
FOLDERS = {
    "kernel": LIBRARY / "networks" / "kernels",
    "normalizer": LIBRARY / "networks" / "normalizers",
    "network": LIBRARY / "networks",
    "probe": LIBRARY / "probes",
}
BASES = {"network": ("Network",), "probe": ("StepProbe", "EndProbe")}
"""Where a folder holds other files too: what a class of this kind is derived from."""


class RoomError(ValueError):
    """What is named is not there or cannot be read; the text is a sentence for the user."""


class Room(NamedTuple):
    """A class and the file that it stands in."""

    file: Path
    name: str

    @property
    def node(self) -> ast.ClassDef:
        """The class as text."""
        return classes(self.file)[self.name]

    @property
    def path(self) -> str:
        """``file.py:Class`` as seen from the project's folder, which ``networks.loading`` imports."""
        return f"{os.path.relpath(self.file)}:{self.name}"

    @property
    def said(self) -> str:
        """The first paragraph of its docstring in one line."""
        return " ".join((ast.get_docstring(self.node) or "").split("\n\n")[0].split())


def names(kind: str) -> list[str]:
    """What configs may call a kernel, normalizer, network or probe of the library."""
    files = sorted(FOLDERS[kind].glob("*.py"))
    return [file.stem for file in files if file.stem != "__init__" and _class_of(kind, file)]


def step_probes() -> list[str]:
    """The probes whose tables are tidy sources."""
    return [name for name in names("probe") if "StepProbe" in bases(find("probe", name).node)]


def find(kind: str, reference: str) -> Room:
    """The room that a config names: a name of ``names`` or ``file.py:Class``. Raises RoomError."""
    if ":" not in reference:
        file = FOLDERS[kind] / f"{reference}.py"
        name = _class_of(kind, file) if file.is_file() else None
        if name is None:
            raise RoomError(unknown(kind, reference, [*names(kind), "file.py:Class"]))
        return Room(file, name)
    path, _, name = reference.rpartition(":")
    file = Path(path).resolve()
    if not file.is_file():
        raise RoomError(f"there is no file {path} (it is looked for in the project's folder)")
    try:
        found = classes(file)
    except SyntaxError as error:
        raise RoomError(f"{path}, line {error.lineno}, is not Python: {error.msg}") from None
    if name not in found:
        raise RoomError(unknown("class", name, list(found), f" in {path}"))
    return Room(file, name)


def parsed(file: Path) -> ast.Module:
    """The file as a syntax tree. Raises SyntaxError."""
    return _parsed(file, file.stat().st_mtime_ns)


@cache
def _parsed(file: Path, _: int) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def classes(file: Path) -> dict[str, ast.ClassDef]:
    """The classes of a file by name. Raises SyntaxError."""
    return {node.name: node for node in parsed(file).body if isinstance(node, ast.ClassDef)}


def bases(node: ast.ClassDef) -> list[str]:
    """Names of the classes that a class is derived from."""
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def _class_of(kind: str, file: Path) -> str | None:
    """The first public class of a file that is of this kind."""
    for name, node in classes(file).items():
        of_kind = kind not in BASES or set(bases(node)) & set(BASES[kind])
        if of_kind and not name.startswith("_"):
            return name
    return None


def unknown(kind: str, word: Any, allowed: Iterable[Any], where: str = "") -> str:
    """``unknown method 'nb'; did you mean 'bn'? (allowed: base, bn)``"""
    options = [str(name) for name in allowed]
    close = get_close_matches(str(word), options, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"unknown {kind} '{word}'{where}{hint} (allowed: {', '.join(options) or 'none'})"
