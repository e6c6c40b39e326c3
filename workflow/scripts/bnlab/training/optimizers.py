"""Optimizers in the forms of Keras and of PyTorch; their memory goes with the state of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from bnlab.lazy import tf

Values: TypeAlias = "list[tf.Tensor]"


class Optimizer(Protocol):
    """Update of parameters by their gradients, at learning rates that may change without compiling anew."""

    def slots(self, parameters: Values) -> Values:
        """Return the memory before the first step, in the shapes of the parameters."""
        ...

    def moved(
        self,
        parameters: Values,
        gradients: Values,
        slots: Values,
        rates: Values,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        """Return parameters and memory after a step, each parameter at its rate η; ``step`` counts from 0."""
        ...


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent: w ← w − η·g, or with ``momentum`` ρ by a velocity v in one of two forms.

    ``velocity`` is a sum of past

        steps        v ← ρ·v − η·g and w ← w + v;    with ``nesterov`` w ← w + ρ·v − η·g
        gradients    v ← ρ·v + g and w ← w − η·v;    with ``nesterov`` w ← w − η·(ρ·v + g)

    At a constant η they are the same. After a change of η the first goes on at the rates of the past for some
    1/(1 − ρ) steps, the second at once at the new one.

    References: Sutskever, Martens, Dahl & Hinton 2013, ICML 28(3), eq. 1 to 4, and Keras (steps); the documentation of
    PyTorch's ``torch.optim.SGD`` (gradients).
    """

    momentum: float = 0.0
    nesterov: bool = False
    velocity: Literal["steps", "gradients"] = "steps"

    def slots(self, parameters: Values) -> Values:
        return [tf.zeros_like(p) for p in parameters] if self.momentum else []

    def moved(
        self,
        parameters: Values,
        gradients: Values,
        slots: Values,
        rates: Values,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        terms = gradients
        if self.velocity == "steps" or not self.momentum:
            terms = [-rate * g for rate, g in zip(rates, gradients, strict=True)]
        if not self.momentum:
            return [p + s for p, s in zip(parameters, terms, strict=True)], slots
        slots = [self.momentum * v + s for v, s in zip(slots, terms, strict=True)]
        ahead = [self.momentum * v + s for v, s in zip(slots, terms, strict=True)]
        moves = ahead if self.nesterov else slots
        if self.velocity == "gradients":
            moves = [-rate * v for rate, v in zip(rates, moves, strict=True)]
        return [p + s for p, s in zip(parameters, moves, strict=True)], slots


@dataclass(frozen=True)
class Adam:
    """Adam: m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², corrected for their start at 0, c₁ = 1 − β₁ᵗ, c₂ = 1 − β₂ᵗ.

    t counts steps from 1. ``epsilon_place`` says where ε is added to the root of v:

        before_correction    w ← w − η·(√c₂/c₁)·m/(√v + ε)
        after_correction     w ← w − η·(m/c₁)/(√(v/c₂) + ε)

    The first is the second with ε/√c₂ in the place of ε: at the first step, with β₂ = 0.999, 31.6 times as large.

    References: Kingma & Ba 2015, arXiv 1412.6980, section 2: its last form, which is Keras' (before), and its Algorithm
    1, which is PyTorch's (after).
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    epsilon_place: Literal["before_correction", "after_correction"] = "before_correction"

    def slots(self, parameters: Values) -> Values:
        return [tf.zeros_like(p) for p in [*parameters, *parameters]]

    def moved(
        self,
        parameters: Values,
        gradients: Values,
        slots: Values,
        rates: Values,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        n = len(parameters)
        means = [m + (1 - self.beta_1) * (g - m) for m, g in zip(slots[:n], gradients, strict=True)]
        squares = [
            v + (1 - self.beta_2) * (g * g - v) for v, g in zip(slots[n:], gradients, strict=True)
        ]
        t = tf.cast(step + 1, parameters[0].dtype)
        root, first = tf.sqrt(1 - self.beta_2**t), 1 - self.beta_1**t
        each = zip(parameters, means, squares, rates, strict=True)
        if self.epsilon_place == "before_correction":
            moved = [
                p - rate * root / first * m / (tf.sqrt(v) + self.epsilon) for p, m, v, rate in each
            ]
        else:
            moved = [
                p - rate / first * m / (tf.sqrt(v) / root + self.epsilon) for p, m, v, rate in each
            ]
        return moved, means + squares


OPTIMIZERS: dict[str, Any] = {"sgd": SGD, "adam": Adam}


def build(optimizer: Mapping[str, Mapping[str, Any]]) -> Optimizer:
    """Return the optimizer of a recipe, ``{name: settings}``."""
    ((name, settings),) = optimizer.items()
    return OPTIMIZERS[name](**settings)
