"""Modules of Flax' nnx as normalizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bnlab.networks import side_effects
from bnlab.networks.adapters.adapter import Adapter
from bnlab.networks.adapters.jax_module import Built, Module, flags, shared
from bnlab.study.options import of_layer

SET = ("_pytree__nodes", "_pytree__state")
"""Attributes in which this library notes what the others are."""


class NNX(Built):
    """A module of ``flax.nnx``: a ``Param`` is trained, keys come from the seed, and other variables are state."""

    def module(self, cls: type[Any], options: Mapping[str, Any], key: Any, u: np.ndarray) -> Module:
        from flax import nnx

        kinds = nnx.Param, nnx.RngState, ...
        rngs = {"rngs": nnx.Rngs(key)} if "rngs" in [each.name for each in of_layer(cls)] else {}
        graph, trained, random, state = nnx.split(cls(**{**rngs, **options}), *kinds)

        def call(
            trained: Any, state: Any, u: Any, training: bool, key: Any
        ) -> tuple[Any, Mapping[str, Any]]:
            module = nnx.merge(graph, trained, self._keyed(random, key), state)
            module.train() if training else module.eval()
            before = self._attributes(module)
            y = module(u, **flags(cls, options, training))
            if changed := [n for n, v in self._attributes(module).items() if v != before.get(n)]:
                raise ValueError(
                    f"it keeps a value of a step as its attribute {changed[0]}; make that state an nnx.Variable"
                )
            return y, nnx.split(module, *kinds)[-1]

        return Module(trained, state, call)

    def _keyed(self, random: Any, key: Any) -> Any:
        """Return the state of random numbers with keys of this step."""
        leaves, tree = self.jax.tree.flatten(random)
        is_key = [self.jax.dtypes.issubdtype(v.dtype, self.jax.dtypes.prng_key) for v in leaves]
        drawn = [
            self.jax.random.fold_in(key, i) if each else value
            for i, (each, value) in enumerate(zip(is_key, leaves, strict=True))
        ]
        return self.jax.tree.unflatten(tree, drawn)

    def _attributes(self, module: Any) -> dict[str, list[int]]:
        """Return which objects are the numbers and arrays of a module and its parts that are no variables, by name."""
        from flax import nnx

        parts = [
            (".".join(map(str, path)), part)
            for path, part in nnx.iter_graph(module)
            if isinstance(part, nnx.Module)
        ]
        held = side_effects.attributes(parts, SET)
        return {name: [id(each.value) for each in values] for name, values in held.items()}


class NNXModule(Adapter):
    """A module of Flax' nnx as a normalizer."""

    library, built, given = "Flax", staticmethod(shared(NNX)), ("rngs",)
