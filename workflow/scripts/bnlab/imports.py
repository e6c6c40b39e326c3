"""Importing large packages sooner."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Imports in its body are not interrupted by the garbage collector.

    What a package makes when it is imported lives to the end of a job; looking through it again and again takes a
    quarter of the import, and once more at the end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
