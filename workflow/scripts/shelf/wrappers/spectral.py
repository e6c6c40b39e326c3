"""Spectral normalization: W/σ(W), σ the largest singular value, by one step of power iteration a call.

Reference: Miyato, Kataoka, Koyama & Yoshida 2018, arXiv 1802.05957.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from bnlab.study.card import Value
from shelf.wrappers import Table, Values

FAN_IN, UNITS, STARTS, CALLS = 64, 32, 10, 50
KERNEL = np.random.default_rng(0).normal(size=(FAN_IN, UNITS)).astype("float32")
EYE = np.eye(FAN_IN, dtype="float32")

Wrapped = tuple[Callable[[bool], np.ndarray], Callable[[], np.ndarray], Callable[[np.ndarray], Any]]
"""A dense layer in its wrapper: the kernel that it multiplies by in training or evaluation, the kernel that it stores,
and a function that stores another one."""


def keras(seed: int) -> Wrapped:
    """Return Keras' wrapper of a dense layer."""
    import keras

    keras.utils.set_random_seed(seed)
    dense = keras.layers.Dense(UNITS, use_bias=False)
    layer = keras.layers.SpectralNormalization(dense)
    layer.build((None, FAN_IN))
    store = dense.kernel.assign
    return lambda train: np.array(layer(EYE, training=train)), lambda: dense.kernel.numpy(), store


def torch(seed: int) -> Wrapped:
    """Return PyTorch's parametrization of a linear layer; it iterates 15 times when it is made."""
    import torch

    torch.manual_seed(seed)
    linear = torch.nn.Linear(FAN_IN, UNITS, bias=False)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(KERNEL.T))
    layer = torch.nn.utils.parametrizations.spectral_norm(linear)
    own = layer.parametrizations.weight.original

    def used(train: bool) -> np.ndarray:
        layer.train(train)
        return layer(torch.tensor(EYE)).detach().numpy()

    def store(kernel: np.ndarray) -> None:
        with torch.no_grad():
            own.copy_(torch.tensor(kernel.T))

    return used, lambda: own.detach().numpy().T, store


def nnx(seed: int) -> Wrapped:
    """Return the wrapper of Flax nnx."""
    from flax import nnx

    rngs = nnx.Rngs(seed)
    linear = nnx.Linear(FAN_IN, UNITS, use_bias=False, rngs=rngs)
    layer = nnx.SpectralNorm(linear, rngs=rngs)

    def store(kernel: np.ndarray) -> None:
        linear.kernel[...] = kernel

    return (
        lambda train: np.array(layer(EYE, update_stats=train)),
        lambda: np.array(linear.kernel[...]),
        store,
    )


def linen(seed: int) -> Wrapped:
    """Return the wrapper of Flax linen."""
    import jax
    from flax import linen

    layer = linen.SpectralNorm(linen.Dense(UNITS, use_bias=False))
    held = dict(layer.init(jax.random.key(seed), EYE, update_stats=False))
    ((name, _),) = held["params"].items()

    def used(train: bool) -> np.ndarray:
        y, after = layer.apply(held, EYE, update_stats=train, mutable=["batch_stats"])
        held.update(after)
        return np.array(y)

    def store(kernel: np.ndarray) -> None:
        held["params"] = {name: {"kernel": kernel}}

    return used, lambda: np.array(held["params"][name]["kernel"]), store


def haiku(seed: int) -> Wrapped:
    """Return the product with a kernel that Haiku's module normalizes."""
    import haiku as hk
    import jax

    def product(train: bool) -> Any:
        kernel = hk.get_parameter("w", KERNEL.shape, init=hk.initializers.Constant(KERNEL))
        return EYE @ hk.SpectralNorm()(kernel, update_stats=train)

    pure = hk.transform_with_state(product)
    held = dict(zip(("params", "state"), pure.init(jax.random.key(seed), True), strict=True))

    def used(train: bool) -> np.ndarray:
        y, held["state"] = pure.apply(held["params"], held["state"], None, train)
        return np.array(y)

    def store(kernel: np.ndarray) -> None:
        held["params"] = {name: {"w": kernel} for name in held["params"]}

    def stored() -> np.ndarray:
        ((value,),) = (each.values() for each in held["params"].values())
        return np.array(value)

    return used, stored, store


def equinox(seed: int) -> Wrapped:
    """Return Equinox' wrapper of a linear layer."""
    import equinox as eqx
    import jax

    keys = jax.random.split(jax.random.key(seed))
    linear = eqx.nn.Linear(FAN_IN, UNITS, use_bias=False, key=keys[0])
    linear = eqx.tree_at(lambda each: each.weight, linear, KERNEL.T)
    held: dict[str, Any] = {}
    held["layer"], held["state"] = eqx.nn.make_with_state(eqx.nn.SpectralNorm)(
        linear, "weight", key=keys[1]
    )

    def used(train: bool) -> np.ndarray:
        layer = held["layer"]
        y, after = jax.vmap(
            lambda x: layer(x, held["state"], inference=not train), out_axes=(0, None)
        )(EYE)
        held["state"] = after
        return np.array(y)

    def store(kernel: np.ndarray) -> None:
        held["layer"] = eqx.tree_at(lambda each: each.layer.weight, held["layer"], kernel.T)

    return used, lambda: np.array(held["layer"].layer.weight).T, store


def measured(make: Callable[[int], Wrapped]) -> Values:
    """Return the values of the lines."""
    return {
        "first": float(np.mean([_norm(_used(make(seed), [True])) for seed in range(STARTS)])),
        "settled": _norm(_used(make(0), [True] * CALLS)),
        "evaluation": _norm(_used(make(0), [False])),
        "kept": _kept(make(0)),
        "zeros": _after_zeros(make(0)),
    }


def _used(wrapped: Wrapped, calls: Sequence[bool]) -> np.ndarray:
    used, _, store = wrapped
    store(KERNEL)
    return [used(train) for train in calls][-1]


def _kept(wrapped: Wrapped) -> Value:
    used, stored, store = wrapped
    store(KERNEL)
    used(True)
    return _norm(stored()) / _norm(KERNEL)


def _after_zeros(wrapped: Wrapped) -> Value:
    used, _, store = wrapped
    store(np.zeros_like(KERNEL))
    if not np.isfinite(used(True)).all():
        return "NaN"
    store(KERNEL)
    return _norm([used(True) for _ in range(CALLS)][-1])


def _norm(kernel: np.ndarray) -> float:
    return float(np.linalg.norm(kernel, 2))


TABLE = Table(
    title="Spectral normalization",
    text=(
        f"A dense layer with a kernel of {FAN_IN} × {UNITS} numbers from Normal(0, 1), whose largest singular value is "
        f"{_norm(KERNEL):.1f}. What is normalized has 1."
    ),
    lines={
        "first": f"largest singular value in the first training step, mean of {STARTS} starts",
        "settled": f"the same after {CALLS} steps",
        "evaluation": "the same in evaluation, before any step",
        "kept": "stored kernel after a step, over the one given",
        "zeros": f"the same {CALLS} steps after a kernel of zeros",
    },
    measures={
        "Keras": partial(measured, keras),
        "PyTorch": partial(measured, torch),
        "Flax nnx": partial(measured, nnx),
        "Flax linen": partial(measured, linen),
        "Haiku": partial(measured, haiku),
        "Equinox": partial(measured, equinox),
    },
)
