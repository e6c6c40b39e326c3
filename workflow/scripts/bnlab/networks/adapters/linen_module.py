"""Modules of Flax' linen as normalizers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from bnlab.networks.adapters.adapter import Adapter
from bnlab.networks.adapters.jax_module import Built, Module, flags, shared


class Linen(Built):
    """A module of ``flax.linen``: ``params`` are trained, and other collections are state."""

    def module(self, cls: type[Any], options: Mapping[str, Any], key: Any, u: np.ndarray) -> Module:
        module = cls(**options)
        init = self.jax.jit(partial(module.init, **flags(cls, options, True)))
        variables = dict(init({"params": key}, u))
        trained = variables.pop("params", {})

        def call(
            trained: Any, state: Any, u: Any, training: bool, key: Any
        ) -> tuple[Any, Mapping[str, Any]]:
            y, after = module.apply(
                {"params": trained, **state},
                u,
                rngs={"params": key},  # what a stream of another name falls back to
                mutable=[*state],
                **flags(cls, options, training),
            )
            return y, {**state, **after}

        return Module(trained, variables, call)


class LinenModule(Adapter):
    """A module of Flax' linen as a normalizer."""

    library, built = "Flax", staticmethod(shared(Linen))
