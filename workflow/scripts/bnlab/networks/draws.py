"""Random numbers within a compiled step: new ones each step, the same for the same replicate, layer and step."""

from __future__ import annotations

from typing import Any

from bnlab.lazy import tf


def draw(
    law: Any, key: tf.Tensor, step: tf.Tensor, number: int, shape: Any, dtype: str, **limits: float
) -> tf.Tensor:
    """Return draw ``number`` (0 to 3) of a step, an array of this shape from the distribution ``law``.

    ``law`` is a function ``tf.random.stateless_…``. ``key`` (2,) is a variable from N(0, 1), whose bits in float32 are
    those of the replicate and layer, and ``step`` () counts the steps.
    """
    bits = tf.bitcast(tf.cast(key, tf.float32), tf.int32)
    index = tf.cast(4 * step, tf.int32) + number
    return tf.cast(law(shape, bits + tf.stack([0, index]), **limits), dtype)
