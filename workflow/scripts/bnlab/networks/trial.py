"""A trial of a method in a network, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from bnlab.lazy import tf
from bnlab.networks import loading
from bnlab.networks.network import Network
from bnlab.networks.normalizer import Normalizer
from bnlab.study import messages
from bnlab.study.registry import ClassReference

ROWS = 4


def failure(
    method: Mapping[str, Any], network: tuple[str, Any], shape: list[int], classes: int
) -> str | None:
    """Build a network with this method, run it once, and return the error in one sentence, None without one.

    Args:
        method: arguments of ``loading.method``.
        network: arguments of ``loading.network``.
        shape: of one example.
        classes: number of logits.
    """
    try:
        tested = loading.network(*network)
        examples = [prod(shape)] if tested.takes != "images" else shape
        tested.build_for(loading.method(**method), examples, classes, "sigmoid", "glorot_uniform")
        _run(tested, examples)
    except (Exception, SystemExit) as error:
        path = str(method["normalizer"])
        return messages.failure(path, ClassReference.of(path).file, error)
    return None


def _run(network: Network, shape: list[int]) -> None:
    """Run one batch in training and at inference, and check shapes.

    Raises:
        ValueError: a normalizer changes the shape of its input or of a variable, or reads a variable of its own that no
            step would train.
    """
    for block in network.blocks:
        if block.normalizer is not None:
            _watch(block.normalizer)
    x = tf.random.stateless_normal((ROWS, *shape), [0, 0])
    values = [tf.ones(v.shape, v.dtype) for v in network.trainable]
    state = [tf.ones(v.shape, v.dtype) for v in network.state]
    for training in (True, False):
        with tf.GradientTape() as tape:
            _, updated = network(values, state, x, training)
        if foreign := [variable.name for variable in tape.watched_variables()]:
            raise ValueError(
                f"'{foreign[0]}' would not be trained, since a layer of Keras keeps it; make it by "
                "self.vector, and pass it to the layer's stateless_call"
            )
        for variable, value in zip(network.state, updated, strict=True):
            if tuple(value.shape) != variable.shape:
                raise ValueError(f"the shape of '{variable.name}' changes to {tuple(value.shape)}")


def _watch(normalizer: Normalizer) -> None:
    """Let a normalizer raise ValueError where it changes the shape of its input."""
    if any(not variable.trainable for variable in normalizer.variables):
        normalizer.momentum  # noqa: B018  (an AttributeError where there is none)
    normalize = normalizer.normalize

    def watched(u: tf.Tensor, training: bool) -> tf.Tensor:
        y = normalize(u, training)
        if tuple(y.shape) != tuple(u.shape):
            raise ValueError(
                f"normalize makes {tuple(y.shape)} of an input of shape {tuple(u.shape)}"
            )
        return y

    normalizer.normalize = watched  # type: ignore[method-assign]
