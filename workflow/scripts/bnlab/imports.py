"""Imports in jobs: of large packages fast, and of the library from beside the workflow."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def without_collector() -> Iterator[None]:
    """Import packages in the body without garbage collection, and exclude their objects from later collections.

    The objects of a package live to the end of a job. Collections during the import of TensorFlow take a third of its
    time, and one more follows at the end of the process.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def lead_in_jobs(folder: Path) -> None:
    """Let child processes import from a folder first, also where pip has installed another copy of the library."""
    rest = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *([rest] if rest else [])])
