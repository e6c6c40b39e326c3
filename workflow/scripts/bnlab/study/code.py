"""Code that results depend on: files by their imports, and digests of the code that runs.

Import lines, docstrings, comments and formatting count in no digest, nor do the names and paths of files. Only what a
file takes from a file of the user's counts by its names as well.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any, NamedTuple

from bnlab.study import own_files
from bnlab.study.registry import LIBRARY, ClassReference

CARRIERS = {
    "__init__.py",
    "files.py",
    "imports.py",
    "lazy.py",
    "provenance.py",
    "store.py",
    "study/messages.py",
    "study/options.py",
    "study/registry.py",
}
"""Files of the library that carry results and do not compute them; after an edit of one, nothing runs again."""


class Statement(NamedTuple):
    """A statement at the top level of a file: its text and, of a class, the name."""

    text: str
    name: str = ""


class Import(NamedTuple):
    """An imported module, with a dot for each level above, and what is taken from it under another name or its own."""

    module: str
    name: str = ""
    alias: str = ""


class Source(NamedTuple):
    """A file: its statements, their SHA-256, and the files of the library and of the user's that it imports."""

    statements: list[Statement]
    digest: str
    imports: set[Path]


def imported(files: Iterable[Path]) -> list[Path]:
    """Return these files and all files of the library and of the user's that they import; sorted."""
    reached: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in reached:
            reached.add(file)
            waiting += source(file).imports
    return sorted(reached)


def digest_files(files: Iterable[Path]) -> str:
    """Return the SHA-256, in hexadecimal, of the code of these files and of all that they import."""
    return _sha256(sorted(source(file).digest for file in imported(files)))


@cache
def digest(reference: ClassReference) -> str:
    """Return the SHA-256, in hexadecimal, of the code that a class consists of.

    That is the class, the classes of its file that it names, and whatever else stands at the top level of the file.
    Files of the library and of the user's that it imports belong to it. Without a class of this name at the top level
    it is the whole file. A class of an installed package is its name and the version of the package. The adapter of a
    layer of another library belongs to it.
    """
    if reference.module:
        texts = [reference.path, _version(reference.module)]
        return _sha256(
            [*texts, *sorted(source(file).digest for file in imported(reference.files()))]
        )
    own = source(reference.file).statements
    classes = {statement.name: statement.text for statement in own if statement.name}
    needed, waiting = {""}, [reference.name] if reference.name in classes else [*classes]
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += [n for n in classes if n not in needed and f" {n!r} " in f"{classes[name]} "]
    texts = [statement.text for statement in own if statement.name in needed]
    others = (file for file in imported(reference.files()) if file != reference.file)
    return _sha256([*texts, *sorted(source(file).digest for file in others)])


@cache
def source(file: Path) -> Source:
    """Return the statements, digest and imports of a file. Raises SyntaxError."""
    statements, imports = [], set[Import]()
    for node in ast.parse(file.read_bytes(), file).body:
        words: list[str] = []
        _write(node, words, imports)
        name = node.name if isinstance(node, ast.ClassDef) else ""
        statements.append(Statement(" ".join(words), name))
    files = {reached for each in imports if (reached := _file_of_module(each.module))}
    if not file.is_relative_to(LIBRARY):
        others = sorted(each for each in imports if each.module.split(".")[0] != "bnlab")
        own = {each: own_files.files_of(each.module, file) for each in others}
        files |= {reached for each in own.values() for reached in each} - {file}
        taken = [each for each, reached in own.items() if reached and each.name]
        statements.append(Statement(" ".join(" ".join(each) for each in taken)))
    statements = [statement for statement in statements if statement.text]
    return Source(statements, _sha256(s.text for s in statements), files)


def _version(module: str) -> str:
    """Return the version of the package of a module, nothing for one that has none."""
    package = module.partition(".")[0]
    names = packages_distributions().get(package, [package])
    try:
        return version(names[0])
    except PackageNotFoundError:
        return ""


def _file_of_module(module: str) -> Path | None:
    """Return the file of a module or package of the library; None for a carrier and for any other name."""
    package, *parts = module.split(".")
    path = LIBRARY.joinpath(*parts)
    for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
        if package == "bnlab" and file.is_file():
            return None if file.relative_to(LIBRARY).as_posix() in CARRIERS else file
    return None


def _write(part: Any, words: list[str], imports: set[Import]) -> None:
    """Write a part of a syntax tree as words, in every version of Python the same, and collect what it imports."""
    if isinstance(part, list):
        words.append("[")
        for item in part:
            _write(item, words, imports)
        words.append("]")
    elif isinstance(part, ast.Import):
        imports.update(Import(each.name, "", each.asname or "") for each in part.names)
    elif isinstance(part, ast.ImportFrom):
        module = "." * part.level + (part.module or "")
        for each in part.names:
            joint = "" if module.endswith(".") else "."
            imports.update(
                [
                    Import(module, each.name, each.asname or ""),
                    Import(f"{module}{joint}{each.name}"),
                ]
            )
    elif not isinstance(part, ast.AST):
        words.append(repr(part))
    elif not _runs_nothing(part):
        words.append(type(part).__name__)
        for field in part._fields:
            value = getattr(part, field, None)
            if field != "ctx" and value is not None and value != []:
                words.append(field)
                _write(value, words, imports)


def _runs_nothing(node: ast.AST) -> bool:
    """Return true for a docstring, and for ``if TYPE_CHECKING`` with imports alone."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if not isinstance(node, ast.If) or node.orelse:
        return False
    imports = all(isinstance(inner, ast.Import | ast.ImportFrom) for inner in node.body)
    return imports and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _sha256(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
