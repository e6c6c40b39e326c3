"""Networks and methods, from the arguments of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnlab.lazy import tf
from bnlab.networks.block import Method
from bnlab.networks.network import Network
from bnlab.study.registry import ClassReference


def load(path: str) -> type[Any]:
    """Import the class ``file.py:Class``."""
    return ClassReference.of(path).load()


def network(path: str, settings: Any) -> Network:
    """Return a network, not yet built; settings that are no mapping are those of its first one."""
    cls = load(path)
    return cls(**settings) if isinstance(settings, Mapping) else cls(settings)


def method(kernel: str, normalizer: str | None, **settings: Any) -> Method:
    """Return the method with this kernel and normalizer; ``settings`` are ``options``, ``place`` and ``inputs``."""
    return Method(load(kernel), load(normalizer) if normalizer else None, **settings)


def is_of_memory(error: Exception) -> bool:
    """Return true for an error of a machine without memory left, which is no fault of a method."""
    return isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)
