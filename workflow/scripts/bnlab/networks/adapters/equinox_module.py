"""Modules of Equinox as normalizers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from bnlab.networks.adapters.adapter import Adapter
from bnlab.networks.adapters.jax_module import Built, Module, flags, shared
from bnlab.study.options import of_layer

AXIS = "rows"
"""Name of the axis that a batch is mapped over."""


def _as_it_is(call: Callable[[Any], Any], u: Any) -> Any:
    return call(u)


def _channels_first(call: Callable[[Any], Any], u: Any) -> Any:
    from jax import numpy

    return numpy.moveaxis(call(numpy.moveaxis(u, -1, 1)), 1, -1)


def _by_position(call: Callable[[Any], Any], u: Any) -> Any:
    return call(u.reshape(-1, u.shape[-1])).reshape(u.shape)


VIEWS = {
    2: (_as_it_is,),
    3: (_as_it_is, _by_position, _channels_first),
    4: (_channels_first, _as_it_is, _by_position),
}
"""Ways to pass an input to a module that takes one example, by the number of axes of the input; the first that fits."""


class Equinox(Built):
    """A module of Equinox: it takes one example, and ``vmap`` maps it over the rows; arrays of floats are trained."""

    def module(self, cls: type[Any], options: Mapping[str, Any], key: Any, u: np.ndarray) -> Module:
        import equinox as eqx

        named = [each.name for each in of_layer(cls)]
        added = {n: v for n, v in (("key", key), ("axis_name", AXIS)) if n in named}
        module, state = eqx.nn.make_with_state(cls)(**{**added, **options})
        trained, rest = eqx.partition(module, eqx.is_inexact_array)
        # Before the first call, since batch norm takes no half precision beside averages in another.
        trained, state = (self.jax.tree.map(self._cast, each) for each in (trained, state))
        taken = inspect.signature(cls.__call__).parameters

        def call(
            view: Any, trained: Any, state: Any, u: Any, training: bool, key: Any
        ) -> tuple[Any, Any]:
            module = eqx.nn.inference_mode(eqx.combine(trained, rest), value=not training)
            state = self.jax.tree.map(lambda value: value, state)  # one may be used once
            after = [state]

            def mapped(examples: Any) -> Any:
                keys = self.jax.random.split(key, len(examples)) if "key" in taken else None

                def of_one(example: Any, key: Any) -> Any:
                    keyed = {} if key is None else {"key": key}
                    stated = (state,) if "state" in taken else ()
                    y = module(example, *stated, **keyed, **flags(cls, options, training))
                    return y if stated else (y, state)

                over = self.jax.vmap(of_one, axis_name=AXIS, out_axes=(0, None))
                y, after[0] = over(examples, keys)
                return y

            return view(mapped, u), after[0]

        errors = []
        for view in VIEWS[u.ndim]:
            try:
                step = partial(call, view, trained, state, training=True, key=key)
                y, _ = self.jax.eval_shape(step, u)
                if y.shape != u.shape:
                    raise ValueError(f"it makes {y.shape} of an input of shape {u.shape}")
                return Module(trained, state, partial(call, view))
            except Exception as error:
                errors.append(error)
        raise errors[0]

    def name(self, path: Any) -> str:
        text = super().name(path)
        return f"state.{text}" if text[0].isdigit() else text


class EquinoxModule(Adapter):
    """A module of Equinox as a normalizer."""

    library, built, given = "Equinox", staticmethod(shared(Equinox)), ("key", "axis_name")
