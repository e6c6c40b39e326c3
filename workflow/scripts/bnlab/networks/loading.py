"""From what a job is told to classes and networks."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bnlab.networks.block import Method
from bnlab.networks.network import Network

LIBRARY = Path(__file__).parents[1]


def load(path: str) -> type[Any]:
    """The class ``file.py:Class``, imported."""
    name, _, of = path.rpartition(":")
    file = Path(name).resolve()
    if file.is_relative_to(LIBRARY):
        parts = file.relative_to(LIBRARY).with_suffix("").parts
        return getattr(importlib.import_module(".".join(("bnlab", *parts))), of)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, of)


def network(path: str, settings: Any) -> Network:
    """The network, not yet built; settings that are no mapping are those of its first one."""
    made = load(path)
    return made(**settings) if isinstance(settings, Mapping) else made(settings)


def method(kernel: str, normalizer: str | None, **settings: Any) -> Method:
    """The method with this kernel and normalizer; ``settings`` are ``options``, ``place`` and ``inputs``."""
    return Method(load(kernel), load(normalizer) if normalizer else None, **settings)
