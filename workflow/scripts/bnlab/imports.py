"""Fast imports of large packages, for the scripts of jobs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
