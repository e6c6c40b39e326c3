"""Change of the parameters in a training step: which of them train, at which rates, with which decay and norms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bnlab.lazy import tf
from bnlab.networks.variables import Variable
from bnlab.study.groups import among, chosen
from bnlab.training.optimizers import Optimizer, Values


@dataclass(frozen=True)
class Groups:
    """Settings of a step by groups of variables, whose entries are those of ``study.groups``.

    Attributes:
        train: variables that train, None for all.
        rates: factors on the learning rate, 1 where there is none.
        scheduled: variables whose rate follows the schedule, None for all.
        weight_decay: λ of the decay, 0 where there is none.
        fixed_norms: variables whose norm stays what it was before training.
    """

    train: Sequence[str] | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    scheduled: Sequence[str] | None = None
    weight_decay: Mapping[str, float] = field(default_factory=dict)
    fixed_norms: Sequence[str] = ()


ALL = Groups()
"""All variables train alike."""


class Update:
    """A step of an optimizer at the rate η, by groups: w ← (1 − ηλ)·w, then the optimizer's move, then w·‖w₀‖/‖w‖.

    η is the variable's own rate; at 0 it does not train. The decay λ is beside the gradient (decoupled), with Adam that
    of AdamW. The last part is for fixed norms, of which each is that of a whole variable; one that starts at 0 stays.

    References: Loshchilov & Hutter 2019, arXiv 1711.05101, in the form of Keras and PyTorch, with the rate as a factor
    of the decay; Lyle et al. 2024, arXiv 2407.01800 (projection to the first norm).
    """

    def __init__(self, variables: Sequence[Variable], optimizer: Optimizer, groups: Groups):
        def factor(path: str) -> float:
            trains = groups.train is None or among(groups.train, path)
            own = chosen(groups.rates, path) if trains else 0.0
            return 1.0 if own is None else own

        self.optimizer = optimizer
        factors = [factor(v.path) for v in variables]
        self.trained = [i for i, own in enumerate(factors) if own]
        self.factors = [factors[i] for i in self.trained]
        paths = [variables[i].path for i in self.trained]
        self.decays = [chosen(groups.weight_decay, path) or 0.0 for path in paths]
        self.fixed = [k for k, path in enumerate(paths) if among(groups.fixed_norms, path)]
        follow = groups.scheduled
        self.follows = [follow is None or among(follow, path) for path in paths]

    def memory(self, parameters: Values) -> Values:
        """Return what is kept from step to step, before the first: the optimizer's slots, and fixed norms."""
        own = [parameters[i] for i in self.trained]
        return self.optimizer.slots(own) + [tf.norm(own[k]) for k in self.fixed]

    def __call__(
        self,
        parameters: Values,
        gradients: Values,
        moves: Sequence[bool],
        memory: Values,
        rate: tf.Tensor,
        step: tf.Tensor,
    ) -> tuple[Values, Values]:
        """Return parameters and memory after a step; where ``moves`` is False the gradient is 0 at every step.

        ``rate`` is the learning rate, or (2,) that of variables that follow the schedule, and that of the others.
        """
        rates = [
            own if factor == 1 else factor * own
            for own, factor in zip(self._rates(rate), self.factors, strict=True)
        ]
        own = [
            parameters[i] - r * decay * parameters[i] if decay else parameters[i]
            for i, r, decay in zip(self.trained, rates, self.decays, strict=True)
        ]
        count = len(memory) - len(self.fixed)
        slots, norms = memory[:count], memory[count:]
        moved, slots = self.optimizer.moved(
            own, [gradients[i] for i in self.trained], slots, rates, step
        )
        after = list(parameters)
        # A step along a gradient of 0 would still be computed.
        for i, old, new in zip(self.trained, own, moved, strict=True):
            after[i] = new if moves[i] else old
        for k, norm in zip(self.fixed, norms, strict=True):
            i = self.trained[k]
            after[i] = after[i] * tf.math.divide_no_nan(norm, tf.norm(after[i]))
        return after, [*slots, *norms]

    def _rates(self, rate: tf.Tensor) -> Values:
        """Return the learning rate of each variable that trains, before its factor."""
        if rate.shape.rank == 0:
            return [rate] * len(self.trained)
        return [rate[0] if follows else rate[1] for follows in self.follows]
