"""Fast imports of large packages, for the scripts of jobs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Import in the body without garbage collection, and never look through what it has made again.

    The objects of a package live to the end of a job. To look through those of TensorFlow again and again takes a
    third of its import, the last time at the end of the process.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
