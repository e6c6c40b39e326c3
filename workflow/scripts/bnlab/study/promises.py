"""Whether what an experiment declares is there, before anything is trained."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from bnlab.study.declaration import COMMON, SOURCES, TIMING, Experiment
from bnlab.study.rooms import EXPERIMENTS, LIBRARY, experiments, parsed, step_probes


def gaps(name: str) -> list[str]:
    """Everything that the declaration of an experiment promises and its folder lacks, a sentence each."""
    declared, folder = experiments()[name], EXPERIMENTS / name
    return [
        *_missing_functions(declared, folder),
        *_missing_captions(declared, folder),
        *_sources(declared, folder),
    ]


def _missing_functions(declared: Experiment, folder: Path) -> Iterator[str]:
    shown = [item.kind for item in (*declared.figures, *declared.tables)]
    own = [quantity for quantity in declared.quantities if quantity not in COMMON]
    wanted = {
        "tables.py": shown,
        "figures.py": [figure.kind for figure in declared.figures],
        "words.py": [*(figure.kind for figure in declared.figures), "answer"],
        "grids.py": [table.kind for table in declared.tables],
        "quantities.py": own,
    }
    for file, functions in wanted.items():
        there = _defined(folder / file)
        for function in dict.fromkeys(functions):
            if function not in there:
                yield f"{_shown(folder / file)}: '{function}' is declared, and no function has this name"


def _missing_captions(declared: Experiment, folder: Path) -> Iterator[str]:
    for item in (*declared.figures, *declared.tables):
        caption = folder / "captions" / f"{item.kind}.rst"
        if not caption.is_file() or not caption.read_text("utf8").strip():
            yield f"{_shown(caption)}: '{item.kind}' is declared, and this caption is missing or empty"


def _sources(declared: Experiment, folder: Path) -> Iterator[str]:
    readers = [(i.kind, i.reads) for i in (*declared.figures, *declared.tables)]
    readers += [(name, quantity.reads) for name, quantity in declared.quantities.items()]
    known = {*SOURCES, TIMING, *step_probes()}
    for reader, reads in readers:
        for source in reads:
            if source not in known:
                yield (
                    f"{_shown(folder / '__init__.py')}: '{reader}' reads '{source}', which no run records"
                    f" (allowed: {', '.join(sorted(known))})"
                )


def _defined(file: Path) -> set[str]:
    """Names that a module defines or imports at its top level; none if it is not there."""
    found: set[str] = set()
    for node in parsed(file).body if file.is_file() else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def _shown(path: Path) -> str:
    return path.relative_to(LIBRARY.parents[2]).as_posix()
