"""Layers of which a formula divides by a spread of zero: one input, one feature, equal weights, one row."""

import numpy as np
import pytest
import tensorflow as tf

from bnlab.networks.block import Dense, Method, Pointwise
from bnlab.networks.kernels.wn import WN
from bnlab.networks.kernels.ws import WS
from bnlab.networks.kernels.ws_scaled import WSScaled
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.gn import GN
from bnlab.networks.normalizers.ln import LN
from bnlab.networks.normalizers.lp import Lp
from bnlab.networks.normalizers.mean_only_bn import MeanOnlyBN
from bnlab.networks.normalizers.renorm import BatchRenorm
from bnlab.networks.normalizers.unitization import Unitization
from bnlab.networks.normalizers.whitening import Whitening

KERNELS = [WS, WSScaled, WN]
NORMALIZERS = [
    *(Method(normalizer=cls) for cls in (BN, LN, MeanOnlyBN, BatchRenorm, Unitization, Whitening)),
    *(Method(normalizer=Lp, options={"p": p}) for p in (1, 2, "inf")),
    Method(normalizer=GN, options={"groups": 1}),
]


def step(block, x: np.ndarray, compiled: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return a block's output in training, and the gradients of Σ(y − 1)² by the name of the variable."""
    trained = [variable for variable in block.variables if variable.trainable]

    def forward(x: tf.Tensor, values: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(values)
            for variable, value in zip(trained, values, strict=True):
                variable.bind(value)
            y = block(x, True)
            loss = tf.reduce_sum(tf.square(y - 1))
        return y, tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    values = [variable.value for variable in trained]
    y, gradients = tf.function(forward, jit_compile=compiled)(tf.constant(x), values)
    names = [variable.name for variable in trained]
    return y.numpy(), dict(zip(names, (g.numpy() for g in gradients), strict=True))


def built(cls, method: Method, fan_in: int, units: int, kernel: float | None = None):
    """Return a block whose trained variables are drawn, and whose weights may be all alike."""
    block = cls("layer", method, fan_in, units, "linear", "glorot_uniform", "float32")
    for variable in block.variables:
        value = np.random.default_rng(0).normal(0.5, 0.3, variable.shape)
        if variable.name == "kernel" and kernel is not None:
            value = np.full(variable.shape, kernel)
        if variable.trainable:
            variable.bind(tf.constant(value, tf.float32))
    return block


def value(block, name: str) -> np.ndarray:
    return next(v for v in block.variables if v.name == name).value.numpy()


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("cls", [WS, WSScaled])
@pytest.mark.parametrize("rows", [1, 5, 40])
def test_with_one_input_standardized_weights_are_0_by_their_formula_in_both_paths(
    cls, rows, compiled
):
    x = np.random.default_rng(1).normal(3, 2, (rows, 1)).astype("float32")
    dense = built(Dense, Method(kernel=cls), 1, 4)
    pointwise = built(Pointwise, Method(kernel=cls), 1, 4)
    for block, inputs in ((dense, x), (pointwise, x[:, None, None])):
        w, bias = value(block, "kernel").reshape(1, 4), value(block, "bias")
        hat = (w - w.mean(axis=0)) / (w.std(axis=0) + 1e-5)  # the formula, by NumPy
        y, gradients = step(block, inputs, compiled and block is dense)
        np.testing.assert_array_equal(
            y.reshape(rows, 4), np.broadcast_to(x @ hat + bias, (rows, 4))
        )
        assert not gradients["kernel"].any()
        np.testing.assert_allclose(gradients["bias"], 2 * rows * (bias - 1), rtol=1e-5)


@pytest.mark.parametrize("kernel", [0.0, 0.3])
@pytest.mark.parametrize("cls", KERNELS)
@pytest.mark.parametrize("fan_in", [1, 2, 7])
def test_equal_weights_leave_a_layer_finite(cls, fan_in, kernel):
    x = np.random.default_rng(1).normal(3, 2, (6, fan_in)).astype("float32")
    y, gradients = step(built(Dense, Method(kernel=cls), fan_in, 4, kernel), x, True)
    assert np.isfinite(y).all() and all(np.isfinite(g).all() for g in gradients.values())
    if kernel == 0 or cls is not WN:
        np.testing.assert_allclose(y, np.broadcast_to(y[0], y.shape), atol=0.1)  # biases alone


@pytest.mark.parametrize("kernel", [None, 0.0])
@pytest.mark.parametrize(
    "method", NORMALIZERS, ids=lambda m: m.normalizer.__name__ + str(m.options)
)
@pytest.mark.parametrize(("rows", "units"), [(6, 1), (1, 1), (1, 3), (6, 3)])
def test_one_feature_one_row_or_outputs_of_zero_leave_a_normalized_layer_finite(
    method, rows, units, kernel
):
    x = np.random.default_rng(1).normal(3, 2, (rows, 2)).astype("float32")
    xla = method.normalizer is not Whitening
    y, gradients = step(built(Dense, method, 2, units, kernel), x, xla)
    assert np.isfinite(y).all() and all(np.isfinite(g).all() for g in gradients.values())


@pytest.mark.parametrize("groups", [1, 4])
def test_instance_normalization_of_single_positions_is_its_shift(groups):
    x = np.random.default_rng(1).normal(3, 2, (6, 1, 1, 2)).astype("float32")
    block = built(Pointwise, Method(normalizer=GN, options={"groups": groups}), 2, 4)
    beta = value(block, "beta")
    y, gradients = step(block, x, False)
    assert all(np.isfinite(g).all() for g in gradients.values())
    if groups == 4:  # each channel of a row is one number, of which its mean is subtracted
        np.testing.assert_allclose(y, np.broadcast_to(beta, y.shape), rtol=1e-6)
