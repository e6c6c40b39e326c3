"""Batch renormalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizers.bn import BN
from bnlab.study.options import Count, Fraction, Positive


class BatchRenorm(BN):
    """Batch renormalization: N(u) = γ·((u − μ_B)/σ_B·r + d) + β, r = σ_B/σ, d = (μ_B − μ)/σ

    μ_B and σ_B² are the mean and biased variance of the batch, μ and σ² the moving averages before it, each √ with ε
    under it; r is clipped to [1/r_max, r_max] and d to ±d_max, and both are constants to the gradient. For the first
    ``warm_up`` steps r = 1 and d = 0, so that N is batch normalization; then the limits grow evenly, that of r to
    ``r_max`` at step ``r_steps``, that of d to ``d_max`` at step ``d_steps``. Without clipping, N(u) in training equals
    N(u) at inference, which is that of ``BN``.

    Reference: Ioffe 2017, arXiv 1702.03275, Algorithm 1 and section 3 (its limits, in steps, are the defaults).
    """

    reads_averages = True

    def __init__(
        self,
        momentum: Fraction = 0.99,
        epsilon: Positive = 1e-3,
        r_max: Positive = 3.0,
        d_max: Positive = 5.0,
        warm_up: Count = 5000,
        r_steps: Count = 40000,
        d_steps: Count = 25000,
    ):
        super().__init__(momentum, epsilon)
        self.r_max, self.d_max = r_max, d_max
        self.warm_up, self.r_steps, self.d_steps = warm_up, r_steps, d_steps

    def build(self) -> None:
        super().build()
        self.step = self.variable("step", (), "zeros", trainable=False)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        if not training:
            return super().normalize(u, training)
        mean, sigma = self.moving_mean, tf.sqrt(self.moving_variance + self.epsilon)
        batch_mean, variance = self.statistics(u, training)
        batch_sigma = tf.sqrt(variance + self.epsilon)
        r_limit, d_limit = self._limits()
        self.step = self.step + 1
        r = tf.stop_gradient(tf.clip_by_value(batch_sigma / sigma, 1 / r_limit, r_limit))
        d = tf.stop_gradient(tf.clip_by_value((batch_mean - mean) / sigma, -d_limit, d_limit))
        return self.gamma * ((u - batch_mean) / batch_sigma * r + d) + self.beta

    def _limits(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the largest r and the largest |d| at this step."""

        def grown(until: int) -> tf.Tensor:
            share = (self.step - self.warm_up) / max(1, until - self.warm_up)
            return tf.clip_by_value(share, 0.0, 1.0)

        return 1 + (self.r_max - 1) * grown(self.r_steps), self.d_max * grown(self.d_steps)
