"""Modules of libraries on JAX as normalizers, compiled by XLA with the rest of the network.

``jax2tf`` makes an operation of the module and of its gradient, which TensorFlow compiles in one program with what is
around it. Calls of Python through ``tf.numpy_function``, as PyTorch needs them, leave that program twice a layer and
step. Three layer normalizations of (64, 64) in float32 with their gradients took 3.5 ms the first way and 17.5 ms the
second, on two busy cores, by jax 0.10.2. What the gradient needs of the forward pass goes from one operation to the
other, so that it is computed once.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from bnlab.lazy import XLA_FLAGS, tf
from bnlab.networks import side_effects
from bnlab.networks.adapters.adapter import Weight, example, unique

SEED = "seed"
FLAGS = {
    "training": True,
    "train": True,
    "is_training": True,
    "deterministic": False,
    "inference": False,
    "use_running_average": False,
}
"""Arguments of a call that say whether it is one in training, and their values there."""
MOST = 100
"""Largest number of layers that are kept."""


class Module(NamedTuple):
    """A module as a function without side effects.

    Attributes:
        trained, state: trees of arrays before training.
        call: returns N(u) and the state after it, of trained, state, u, training, and a key of random numbers.
    """

    trained: Any
    state: Any
    call: Callable[[Any, Any, Any, bool, Any], tuple[Any, Any]]


class Built:
    """A module for inputs (m, *shape), as ``adapter.Layer``; a subclass makes it a function.

    Raises:
        ValueError: it returns no array or one of another shape, no gradient flows through it, or a call adds state.
    """

    def __init__(
        self,
        cls: type[Any],
        options: Mapping[str, Any],
        shape: tuple[int, ...],
        dtype: str,
        seed: int,
    ):
        self.jax, self.dtype = started(), dtype
        u = example(shape, dtype)
        with self._types():
            made = self.module(cls, options, self.jax.random.key(seed % 2**31), u)
            self.apply = made.call
            trees = [self.jax.tree.map(self._cast, tree) for tree in (made.trained, made.state)]
            leaves, self.trees = zip(
                *map(self.jax.tree_util.tree_flatten_with_path, trees), strict=True
            )
            self.trained = len(leaves[0])
            parts = [part for each in leaves for part in each]
            names = unique(self.name(path) for path, _ in parts)
            self.shapes = [value.shape for _, value in parts]
            self.weights: Sequence[Weight] = [
                Weight(name, np.asarray(value).reshape(_own(value.shape)), i < self.trained)
                for i, (name, (_, value)) in enumerate(zip(names, parts, strict=True))
            ]
            self.is_random = self._is_random(u)
        if self.is_random:
            self.weights = [*self.weights, Weight(SEED, np.zeros(2, np.uint32), False, True)]
        self.functions = {
            training: tf.function(self._function(training), autograph=False)
            for training in (True, False)
        }

    def module(self, cls: type[Any], options: Mapping[str, Any], key: Any, u: np.ndarray) -> Module:
        """Return the module with first values drawn by a key, for inputs such as u."""
        raise NotImplementedError

    def name(self, path: Any) -> str:
        """Return the name of a leaf of a tree."""
        text = self.jax.tree_util.keystr(path, simple=True, separator=".")
        return text.removesuffix(".value")

    def call(
        self, values: Sequence[tf.Tensor], u: tf.Tensor, training: bool
    ) -> tuple[Any, list[tf.Tensor]]:
        inputs = [tf.convert_to_tensor(each) for each in (u, *values)]
        shapes = [tf.TensorSpec(each.shape, each.dtype) for each in inputs]
        traced = self.functions[training].get_concrete_function(*shapes)
        y, *after = traced(*inputs)
        return y, [*values[: self.trained], *after]

    def _function(self, training: bool) -> Callable[..., tuple[tf.Tensor, ...]]:
        """Return N(u) and the state after it, with its gradient, as a function of TensorFlow."""
        from jax.experimental import jax2tf

        @tf.custom_gradient
        def function(*inputs: tf.Tensor) -> tuple[Any, Any]:
            trees = {}

            def forward(*inputs: Any) -> tuple[Any, Any, list[Any]]:
                moved, state = inputs[: 1 + self.trained], inputs[1 + self.trained :]
                y, gradient, after = self.jax.vjp(
                    lambda *moved: self._step(training, *moved, *state), *moved, has_aux=True
                )
                kept, trees["gradient"] = self.jax.tree.flatten(gradient)
                return y, after, kept

            def backward(dy: Any, *kept: Any) -> Any:
                return self.jax.tree.unflatten(trees["gradient"], kept)(dy)

            with self._types():
                y, after, kept = jax2tf.convert(forward, with_gradient=False)(*inputs)

            def gradient(dy: tf.Tensor, *_: tf.Tensor) -> list[tf.Tensor | None]:
                with self._types():
                    found = jax2tf.convert(backward, with_gradient=False)(dy, *kept)
                return [*found, *(None for _ in inputs[len(found) :])]

            return (y, *after), gradient

        return function

    def _step(self, training: bool, u: Any, *values: Any) -> tuple[Any, list[Any]]:
        """Return N(u), and the values of the state after it, of which the last is the seed of random numbers."""
        random, numbers = self.jax.random, self.jax.numpy
        seed = values[-1] if self.is_random else numbers.zeros(2, numbers.uint32)
        given = [value.reshape(shape) for value, shape in zip(values, self.shapes, strict=False)]
        state = values[self.trained : len(self.shapes)]
        y, after = self.apply(
            self.jax.tree.unflatten(self.trees[0], given[: self.trained]),
            self.jax.tree.unflatten(self.trees[1], given[self.trained :]),
            u,
            training,
            random.fold_in(random.key(seed[0]), seed[1]),
        )
        if not isinstance(y, self.jax.Array):
            raise ValueError(f"it returns a {type(y).__name__}, and not one array")
        if self.jax.tree.structure(after) != self.trees[1]:
            raise ValueError("a call adds or drops state; make all of it where the module is made")
        pairs = zip(self.jax.tree.leaves(after), state, strict=True)
        kept = [
            numbers.asarray(value, before.dtype).reshape(_own(value.shape))
            for value, before in pairs
        ]
        if self.is_random:
            kept.append(seed + numbers.array([0, training], seed.dtype))
        return y.astype(u.dtype), kept

    def _is_random(self, u: np.ndarray) -> bool:
        """Check a step, and return true where it depends on the seed of random numbers."""
        self.is_random = True

        def step(seed: Any, u: Any, dy: Any) -> tuple[Any, Any]:
            values = [self.jax.numpy.asarray(w.value) for w in self.weights]
            y, gradient, _ = self.jax.vjp(
                lambda u: self._step(True, u, *values, seed), u, has_aux=True
            )
            if y.shape != u.shape:
                raise ValueError(f"it makes {y.shape} of an input of shape {u.shape}")
            return y, gradient(dy)[0]

        first, again = (  # JAX would take the first program again for the same function
            self.jax.make_jaxpr(partial(step))(np.zeros(2, np.uint32), u, u) for _ in range(2)
        )
        if _text(first) != _text(again):
            raise ValueError(side_effects.ANOTHER)
        traced = first.jaxpr
        if not _depends(traced, traced.outvars[1], traced.invars[2]):
            raise ValueError("no gradient flows from its output to its input")
        return _depends(traced, traced.outvars[0], traced.invars[0])

    def _cast(self, value: Any) -> Any:
        """Return a value in the type of the network where it is no count."""
        is_number = self.jax.numpy.issubdtype(value.dtype, self.jax.numpy.floating)
        return value.astype(self.dtype) if is_number else value

    @contextmanager
    def _types(self) -> Iterator[None]:
        """Let JAX know float64 where the network computes in it, and there alone."""
        with self.jax.enable_x64(self.dtype == "float64"):
            yield


def shared(built: type[Built]) -> Callable[..., Built]:
    """Return a maker of layers, which gives the ``MOST`` newest again for equal arguments, with all that JAX traced."""
    made: dict[tuple[Any, ...], Built] = {}

    def make(cls: type[Any], options: Mapping[str, Any], *rest: Any) -> Built:
        key = cls, repr(sorted(options.items())), *rest
        made[key] = made.pop(key) if key in made else built(cls, options, *rest)
        if len(made) > MOST:
            del made[next(iter(made))]
        return made[key]

    return make


def _own(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without leading ones, of which Haiku's variables have as many as the input has axes."""
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _text(traced: Any) -> str:
    """Return a traced program with its constants as text, without addresses of objects."""
    return re.sub("0x[0-9a-f]+", "", f"{traced}{traced.consts}")


def _depends(program: Any, output: Any, source: Any) -> bool:
    """Return true where an output of a traced program is computed from an input."""
    reached = {id(source)}
    for operation in program.eqns:
        if not reached.isdisjoint(map(id, operation.invars)):
            reached.update(map(id, operation.outvars))
    return id(output) in reached


def flags(cls: type[Any], options: Mapping[str, Any], training: bool) -> dict[str, bool]:
    """Return the arguments of a call that say whether it is one in training, but for those that options fix."""
    taken = inspect.signature(cls.__call__).parameters
    return {
        name: training == value
        for name, value in FLAGS.items()
        if name in taken and options.get(name) is None
    }


@cache
def started() -> ModuleType:
    """Import JAX and let it compile, without the flags that are TensorFlow's.

    XLA reads its flags once in each library, and a flag that it does not know ends the process.
    """
    before = os.environ.get("XLA_FLAGS", "")
    own = (word for word in before.split() if word not in XLA_FLAGS.values())
    os.environ["XLA_FLAGS"] = " ".join(own)
    try:
        import jax

        jax.jit(lambda: 0)()
    finally:
        os.environ["XLA_FLAGS"] = before
    return jax
