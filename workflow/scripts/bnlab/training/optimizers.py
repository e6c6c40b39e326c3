"""Optimizers in the form of Keras; their memory goes with the state of the network from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from bnlab.lazy import tf

Values: TypeAlias = "list[tf.Tensor]"


class Optimizer(Protocol):
    """Update of parameters by their gradients, at a learning rate that may change without compiling anew."""

    def slots(self, parameters: Values) -> Values:
        """Return the memory before the first step, in the shapes of the parameters."""
        ...

    def moved(
        self,
        parameters: Values,
        gradients: Values,
        slots: Values,
        rate: tf.Tensor,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        """Return parameters and memory after a step at the rate η; ``step`` counts from 0."""
        ...


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent: v ← ρ·v − η·g, w ← w + v; with ``nesterov`` w ← w + ρ·v − η·g.

    ρ is the ``momentum``; at 0 there is no memory, and w ← w − η·g.

    Reference: Sutskever, Martens, Dahl & Hinton 2013, ICML 28(3), eq. 1 to 4; the form is that of Keras.
    """

    momentum: float = 0.0
    nesterov: bool = False

    def slots(self, parameters: Values) -> Values:
        return [tf.zeros_like(p) for p in parameters] if self.momentum else []

    def moved(
        self,
        parameters: Values,
        gradients: Values,
        slots: Values,
        rate: tf.Tensor,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        steps = [-rate * g for g in gradients]
        if not self.momentum:
            return [p + s for p, s in zip(parameters, steps, strict=True)], slots
        slots = [self.momentum * v + s for v, s in zip(slots, steps, strict=True)]
        ahead = [self.momentum * v + s for v, s in zip(slots, steps, strict=True)]
        steps = ahead if self.nesterov else slots
        return [p + s for p, s in zip(parameters, steps, strict=True)], slots


@dataclass(frozen=True)
class Adam:
    """Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε), t from 1.

    Reference: Kingma & Ba 2015, arXiv 1412.6980, section 2 (its last form of Algorithm 1, which is that of Keras).
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def slots(self, parameters: Values) -> Values:
        return [tf.zeros_like(p) for p in [*parameters, *parameters]]

    def moved(
        self,
        parameters: Values,
        gradients: Values,
        slots: Values,
        rate: tf.Tensor,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        n = len(parameters)
        means = [m + (1 - self.beta_1) * (g - m) for m, g in zip(slots[:n], gradients, strict=True)]
        squares = [
            v + (1 - self.beta_2) * (g * g - v) for v, g in zip(slots[n:], gradients, strict=True)
        ]
        t = tf.cast(step + 1, parameters[0].dtype)
        rate = rate * tf.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        moved = [
            p - rate * m / (tf.sqrt(v) + self.epsilon)
            for p, m, v in zip(parameters, means, squares, strict=True)
        ]
        return moved, means + squares


OPTIMIZERS: dict[str, Any] = {"sgd": SGD, "adam": Adam}


def build(optimizer: Mapping[str, Mapping[str, Any]]) -> Optimizer:
    """Return the optimizer of a recipe, ``{name: settings}``."""
    ((name, settings),) = optimizer.items()
    return OPTIMIZERS[name](**settings)
