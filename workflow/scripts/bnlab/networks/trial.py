"""A trial of a method in a network, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import isfinite, prod
from typing import Any

from bnlab.lazy import tf
from bnlab.networks import loading, side_effects
from bnlab.networks.block import Method
from bnlab.networks.initializers import DEVIATIONS, SCALES
from bnlab.networks.network import Network
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import CONSTANT, Variable
from bnlab.study import messages
from bnlab.study.registry import SHIPPED, ClassReference

ROWS = 4
STARTS = (*CONSTANT, *DEVIATIONS, *SCALES)
"""Names of first values, of which those in ``SCALES`` are of matrices; a number is one too."""


def failure(
    method: Mapping[str, Any],
    network: tuple[str, Any],
    shape: list[int],
    classes: int,
    rows: int = ROWS,
) -> str | None:
    """Build a network with this method, run it once, and return the error in one sentence, None without one.

    Args:
        method: arguments of ``loading.method``, whose normalizer, else its kernel, is a class in a file of the user's.
        network: arguments of ``loading.network``.
        shape: of one example.
        classes: number of logits.
        rows: of a batch.
    """
    kernel, normalizer = str(method["kernel"]), str(method["normalizer"] or "")
    path = kernel if not normalizer or normalizer.startswith(SHIPPED) else normalizer
    try:
        tested = loading.network(*network)
        run(tested, loading.method(**method), shape, classes, rows)
    except messages.ERRORS as error:
        return messages.failure(path, ClassReference.of(path).file, error)
    return None


def variables(
    method: Mapping[str, Any], network: tuple[str, Any], shape: list[int], classes: int
) -> list[str]:
    """Return the paths of the variables that a network with this method trains, none where it cannot be built.

    The arguments are those of ``failure``, and the method may be one of the library.
    """
    with suppress(Exception):
        tested = loading.network(*network)
        examples = [prod(shape)] if tested.takes != "images" else shape
        tested.build_for(loading.method(**method), examples, classes, "sigmoid", "glorot_uniform")
        return [variable.path for variable in tested.trainable]
    return []


def run(network: Network, method: Method, shape: list[int], classes: int, rows: int = ROWS) -> None:
    """Build a network with a method, run one batch in training and at inference, and check shapes.

    Raises:
        ValueError: a class lacks a method, a variable has no known start, a normalizer changes the shape of its input
            or of a variable, it has no gradient, or it reads a variable of its own that no step would train.
    """
    if method.normalizer:
        _check_class(method.normalizer)
    examples = [prod(shape)] if network.takes != "images" else shape
    network.build_for(method, examples, classes, "sigmoid", "glorot_uniform")
    for variable in [*network.trainable, *network.state]:
        _check_start(variable)
    for normalizer in network.every_normalizer():
        watch(normalizer)
    x = tf.random.stateless_normal((rows, *examples), [0, 0])
    values = [tf.ones(v.shape, v.dtype) for v in network.trainable]
    state = [tf.ones(v.shape, v.dtype) for v in network.state]
    for training in (True, False):
        with tf.GradientTape() as tape:
            _, updated = network(values, state, x, training)
        _check_owner(tape)
        for variable, value in zip(network.state, updated, strict=True):
            _check_shape(variable, value)


def alone(normalizer: Normalizer, u: tf.Tensor) -> None:
    """Run a normalizer that is used for nothing else on u, in training and at inference, and check it as ``run`` does.

    Raises:
        ValueError: as ``run``. A normalizer may raise other errors of its own.
    """
    _check_class(type(normalizer))
    for variable in normalizer.variables:
        _check_start(variable)
    watch(normalizer)
    for training in (True, False):
        with tf.GradientTape() as tape:
            normalizer.normalize(u, training)
        _check_owner(tape)
        for variable in normalizer.variables:
            _check_shape(variable, variable.value)


def _check_class(cls: type[Normalizer]) -> None:
    """Raise ValueError where a class has no formula."""
    if cls.normalize is Normalizer.normalize:
        raise ValueError("it has no normalize(self, u, training), which returns N(u)")


def _check_owner(tape: tf.GradientTape) -> None:
    """Raise ValueError where a step read a variable of TensorFlow, which a layer of Keras may have made."""
    if foreign := [variable.name for variable in tape.watched_variables()]:
        raise ValueError(
            f"'{foreign[0]}' would not be trained, since TensorFlow keeps it; make it by self.vector, and pass it to "
            "the stateless_call of a layer of Keras"
        )


def _check_shape(variable: Variable, value: tf.Tensor) -> None:
    """Raise ValueError where a step changes the shape of a variable."""
    if tuple(value.shape) != variable.shape:
        raise ValueError(
            f"the shape of '{variable.name}' changes from {variable.shape} to {tuple(value.shape)}; positions(u) of "
            "bnlab.networks.normalizer are all axes of u but the last"
        )


def _check_start(variable: Variable) -> None:
    """Raise ValueError where a variable starts as nothing that is known."""
    start = variable.start
    if callable(start):
        return
    if start not in STARTS if isinstance(start, str) else not isfinite(start):
        raise ValueError(
            f"'{variable.name}' starts as {start!r} (allowed: a number, {', '.join(STARTS)})"
        )
    if variable.start in SCALES and len(variable.shape) < 2:
        raise ValueError(
            f"'{variable.name}' has the shape {variable.shape}, and {variable.start!r} draws matrices"
        )


def watch(normalizer: Normalizer) -> None:
    """Let a normalizer raise ValueError where it makes no tensor like u, has no gradient or keeps a value of a step."""
    for variable in normalizer.variables:
        if variable.is_average and not hasattr(variable.owner, "momentum"):
            raise ValueError(
                f"it has no attribute momentum, by which its average {variable.name} moves; set it in __init__"
            )
    normalize, own = normalizer.normalize, {variable.name for variable in normalizer.variables}
    trained = [variable for variable in normalizer.variables if variable.trainable]

    def watched(u: tf.Tensor, training: bool) -> tf.Tensor:
        flags = {name for name, value in vars(normalizer).items() if isinstance(value, bool)}
        but = own | flags  # a flag may say which call was the last
        before = side_effects.attributes([("", normalizer)], but)
        values = [variable.value for variable in trained]
        with tf.GradientTape() as tape:
            tape.watch(u)
            y = normalize(u, training)
        if not tf.is_tensor(y):
            raise ValueError(f"normalize returns {type(y).__name__} in the place of a tensor")
        if tuple(y.shape) != tuple(u.shape):
            raise ValueError(
                f"normalize makes {tuple(y.shape)} of an input of shape {tuple(u.shape)}"
            )
        if y.dtype != u.dtype:
            raise ValueError(f"normalize makes {y.dtype.name} of an input of {u.dtype.name}")
        for variable, value in zip(trained, values, strict=True):
            if variable.value is not value:
                raise ValueError(
                    f"a step of its own moves its trained variable {variable.name}; make that state by self.variable "
                    "with trainable=False"
                )
        for name in side_effects.changed(before, side_effects.attributes([("", normalizer)], but)):
            raise ValueError(
                f"it keeps a value of a step as its attribute {name}; make that state by self.variable with "
                "trainable=False"
            )
        if training and u.shape[0] > 1 and tape.gradient(y, u) is None:
            raise ValueError(
                "no gradient flows from N(u) to u, so that no layer before it would train"
            )
        return y

    normalizer.normalize = watched  # type: ignore[method-assign]
