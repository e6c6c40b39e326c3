"""Spread of drawn kernels over the spread that their name says."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from shelf.wrappers import Table, Values

WIDTH, DEVIATION, SEED = 1000, 0.02, 0
SHAPE = (WIDTH, WIDTH)


def ours() -> Values:
    """Return the spreads of bnlab's kernels."""
    from bnlab.networks.initializers import draw

    return _spreads(he=lambda: draw("he_normal", SHAPE, SEED))


def keras() -> Values:
    """Return the spreads of Keras' kernels."""
    from keras import initializers, layers, utils

    def dense() -> Any:
        utils.set_random_seed(SEED)
        layer = layers.Dense(WIDTH)
        layer.build((None, WIDTH))
        return layer.kernel

    return _spreads(
        truncated=lambda: initializers.TruncatedNormal(stddev=DEVIATION, seed=SEED)(SHAPE),
        he=lambda: initializers.HeNormal(seed=SEED)(SHAPE),
        dense=dense,
    )


def torch() -> Values:
    """Return the spreads of PyTorch's kernels."""
    from torch import empty, manual_seed, nn

    manual_seed(SEED)
    return _spreads(
        truncated=lambda: nn.init.trunc_normal_(empty(SHAPE), std=DEVIATION),
        he=lambda: nn.init.kaiming_normal_(empty(SHAPE)),
        dense=lambda: nn.Linear(WIDTH, WIDTH).weight.detach(),
    )


def flax() -> Values:
    """Return the spreads of Flax' kernels, whose initializers are those of JAX."""
    import jax
    from flax import nnx

    key = jax.random.key(SEED)
    return _spreads(
        truncated=lambda: nnx.initializers.truncated_normal(DEVIATION)(key, SHAPE),
        he=lambda: nnx.initializers.he_normal()(key, SHAPE),
        dense=lambda: nnx.Linear(WIDTH, WIDTH, rngs=nnx.Rngs(SEED)).kernel[...],
    )


def haiku() -> Values:
    """Return the spreads of Haiku's kernels."""
    import haiku as hk
    import jax

    key = jax.random.key(SEED)

    def drawn(initializer: Any) -> Any:
        function = hk.transform(lambda: hk.get_parameter("w", SHAPE, init=initializer))
        return function.init(key)["~"]["w"]

    linear = hk.transform(lambda x: hk.Linear(WIDTH)(x))
    return _spreads(
        truncated=lambda: drawn(hk.initializers.TruncatedNormal(DEVIATION)),
        he=lambda: drawn(hk.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal")),
        dense=lambda: linear.init(key, np.ones((1, WIDTH), "float32"))["linear"]["w"],
    )


def equinox() -> Values:
    """Return the spread of the kernel of Equinox' linear layer, its only one."""
    import equinox as eqx
    import jax

    return _spreads(
        dense=lambda: eqx.nn.Linear(WIDTH, WIDTH, key=jax.random.key(SEED)).weight,
    )


def _spreads(**draws: Callable[[], Any]) -> Values:
    nominal = {"truncated": DEVIATION, "he": sqrt(2 / WIDTH), "dense": sqrt(1 / WIDTH)}
    return {
        name: float(np.std(np.asarray(draws[name]()))) / value if name in draws else None
        for name, value in nominal.items()
    }


TABLE = Table(
    title="Drawn kernels",
    text=f"Standard deviation of {WIDTH:,} × {WIDTH:,} drawn numbers, over the one that is named.",
    lines={
        "truncated": "truncated normal of deviation 0.02, over 0.02",
        "he": "He's normal kernel, over √(2/fan-in)",
        "dense": "kernel of a dense layer by default, over √(1/fan-in)",
    },
    measures={
        "bnlab": ours,
        "Keras": keras,
        "PyTorch": torch,
        "Flax": flax,
        "Haiku": haiku,
        "Equinox": equinox,
    },
)
