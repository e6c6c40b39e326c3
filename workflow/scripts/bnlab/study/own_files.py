"""Files of a user's: their names as modules, and the files beside them that they import.

A file is imported as Python imports a script. Modules are looked for beside it, or above the packages that it lies in,
then in the working directory.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from bnlab import lazy

_folders: set[Path] = set()
"""Folders that modules were looked for in."""
_added: list[str] = []
"""Those of the last file that were not on Python's path."""


def load(file: Path) -> ModuleType:
    """Import a file under a name of its own, so that files of one name in two folders stay apart."""
    folder, name = _place(file)
    parent, _, _ = name.rpartition(".")
    module = ModuleType(name)
    module.__file__, module.__package__ = str(file), parent
    with _first(folder), lazy.in_place_of_tensorflow():
        _import_parents(folder, parent)
        sys.modules[name] = module
        try:
            exec(compile(file.read_bytes(), file, "exec"), vars(module))
        except BaseException:
            del sys.modules[name]
            raise
    return module


def files_of(module: str, file: Path) -> list[Path]:
    """Return the files of a user's that ``import module`` in a file runs, packages first; none for what is installed.

    ``module`` begins with a dot for each level of a relative import.
    """
    folder, name = _place(file)
    if module.startswith("."):
        rest = module.lstrip(".")
        levels = len(module) - len(rest)
        package = name.split(".")[1:-levels]
        return _files(folder, [*package, *rest.split(".")] if rest else package)
    found = (_files(each, module.split(".")) for each in (folder, Path.cwd()))
    return next(filter(None, found), [])


def _place(file: Path) -> tuple[Path, str]:
    """Return the folder above all packages that a file lies in, and the name of its module."""
    folder = file.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    parts = file.relative_to(folder).parts[:-1]
    root = f"own_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    return folder, ".".join([root, *parts, file.stem.replace(".", "_")])


def _files(folder: Path, parts: list[str]) -> list[Path]:
    """Return the files of a module below a folder: ``__init__.py`` of each package, and its own."""
    files: list[Path] = []
    for part in parts:
        if (folder / f"{part}.py").is_file() and not (folder / part / "__init__.py").is_file():
            return [*files, folder / f"{part}.py"]
        folder = folder / part
        if (folder / "__init__.py").is_file():
            files.append(folder / "__init__.py")
    return files


def _import_parents(folder: Path, parent: str) -> None:
    """Make the packages of a module, the first of which is the folder itself."""
    for end in range(1, parent.count(".") + 2):
        names = parent.split(".")[:end]
        place = folder.joinpath(*names[1:])
        module, first = ModuleType(".".join(names)), place / "__init__.py"
        if module.__name__ in sys.modules:
            continue
        module.__path__, module.__package__ = [str(place)], module.__name__
        sys.modules[module.__name__] = module
        if first.is_file() and end > 1:
            module.__file__ = str(first)
            exec(compile(first.read_bytes(), first, "exec"), vars(module))


@contextmanager
def _first(folder: Path) -> Iterator[None]:
    """Look for modules in a folder and the working directory first; later, for imports in functions, last.

    Modules of the same names from other folders are forgotten. No bytecode is kept, which Python would take for that of
    a file that was edited in the same second.
    """
    folders, writes = [folder, Path.cwd()], sys.dont_write_bytecode
    others = _folders.difference(folders)
    for name in list(sys.modules):
        if _is_there(name, folders) and _is_from(name, others) and not _is_from(name, folders):
            del sys.modules[name]
    texts = [str(each) for each in folders]
    rest = [each for each in sys.path if each not in _added]
    sys.path[:], sys.dont_write_bytecode = [*texts, *rest], True
    _folders.update(folders)
    try:
        yield
    finally:
        _added[:] = [each for each in texts if each not in rest]
        sys.path[:] = [*rest, *_added]
        sys.dont_write_bytecode = writes


def _is_there(module: str, folders: Iterable[Path]) -> bool:
    """Return true where a folder has a file or folder of the first part of a module's name."""
    top = module.partition(".")[0]
    return any((each / f"{top}.py").is_file() or (each / top).is_dir() for each in folders)


def _is_from(module: str, folders: Iterable[Path]) -> bool:
    """Return true for an imported module that lies in one of the folders under its own name."""
    places = [each.joinpath(*module.split(".")) for each in folders]
    files = [file for each in places for file in (f"{each}.py", str(each / "__init__.py"))]
    own = getattr(sys.modules[module], "__file__", None)
    paths = getattr(sys.modules[module], "__path__", ())
    return own in files if own else any(str(each) in paths for each in places)
