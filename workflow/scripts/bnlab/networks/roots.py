"""Square roots of variances that may be zero."""

from __future__ import annotations

from bnlab.lazy import tf


def root(square: tf.Tensor) -> tf.Tensor:
    """Return √a, 0 with a gradient of 0 where a is 0, or less by rounding; TensorFlow's would be NaN there."""
    is_positive = square > 0
    roots = tf.sqrt(tf.where(is_positive, square, tf.ones_like(square)))
    return tf.where(is_positive, roots, tf.zeros_like(square))
