"""Registry of kernels, normalizers, networks and probes: one class a file, whose name configs use.

A kernel or normalizer may also be a class in a file of the user's, ``my_norms.py:MyNorm``.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from bnlab import lazy
from bnlab.study import own_files
from bnlab.study.messages import UnknownName, failure, unknown

LIBRARY, SHIPPED = Path(__file__).resolve().parents[1], "workflow/scripts/bnlab/"
"""Folder of the library, and the beginning of paths that mean a file of it, wherever the library is installed."""
KINDS = {
    "kernel": ("networks/kernels", "networks/kernels/plain.py:Plain"),
    "normalizer": ("networks/normalizers", "networks/normalizer.py:Normalizer"),
    "network": ("networks", "networks/network.py:Network"),
    "probe": ("probes", "training/probe.py:Probe"),
}
"""Folder of the classes of a kind, and the class that they inherit from."""


class ClassReference(NamedTuple):
    """A class by its file and its name."""

    file: Path
    name: str

    @classmethod
    def of(cls, path: str) -> ClassReference:
        """Return the class ``file.py:Class``, of the library or relative to the working directory."""
        file, _, name = path.rpartition(":")
        home = LIBRARY if file.startswith(SHIPPED) else Path()
        return cls((home / file.removeprefix(SHIPPED)).resolve(), name)

    @property
    def is_shipped(self) -> bool:
        """True for a class of the library, false for one in a file of the user's."""
        return self.file.is_relative_to(LIBRARY)

    @property
    def path(self) -> str:
        """``file.py:Class``; for a class of the library, the text is the same in every working directory."""
        if self.is_shipped:
            return f"{SHIPPED}{self.file.relative_to(LIBRARY).as_posix()}:{self.name}"
        return f"{os.path.relpath(self.file)}:{self.name}"

    def load(self) -> Any:
        """Import the class."""
        return getattr(_module(self.file), self.name)


@cache
def shipped(kind: str) -> dict[str, ClassReference]:
    """Return the library's classes of a kind, by the name that configs use."""
    files = sorted((LIBRARY / KINDS[kind][0]).glob("*.py"))
    classes = {f: _classes(kind, f) for f in files if f.stem not in ("__init__", kind)}
    return {file.stem: ClassReference(file, names[0]) for file, names in classes.items() if names}


def find(kind: str, reference: str) -> ClassReference:
    """Return the class that a config names: one of ``shipped``, or ``file.py:Class``.

    Raises:
        UnknownName: there is no such class, or its file cannot be imported.
    """
    path, colon, name = reference.rpartition(":")
    if not colon and name.endswith(".py"):
        raise UnknownName(f"names no class of its file (allowed: {name}:Class)")
    if not colon:
        if name not in shipped(kind):
            raise UnknownName(unknown(kind, name, [*shipped(kind), "file.py:Class"]))
        return shipped(kind)[name]
    own = ClassReference.of(reference)
    if not own.file.is_file():
        raise UnknownName(f"there is no file {path} (it is looked for in the working directory)")
    try:
        names = _classes(kind, own.file)
    except (Exception, SystemExit) as error:
        raise UnknownName(failure(reference, own.file, error)) from None
    if name not in names:
        raise UnknownName(unknown(kind, name, names, f" in {path}"))
    return own


def _classes(kind: str, file: Path) -> list[str]:
    """Return the names of the classes of a kind that a file defines."""
    module, base = _module(file), ClassReference.of(SHIPPED + KINDS[kind][1]).load()
    classes = {n: c for n, c in vars(module).items() if isinstance(c, type) and issubclass(c, base)}
    return [name for name, cls in classes.items() if cls.__module__ == module.__name__]


@cache
def _module(file: Path) -> ModuleType:
    """Import a file of the library or of the user's."""
    if file.is_relative_to(LIBRARY):
        parts = file.relative_to(LIBRARY).with_suffix("").parts
        with lazy.in_place_of_tensorflow():  # a user's own network or probe may import it
            return importlib.import_module(".".join(("bnlab", *parts)))
    return own_files.load(file)
