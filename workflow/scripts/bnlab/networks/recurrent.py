"""A recurrent network that reads an example part by part."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks.block import Dense
from bnlab.networks.network import Network
from bnlab.study.options import Parts, State


class Recurrent(Network):
    """A plain recurrent layer and logits of its last state: h_t = φ(N([x_t, h_{t−1}]·Ŵ) + b), h_0 = 0.

    The features of an example are cut into ``steps`` equal parts x_1, x_2, …, as an image into its rows. One kernel is
    used at every step. So is one normalizer, unless it keeps averages over batches: then each step has one of its own,
    since states early and late in an example are not distributed alike.

    Reference: Ba, Kiros & Hinton 2016, arXiv 1607.06450, §3.1; statistics of each step: Cooijmans, Ballas, Laurent,
    Gülçehre & Courville 2017, arXiv 1603.09025, §3 (here γ and β are of each step too).
    """

    def __init__(self, units: State, steps: Parts):
        self.units, self.steps = units, steps

    def build(self, shape: Sequence[int], classes: int) -> None:
        (features,) = shape
        self.part, left = divmod(features, self.steps)
        if left:
            raise ValueError(f"{self.steps} steps do not divide {features} features")
        self.cell = self.add(Dense, "cell", self.part + self.units, self.units)
        first = self.cell.normalizer
        self.of_steps = [first] * self.steps
        if first and any(v.is_average for v in first.variables):
            for t in range(1, self.steps):
                self.of_steps[t] = self.add_normalizer(self.cell, f"step{t + 1}", first.features)
        self.add_logits(self.units, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        h = tf.zeros([tf.shape(x)[0], self.units], x.dtype)
        h = tf.ensure_shape(h, [x.shape[0], self.units])
        for normalizer, part in zip(self.of_steps, tf.split(x, self.steps, axis=1), strict=True):
            self.cell.normalizer = normalizer
            h = self.cell(tf.concat([part, h], axis=1), training)
        return self.logits(h)
