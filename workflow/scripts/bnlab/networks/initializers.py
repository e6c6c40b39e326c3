"""Initial kernels, equal to the bit to those of Keras' initializers of the same names.

They are written here because importing Keras takes as long as importing all of TensorFlow.

``glorot_uniform_4`` is Keras' ``VarianceScaling(16.0, "fan_avg", "uniform")``, four times as wide as Glorot's. Glorot &
Bengio (2010, section 4.2.1) suppose a unit with slope 1 at 0; that of the logistic unit is a quarter.
"""

from __future__ import annotations

from math import prod, sqrt

from bnlab.lazy import tf

TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of a standard normal distribution truncated at ±2."""
SCALES: dict[str, tuple[float, str, str]] = {
    "glorot_uniform": (1.0, "fan_avg", "uniform"),
    "glorot_uniform_4": (16.0, "fan_avg", "uniform"),
    "glorot_normal": (1.0, "fan_avg", "normal"),
    "he_uniform": (2.0, "fan_in", "uniform"),
    "he_normal": (2.0, "fan_in", "normal"),
    "lecun_normal": (1.0, "fan_in", "normal"),
}
"""Variance times the fan, the kind of fan, and the distribution (normal: truncated at two deviations)."""
DEVIATIONS = {"normal_0.01": 0.01, "normal_0.1": 0.1, "normal_1": 1.0}
"""Standard deviations of normal distributions that are not truncated."""


def draw(name: str, shape: tuple[int, ...], seed: int, dtype: str = "float32") -> tf.Tensor:
    """Draw a kernel (…, fan_in, units) from the distribution ``name``; equal seeds give equal kernels.

    References: Glorot & Bengio 2010; He et al. 2015, arXiv 1502.01852; LeCun et al. 1998.
    """
    key = [seed, 0]
    if name in DEVIATIONS:
        return tf.random.stateless_normal(shape, key, 0.0, DEVIATIONS[name], dtype)
    scale, mode, distribution = SCALES[name]
    receptive = prod(shape[:-2])
    fan_in, fan_out = receptive * shape[-2], receptive * shape[-1]
    variance = scale / (fan_in if mode == "fan_in" else (fan_in + fan_out) / 2)
    if distribution == "uniform":
        limit = sqrt(3 * variance)
        return tf.random.stateless_uniform(shape, key, -limit, limit, dtype)
    deviation = sqrt(variance) / TRUNCATED_DEVIATION
    return tf.random.stateless_truncated_normal(shape, key, 0.0, deviation, dtype)
