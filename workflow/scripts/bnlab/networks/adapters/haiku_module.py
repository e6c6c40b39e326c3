"""Modules of Haiku as normalizers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from bnlab.networks.adapters.adapter import Adapter
from bnlab.networks.adapters.jax_module import Built, Module, flags, shared


class Haiku(Built):
    """A module of Haiku, which ``transform_with_state`` makes a function."""

    def module(self, cls: type[Any], options: Mapping[str, Any], key: Any, u: np.ndarray) -> Module:
        import haiku as hk

        def run(training: bool, u: Any) -> Any:
            return cls(**options)(u, **flags(cls, options, training))

        functions = {
            training: hk.transform_with_state(partial(run, training)) for training in (True, False)
        }

        def call(trained: Any, state: Any, u: Any, training: bool, key: Any) -> tuple[Any, Any]:
            return functions[training].apply(trained, state, key, u)

        trained, state = self.jax.jit(functions[True].init)(key, u)
        return Module(trained, state, call)

    def name(self, path: Any) -> str:
        _, *parts = (
            super().name(path).replace(".", "/").split("/")
        )  # the module itself is the first
        return ".".join(part for part in parts if part != "~")


class HaikuModule(Adapter):
    """A module of Haiku as a normalizer."""

    library, built = "Haiku", staticmethod(shared(Haiku))
