"""Means that normalization takes over rows and steps of which one is masked.

Values are 0, 2, 4 and 100, and the last is masked: the mean is 2 without it, 26.5 with it. N(u) = (u − μ)/σ has
μ = −N(0)·2/(N(2) − N(0)).
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

from shelf.wrappers import Table, Values

VALUES = np.array([0, 2, 4, 100], "float32")
TAKEN = np.array([True, True, True, False])
NONE = "takes no mask"


def keras() -> Values:
    """Return the means of Keras' layers, which get a mask from the layer before them."""
    from keras import layers, ops

    steps = ops.convert_to_tensor(VALUES[None, :, None])
    steps._keras_mask = ops.convert_to_tensor(TAKEN[None])  # as Masking or Embedding leave it
    norms = {
        "batch": layers.BatchNormalization(epsilon=0.0),
        "group": layers.GroupNormalization(1, epsilon=0.0),
    }
    return {
        name: _mean(np.array(layer(steps, training=True))[0, :, 0])
        if layer.supports_masking
        else NONE
        for name, layer in norms.items()
    }


def nnx() -> Values:
    """Return the means of the layers of Flax nnx."""
    from flax import nnx

    rngs, mask = nnx.Rngs(0), TAKEN[:, None]
    batch = nnx.BatchNorm(1, epsilon=0.0, use_running_average=False, rngs=rngs)
    group = nnx.GroupNorm(1, num_groups=1, epsilon=0.0, rngs=rngs)
    return {
        "batch": _mean(np.array(batch(VALUES[:, None], mask=mask))[:, 0]),
        "group": _mean(np.array(group(VALUES[None, :, None], mask=mask[None]))[0, :, 0]),
    }


def linen() -> Values:
    """Return the means of the layers of Flax linen."""
    import jax
    from flax import linen

    key, mask = jax.random.key(0), TAKEN[:, None]
    batch, _ = linen.BatchNorm(use_running_average=False, epsilon=0.0).init_with_output(
        key, VALUES[:, None], mask=mask
    )
    group, _ = linen.GroupNorm(num_groups=1, epsilon=0.0).init_with_output(
        key, VALUES[None, :, None], mask=mask[None]
    )
    return {"batch": _mean(np.array(batch)[:, 0]), "group": _mean(np.array(group)[0, :, 0])}


def torch() -> Values:
    """Return that PyTorch's layers have no mask."""
    from torch import nn

    return _without(batch=nn.BatchNorm1d.forward, group=nn.GroupNorm.forward)


def haiku() -> Values:
    """Return that Haiku's layers have no mask."""
    import haiku as hk

    return _without(batch=hk.BatchNorm.__call__, group=hk.GroupNorm.__call__)


def equinox() -> Values:
    """Return that Equinox' layers have no mask."""
    from equinox import nn

    return _without(batch=nn.BatchNorm.__call__, group=nn.GroupNorm.__call__)


def _mean(y: np.ndarray) -> float:
    return float(-y[0] * (VALUES[1] - VALUES[0]) / (y[1] - y[0]))


def _without(**calls: Any) -> Values:
    return {n: "takes one" if "mask" in signature(c).parameters else NONE for n, c in calls.items()}


TABLE = Table(
    title="A masked row",
    text="Mean of values 0, 2, 4 and 100 of which the last is masked: 2 without it, 26.5 with it.",
    lines={
        "batch": "mean of batch normalization, a row masked",
        "group": "mean of group normalization, one group, a step masked",
    },
    measures={
        "Keras": keras,
        "PyTorch": torch,
        "Flax nnx": nnx,
        "Flax linen": linen,
        "Haiku": haiku,
        "Equinox": equinox,
    },
)
