"""Cost of a normalizer: variables, memory and time."""

from __future__ import annotations

import timeit
from math import prod
from time import process_time
from typing import Any

import numpy as np

from bnlab.card.subject import Subject, weights_like
from bnlab.lazy import tf
from bnlab.study.card import Value

REPEATS, CALLS, TIMES = 7, 20, 8
CALLS_OF_PYTHON = ("PyFunc", "EagerPyFunc", "PyFuncStateless")
"""Operations whose memory TensorFlow does not see."""

BOUNDARIES = "end_of_forward_pass", "end_of_gradient"
"""Names of operations that mark places in a graph."""


def parameters(layer: Subject) -> Value:
    """Number of values that gradient descent moves, over the number of features."""
    return _numbers(layer, trainable=True)


def state(layer: Subject) -> Value:
    """Number of values that are kept and not trained, over the number of features."""
    return _numbers(layer, trainable=False)


def kept(layer: Subject) -> Value:
    """Size of what the gradient reads of the forward pass, over the size of u, in float32, before compilation."""
    traced = tf.function(_step(layer), autograph=False).get_concrete_function()
    operations = traced.graph.get_operations()
    if any(op.type in CALLS_OF_PYTHON for op in operations):
        return None
    middle, end = (next(i for i, op in enumerate(operations) if op.name == n) for n in BOUNDARIES)
    forward = set(operations[:middle])
    read = {
        tensor.ref(): tensor
        for op in operations[middle + 1 : end]
        for tensor in op.inputs
        if tensor.op in forward and tensor.op.type != "Const"
    }
    sizes = [prod(t.shape) for t in read.values() if t.dtype.is_floating]
    return sum(sizes) / (TIMES * prod(layer.shape))


def microseconds(layer: Subject) -> Value:
    """Least of 7 means of 20 calls of N(u) and its gradients in float32, compiled as in training, in processor time.

    u has 8 times the rows of the other measurements.
    """
    compiled = layer.built("float32").xla and len(layer.shape) != 4
    step = tf.function(_step(layer), autograph=False, jit_compile=compiled)
    step()
    return min(timeit.repeat(step, timer=process_time, number=CALLS, repeat=REPEATS)) / CALLS * 1e6


def _step(layer: Subject) -> Any:
    """Return a function of no arguments that computes N(u) and the gradients by u and by trained variables."""
    normalizer = layer.built("float32")
    u = layer.inputs(rows=layer.shape[0] * TIMES)
    values = [tf.Variable(tf.constant(u, "float32"))]
    weights = tf.constant(weights_like(u), "float32")
    trained = [v for v in normalizer.variables if v.trainable]
    before = [(v, v.value) for v in normalizer.variables]

    def step() -> list[tf.Tensor]:
        inputs = [tf.identity(values[0]), *(v.value for v in trained)]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = normalizer.normalize(inputs[0], True)
        after = [v.value for v in normalizer.variables if not v.trainable]
        tf.no_op(name=BOUNDARIES[0])
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(y, inputs, weights, unconnected_gradients=zero)
        tf.no_op(name=BOUNDARIES[1])
        for variable, value in before:
            variable.bind(value)
        return [y, *gradients, *after]

    return step


def _numbers(layer: Subject, trainable: bool) -> float:
    shapes = [v.shape for v in layer.built().variables if v.trainable == trainable]
    return float(np.sum([prod(shape) for shape in shapes])) / layer.shape[-1]
