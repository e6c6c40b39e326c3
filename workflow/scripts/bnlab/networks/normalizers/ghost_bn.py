"""Ghost batch normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizers.bn import BN
from bnlab.study.options import Affine, Fraction, Positive, Several, Start


class GhostBN(BN):
    """Ghost batch normalization: N(u) = γ·(u − μ)/√(σ² + ε) + β, μ and σ² over ``size`` neighbouring rows of the batch.

    The batch is cut into ghost batches of so many rows, the last of which takes the rows that are left over; a batch of
    fewer is one. Each ghost batch is normalized by its own mean and biased variance. The moving averages take the mean
    over the ghost batches once a step, and not one after the other as in the paper. The rest is that of ``BN``.

    Reference: Hoffer, Hubara & Soudry 2017, arXiv 1705.08741, algorithm 1.
    """

    def __init__(
        self,
        size: Several = 32,
        momentum: Fraction = 0.99,
        epsilon: Positive = 1e-3,
        affine: Affine = "both",
        gamma: Start = 1.0,
    ):
        super().__init__(momentum, epsilon, affine, gamma)
        self.size = size

    def sizes(self, m: int) -> list[int]:
        """Return the rows of each ghost batch of a batch of m rows."""
        ghosts = max(1, m // self.size)
        return [self.size] * (ghosts - 1) + [m - (ghosts - 1) * self.size]

    def unbiased(self, m: int) -> float:
        sizes = [size * self.positions for size in self.sizes(m)]
        return len(sizes) / sum((size - 1) / size for size in sizes)

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        if not training:
            return super().statistics(u, training)
        mean = self._means(u)
        by_row = self._by_row(mean, u)
        variance = self._means(tf.square(u - by_row))
        self.move("moving_mean", tf.reduce_mean(mean, axis=0))
        self.move("moving_variance", tf.reduce_mean(variance, axis=0))
        return by_row, self._by_row(variance, u)

    def _means(self, u: tf.Tensor) -> tf.Tensor:
        """Return the mean (ghost batches, features) over the rows of each ghost batch, and over positions."""
        rows = tf.reduce_mean(u, axis=list(range(1, len(u.shape) - 1)))
        *full, last = self.sizes(u.shape[0])
        means = [tf.reduce_mean(rows[sum(full) :], axis=0, keepdims=True)]
        if full:
            of_full = tf.reshape(rows[:-last], [len(full), self.size, self.features])
            means.insert(0, tf.reduce_mean(of_full, axis=1))
        return tf.concat(means, axis=0)

    def _by_row(self, a: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
        """Return the row of ``a`` (ghost batches, features) for each row of u, in a shape that goes with u."""
        *full, last = self.sizes(u.shape[0])
        rows = tf.concat([tf.repeat(a[:-1], self.size, 0), tf.repeat(a[-1:], last, 0)], axis=0)
        return tf.reshape(rows, [sum(full) + last, *[1] * (len(u.shape) - 2), self.features])
