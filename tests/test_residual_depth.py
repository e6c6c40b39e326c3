"""The stream of residual networks by depth, against NumPy and against laws of wide networks."""

import numpy as np
import pytest
import synthetic
import tensorflow as tf
from methods import METHODS

from bnlab.experiments import quantity
from bnlab.networks.network import initial_values
from bnlab.networks.residual_perceptron import ResidualPerceptron
from bnlab.networks.transformer import Transformer
from bnlab.probes.stream import Stream
from bnlab.study.ledger import Measure
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split


def run_of(network, method="base"):
    rng = np.random.default_rng(0)
    parts = [part for _ in range(3) for part in (rng.normal(size=(12, 4)), rng.integers(0, 3, 12))]
    parts = [part.astype("float32" if part.ndim == 2 else "int32") for part in parts]
    settings = Settings("relu", "he_normal", 0.1, 1, 0, 1)
    return Run(Split(*parts, np.arange(3)), network, METHODS[method], settings, 12, 1)


def test_stream_branch_and_gradient_are_those_of_numpy():
    run = run_of(ResidualPerceptron(2, 5))
    parameters, state, *_ = run.start(0)
    measured = Stream(run).measure(parameters, state)

    values = initial_values(run.network, np.random.SeedSequence([1, 0]).spawn(3)[0])[0]
    weights = {v.path: np.array(a) for v, a in zip(run.network.trainable, values, strict=True)}
    x, y = run.trainer.x.numpy(), run.trainer.y.numpy()
    h, streams, branches = x @ weights["stem/kernel"], [], []
    for block in ("block1", "block2"):
        active = np.maximum(h, 0)
        branches.append(active @ weights[f"{block}/kernel"])
        h = h + branches[-1]
        streams.append(h)
    logits = np.maximum(h, 0) @ weights["logits/kernel"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    by_stream = (p - np.eye(3)[y]) / 12 @ weights["logits/kernel"].T * (h > 0)
    assert measured["branch"].tolist() == [1, 2]
    for column, expected in (("stream", streams), ("added", branches)):
        means = [np.mean(values**2) for values in expected]
        np.testing.assert_allclose(measured[column], means, rtol=1e-5)
    gradient = np.linalg.norm(active.T @ by_stream)
    assert measured["gradient"].iloc[-1] == pytest.approx(gradient, rel=1e-5)


def power_of_depth(form):
    """Power of the number of blocks with which the last gradient grows; inputs are small beside what blocks add."""
    blocks = [1, 2, 4, 8]
    x = tf.constant(np.random.default_rng(2).normal(0, 0.1, (20, 8 * 32)), tf.float32)
    lengths = [np.mean([last_gradient(form, n, x, seed) for seed in range(3)]) for n in blocks]
    return np.polyfit(np.log(blocks), np.log(lengths), 1)[0]


def test_the_last_gradient_of_a_transformer_with_norms_in_branches_falls_as_the_root_of_depth():
    """Xiong et al. 2020: the stream grows as the number of blocks, and the last norm divides by the root of it."""
    assert power_of_depth("pre") == pytest.approx(-0.5, abs=0.1)


def test_the_last_gradient_of_a_transformer_with_norms_after_sums_does_not_fall_with_depth():
    assert power_of_depth("post") > -0.05


def last_gradient(form, blocks, x, seed):
    """Length of the gradient of a random linear loss by the last kernel of the last branch."""
    network = Transformer(blocks, 8, 64, 4, form).build_for(
        METHODS["ln"], x.shape[1:], 5, "relu", "lecun_normal"
    )
    parameters, state = initial_values(network, np.random.SeedSequence(seed))
    path = f"{network.branches[-1].block.name}/kernel"
    kernel = parameters[[v.path for v in network.trainable].index(path)]
    slopes = np.random.default_rng(seed).normal(size=(len(x), 5)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        logits, _ = network(parameters, state, x, training=True)
        loss = tf.reduce_sum(logits * slopes)
    return float(tf.norm(tape.gradient(loss, kernel)))


def of_synthetic(name, method, recipe):
    stream = synthetic.residual_depth()["stream"]
    effect = Measure.model_construct(rate=None, batch=60)
    rows = stream if recipe is None else stream[stream["recipe"] == recipe]
    return quantity("residual_depth", name)({"stream": rows}, effect, method)


@pytest.mark.parametrize(
    ("name", "method", "recipe", "value"),
    [
        ("block_growth", "base", "deep_16", 2),
        ("last_doubling", "bn", "deep_16", 2),
        ("last_doubling", "base", "deep_16", 2**8),
        ("trained_doubling", "bn", "deep_4", 2),
        ("branch_shrinkage", "bn", "deep_16", 15**0.5),
        ("last_gradient_exponent", "bn", None, -0.5),
    ],
)
def test_quantities_find_the_law_of_made_up_streams(name, method, recipe, value):
    assert of_synthetic(name, method, recipe).tolist() == pytest.approx([value] * 4)
