"""Whether a network with a method can be built and run, before anything is trained."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from math import prod
from typing import Any

import tensorflow as tf

from bnlab.networks import loading
from bnlab.networks.network import Network

ROWS = 4


def failure(
    method: Mapping[str, Any], network: tuple[str, Any], shape: list[int], classes: int
) -> str | None:
    """What goes wrong, in one sentence, when a network with this method is built and runs once; None if nothing does.

    Args:
        method: arguments of ``loading.method``.
        network: arguments of ``loading.network``.
        shape: of one example.
        classes: number of logits.
    """
    path = str(method["normalizer"])
    try:
        built = loading.network(*network)
        examples = [prod(shape)] if built.takes == "rows" else shape
        built.made(loading.method(**method), examples, classes, "sigmoid", "glorot_uniform")
        return _run(built, examples, classes, path)
    except Exception as error:
        file = path.rpartition(":")[0]
        lines = [
            f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(file)
        ]
        where = f" in line {lines[-1]}" if lines else ""
        said = " ".join(str(error).split())[:300]
        return f"{path} cannot be used: {type(error).__name__}{where}: {said}"


def _run(network: Network, shape: list[int], classes: int, path: str) -> str | None:
    for variable in network.state:
        if not hasattr(variable.owner, "momentum"):
            return f"{path} keeps '{variable.name}' and has no momentum (allowed: self.momentum, a number)"
    x = tf.random.stateless_normal((ROWS, *shape), [0, 0])
    values = [tf.ones(v.shape, v.dtype) for v in network.trainable]
    state = [tf.ones(v.shape, v.dtype) for v in network.state]
    for training in (True, False):
        logits, updated = network(values, state, x, training)
        if tuple(logits.shape) != (ROWS, classes):
            return f"{path} changes the shape of what it normalizes"
        for variable, value in zip(network.state, updated, strict=True):
            if tuple(value.shape) != variable.shape:
                return f"{path} changes the shape of '{variable.name}'"
    return None
