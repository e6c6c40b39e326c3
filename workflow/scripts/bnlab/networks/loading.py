"""Networks and methods, from the arguments of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnlab.lazy import tf
from bnlab.networks.block import Method
from bnlab.networks.network import Network
from bnlab.study.messages import failure
from bnlab.study.registry import LIBRARY, ClassReference


def load(path: str) -> type[Any]:
    """Import the class ``file.py:Class``."""
    return ClassReference.of(path).load()


def network(path: str, settings: Any) -> Network:
    """Return a network, not yet built; settings that are no mapping are those of its first one."""
    made: Network = ClassReference.of(path).make(settings)
    return made


def method(kernel: str, normalizer: str | None, **settings: Any) -> Method:
    """Return the method with this kernel and normalizer; ``settings`` are ``options``, ``place`` and ``inputs``."""
    return Method(load(kernel), load(normalizer) if normalizer else None, **settings)


def fault(method: Mapping[str, Any], error: Exception) -> str | None:
    """Return the error of a method in a file of the user's as a sentence; None for one that is no fault of it.

    Args:
        method: arguments of ``method``.
        error: raised while the method was built or run. One of memory is the machine's.
    """
    path = method["normalizer"]
    file = path and ClassReference.of(path).file
    of_memory = isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)
    if not file or file.is_relative_to(LIBRARY) or of_memory:
        return None
    return failure(path, file, error)
