"""Batch normalization with one mistake each; none is meant for use."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizers.bn import BN
from bnlab.study.options import Count


class StopGradient(BN):
    """BN whose μ and σ² are constants to the gradient: ∂L/∂u = ∂L/∂N·γ/√(σ² + ε).

    The mistake that Ioffe & Szegedy 2015 (§2) warn of: statistics computed outside the gradient step.
    """

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        mean, variance = super().statistics(u, training)
        return tf.stop_gradient(mean), tf.stop_gradient(variance)


class StopGradientFixedAffine(StopGradient):
    """BN whose μ and σ² are constants to the gradient, with γ = 1 and β = 0 never trained."""

    def build(self) -> None:
        self.gamma, self.beta = 1.0, 0.0
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_variance = self.vector("moving_variance", "ones", trainable=False)


class MovingInTraining(BN):
    """BN that normalizes with its moving averages in training too, as they were before the batch.

    They are still updated from each batch, and are constants to the gradient.
    """

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        before = super().statistics(u, training=False)
        if training:
            super().statistics(u, training)
        return before


class BatchAtInference(BN):
    """BN without moving averages: at inference so many consecutive rows are normalized by their own μ and σ².

    The last group of a block of rows may be smaller. With one row μ = u and σ² = 0, so every row has the same logits,
    and the accuracy is the share of one class.
    """

    def __init__(self, together: Count):
        super().__init__()
        self.together = together

    def build(self) -> None:
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        if training:
            return self.batch_statistics(u)
        mean = self.group_mean(u)
        return mean, self.group_mean(tf.square(u - mean))

    def group_mean(self, a: tf.Tensor) -> tf.Tensor:
        """Each row of a (n, units) replaced by the mean of its group, same shape."""
        return self._group_sum(a) / self._group_sum(tf.ones_like(a))

    def _group_sum(self, a: tf.Tensor) -> tf.Tensor:
        rows, units = a.shape
        groups = -(-rows // self.together)
        padded = tf.pad(a, [[0, groups * self.together - rows], [0, 0]])
        sums = tf.reduce_sum(tf.reshape(padded, (groups, self.together, units)), axis=1)
        return tf.repeat(sums, self.together, axis=0)[:rows]


class StatisticsNeverUpdated(BN):
    """BN whose moving averages are never updated: inference normalizes with μ = 0 and σ² = 1.

    ``Trainer.population_state`` reads statistics off the updates of the averages, so here it finds zeros.
    """

    def move(self, name: str, value: tf.Tensor) -> None:
        pass


class TrainingModeEvaluation(BN):
    """BN evaluated in training mode: inference too normalizes a block of rows by its own μ and σ².

    The update of the moving averages that training mode makes is lost after each evaluation; as neither training nor
    this inference looks at them, an update that stayed would change no prediction.
    """

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return super().normalize(u, training=True)
