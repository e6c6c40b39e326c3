"""Modules of PyTorch as normalizers, called from a plain graph of TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

from bnlab.lazy import tf
from bnlab.networks import side_effects
from bnlab.networks.adapters.adapter import Adapter, Weight, example

SEED = "seed"
SET = ("training", "_parameters", "_buffers")
"""Attributes that this library sets before a call."""


class Built:
    """A module for inputs (m, *shape), as ``adapter.Layer``.

    Raises:
        ValueError: it returns no tensor, no gradient flows through it, or it keeps state in an attribute.
    """

    def __init__(
        self,
        cls: type[Any],
        options: dict[str, Any],
        shape: tuple[int, ...],
        dtype: str,
        seed: int,
    ):
        import torch

        torch.set_num_threads(1)
        self.torch, self.numbers = torch, count(1)
        with self._seeded(seed):
            self.module = cls(**options).to(getattr(torch, dtype))
        trained = {n: p for n, p in self.module.named_parameters() if p.requires_grad}
        own = {**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}
        self.trained, self.names = [*trained], [*trained, *(n for n in own if n not in trained)]
        self.weights: Sequence[Weight] = [
            Weight(n, _array(own[n]).copy(), n in trained) for n in self.names
        ]
        self.places = [self._place(name) for name in self.names]
        self.channels_first = False
        with torch.random.fork_rng(devices=[]):
            self._try(shape, dtype)

    def call(
        self, values: Sequence[tf.Tensor], u: tf.Tensor, training: bool
    ) -> tuple[Any, list[tf.Tensor]]:
        passes: dict[int, tuple[Any, ...]] = {}
        trained = len(self.trained)

        def forward(u: np.ndarray, *values: np.ndarray) -> tuple[np.ndarray, ...]:
            y, inputs, after = self._forward(u, values, training)
            number = next(self.numbers)
            passes.clear()
            if training:
                passes[number] = y, inputs
            state = [np.asarray(value) for value in after]
            return _array(y), np.array(number), *state

        def backward(
            number: np.ndarray, dy: np.ndarray, u: np.ndarray, *values: np.ndarray
        ) -> list[np.ndarray]:
            found = passes.pop(int(number), None)
            y, inputs = found or self._forward(u, values, training)[:2]
            gradients = self.torch.autograd.grad(
                y, inputs, _tensor(self.torch, dy), allow_unused=True
            )
            return [
                np.zeros(tuple(i.shape), dy.dtype) if g is None else _array(g)
                for g, i in zip(gradients, inputs, strict=True)
            ]

        @tf.custom_gradient
        def function(u: tf.Tensor, *values: tf.Tensor) -> tuple[Any, Any]:
            state = values[trained:]
            types = [u.dtype, tf.int64, *(v.dtype for v in state)]
            y, number, *after = tf.numpy_function(forward, [u, *values], types)
            y = tf.ensure_shape(y, u.shape)
            after = [tf.ensure_shape(a, v.shape) for a, v in zip(after, state, strict=True)]

            def gradient(dy: tf.Tensor, *_: tf.Tensor) -> list[tf.Tensor]:
                asked = [u, *values[:trained]]
                types = [each.dtype for each in asked]
                found = tf.numpy_function(backward, [number, dy, u, *values], types)
                found = [found] if tf.is_tensor(found) else found  # of one, outside a graph
                found = [tf.ensure_shape(g, a.shape) for g, a in zip(found, asked, strict=True)]
                return [*found, *(tf.zeros_like(v) for v in state)]

            return (y, *after), gradient

        y, *after = function(u, *values)
        return y, [*values[:trained], *after]

    def _forward(
        self, u: np.ndarray, values: Sequence[np.ndarray], training: bool
    ) -> tuple[Any, list[Any], list[Any]]:
        """Return N(u) as a tensor of PyTorch, the tensors that it has gradients by, and the state after the call."""
        torch = self.torch
        tensors = [_tensor(torch, value) for value in values[: len(self.names)]]
        inputs = [_tensor(torch, u), *tensors[: len(self.trained)]]
        for each in inputs:
            each.requires_grad_()
        for (place, name), tensor in zip(self.places, tensors, strict=True):
            place[name] = tensor
        self.module.train(training)
        x = torch.movedim(inputs[0], -1, 1) if self.channels_first else inputs[0]
        # A copy may be written to. It has the usual order of memory: some modules lose precision in another.
        x = x.clone(memory_format=torch.contiguous_format)
        seed = values[len(self.names)] if len(values) > len(self.names) else None
        with self._seeded(None if seed is None else int(seed[0]) * 2**31 + int(seed[1])):
            y = self.module(x)
        if not torch.is_tensor(y):
            raise ValueError(f"it returns a {type(y).__name__}, and not one tensor")
        if self.channels_first:
            y = torch.movedim(y, 1, -1)
        after = [_array(place[name]) for place, name in self.places[len(self.trained) :]]
        if seed is not None:
            after.append(seed + np.array([0, 1 if training else 0], seed.dtype))
        return y, inputs, after

    def _place(self, name: str) -> tuple[dict[str, Any], str]:
        """Return the mapping that a module reads a parameter or buffer from, and its key there."""
        path, _, own = name.rpartition(".")
        part = self.module.get_submodule(path)
        return (part._parameters if own in part._parameters else part._buffers), own

    def _try(self, shape: tuple[int, ...], dtype: str) -> None:
        """Find the place of the channels and whether random numbers are drawn, and check a step."""
        u, values = example(shape, dtype), [weight.value for weight in self.weights]
        places = {1: (False,), 2: (False, True)}.get(len(shape), (True, False))
        errors = []
        for self.channels_first in places:
            try:
                y, inputs, _ = self._forward(u, values, True)
                if y.shape != u.shape:
                    raise ValueError(f"it makes {tuple(y.shape)} of an input of shape {u.shape}")
                break
            except Exception as error:
                errors.append(error)
        else:
            raise errors[0]
        if not y.requires_grad or not _reaches(self.torch, y, inputs[0]):
            raise ValueError("no gradient flows from its output to its input")
        self._check_state(values)
        before, random = self._attributes(), self.torch.random.get_rng_state()
        self._forward(-u, values, True)
        is_random = not self.torch.equal(random, self.torch.random.get_rng_state())
        if changed := side_effects.changed(before, self._attributes()):
            raise ValueError(
                f"it keeps a value of a step as its attribute {changed[0]}; make that state by register_buffer"
            )
        if is_random:
            self.weights = [*self.weights, Weight(SEED, np.zeros(2, np.int64), False, True)]

    def _check_state(self, values: Sequence[np.ndarray]) -> None:
        """Raise ValueError where a step from these values moved a parameter, or has given a buffer another shape."""
        for name, (place, own), before in zip(self.names, self.places, values, strict=True):
            after = _array(place[own])
            if after.shape != before.shape:
                raise ValueError(
                    f"the shape of its '{name}' changes from {before.shape} to {after.shape}"
                )
            if name in self.trained and not np.array_equal(after, before):
                raise ValueError(
                    f"a step of its own moves its parameter {name}; make that state by register_buffer"
                )

    def _attributes(self) -> dict[str, list[side_effects.Held]]:
        return side_effects.attributes(self.module.named_modules(), SET)

    @contextmanager
    def _seeded(self, seed: int | None) -> Iterator[None]:
        """Draw random numbers by a seed, and leave those of others as they were; no seed changes nothing."""
        if seed is None:
            yield
            return
        with self.torch.random.fork_rng(devices=[]):
            self.torch.manual_seed(seed)
            yield


class TorchModule(Adapter):
    """A module of PyTorch as a normalizer; its forward pass is computed once, and kept for the gradient.

    Images are passed with channels first, and tokens with features last, where the module takes them so.
    """

    library, built = "PyTorch", Built
    xla = False


def _reaches(torch: Any, y: Any, u: Any) -> bool:
    (gradient,) = torch.autograd.grad(y.sum(), [u], allow_unused=True)
    return gradient is not None


def _tensor(torch: Any, array: np.ndarray) -> Any:
    """Return a copy of an array as a tensor; neither library knows the other's bfloat16."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(np.array(array).view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def _array(tensor: Any) -> np.ndarray:
    """Return a tensor as an array."""
    tensor = tensor.detach()
    if str(tensor.dtype) == "torch.bfloat16":
        import torch

        bits = tensor.contiguous().view(torch.int16).numpy()
        return bits.view(tf.bfloat16.as_numpy_dtype)
    return tensor.numpy()
