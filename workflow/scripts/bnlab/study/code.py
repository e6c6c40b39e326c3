"""Which code a result depends on: files by what they import, and digests that comments do not change."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bnlab.study.rooms import LIBRARY, Room, bases, classes, parsed

CARRIERS = ("files.py", "imports.py", "lazy.py", "provenance.py")
"""Modules that carry results and do not make them: an edit of theirs runs nothing again."""


def imported(files: Iterable[Path]) -> list[Path]:
    """These files and all files of the library that they import, also through others; sorted."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imports(file)
    return sorted(found)


@cache
def digest(room: Room) -> str:
    """SHA-256 over the code that a class consists of, in hexadecimal.

    That is the class, the classes of its file that it inherits from, whatever else stands at the top level of the file,
    and the files of the library that it imports; comments, docstrings and formatting do not count.
    """
    tree, own = parsed(room.file), classes(room.file)
    lineage, waiting = set(), [room.name]
    while waiting:
        current = waiting.pop()
        lineage.add(current)
        waiting += [base for base in bases(own[current]) if base in own]
    body = [n for n in tree.body if not isinstance(n, ast.ClassDef) or n.name in lineage]
    others = [file for file in imported([room.file]) if file != room.file]
    parts = [_bare(ast.Module(body, [])), *(_bare_file(file) for file in others)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _bare(tree: ast.Module) -> str:
    """The code of a tree without its docstrings, as one text."""
    return ast.dump(_Bare().visit(_copy(tree)))


@cache
def _bare_file(file: Path) -> str:
    return _bare(parsed(file))


@cache
def _imports(file: Path) -> list[Path]:
    """Files of the library that a file imports itself."""
    found = []
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bnlab":
            module = str(node.module)
            inner = [file_of_module(f"{module}.{alias.name}") for alias in node.names]
            found += [*inner, file_of_module(module)]
    return [path for path in found if path]


def file_of_module(module: str) -> Path | None:
    """The file of a module or package of the library; None of another one."""
    place = LIBRARY.joinpath(*module.split(".")[1:])
    found = [
        path
        for path in (place.parent / f"{place.name}.py", place / "__init__.py")
        if path.is_file()
    ]
    return found[0] if found and found[0].name not in CARRIERS else None


def _copy(tree: ast.Module) -> ast.Module:
    return ast.parse(ast.unparse(tree))


class _Bare(ast.NodeTransformer):
    """Takes docstrings away."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node
