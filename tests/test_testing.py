"""The tests that normalizers and networks inherit find mistakes, each as one failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from project import CHECKOUT

from bnlab.networks import trial
from bnlab.networks.block import Dense, Method
from bnlab.networks.network import Network
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.perceptron import Perceptron
from bnlab.study import registry
from bnlab.testing import NetworkTests, NormalizerTests


class Plain(Network):
    def __init__(self, units: int = 4):
        self.units = units

    def build(self, shape, classes):
        self.add(Dense, "hidden1", shape[0], self.units)
        self.add(Dense, "hidden2", self.units, self.units)
        self.add_logits(self.units, classes)

    def call(self, x, training):
        for block in self.blocks:
            x = block(x, training)
        return self.logits(x)


class TestPlain(NetworkTests):
    network = Plain
    options = {"units": 5}


class WithoutCall(Plain):
    call = Network.call


class LeavesALayerOut(Plain):
    def call(self, x, training):
        return self.logits(self.blocks[0](x, training))


class OfTheWrongWidth(Plain):
    def build(self, shape, classes):
        super().build(shape, classes)
        self.add_logits(self.units + 1, classes)


class ReadsOtherRows(Plain):
    def call(self, x, training):
        return super().call(x - tf.reduce_mean(x, axis=0), training)


class OutsideTheGradient(Plain):
    def call(self, x, training):
        first, second = self.blocks
        y = first(x, training)
        return self.logits(second(y * tf.stop_gradient(y), training))


class SumsRows(Plain):
    def call(self, x, training):
        return tf.reduce_sum(super().call(x, training), axis=0, keepdims=True)


NETWORKS = {
    WithoutCall: ("test_it_runs_with_every_method", "WithoutCall has no call"),
    OfTheWrongWidth: ("test_it_runs_with_every_method", "OfTheWrongWidth cannot be used: InvalidArg"),
    LeavesALayerOut: ("test_training_reaches_every_variable", "not depend on hidden2/kernel, hidden2/bias"),
    ReadsOtherRows: ("test_inference_on_a_row_does_not_depend_on_the_other_rows", "Not equal"),
    OutsideTheGradient: ("test_the_gradient_is_the_numerical_one", "Not equal"),
    SumsRows: ("test_every_row_has_one_output_and_a_finite_loss", "5 examples have 1 outputs"),
}  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS)
def test_a_mistaken_network_fails(network):
    suite = type("Suite", (NetworkTests,), {"network": network})()
    test, words = NETWORKS[network]
    arguments = [] if test.endswith("every_method") else ["base"]
    with pytest.raises((AssertionError, pytest.fail.Exception), match=words):
        getattr(suite, test)(*arguments)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("perceptron", {"hidden": [4, 4]}),
        ("convolutional", {"widths": [[2], [3]], "head": [4]}),
        ("inception", {"widths": [4]}),
        ("recurrent", {"units": 4, "steps": 3}),
    ],
)
def test_networks_of_the_library_run_with_every_method(name, options):
    network = registry.find("network", name).load()
    suite = type("Suite", (NetworkTests,), {"network": network, "options": options})()
    suite.test_it_runs_with_every_method()
    suite.test_training_reaches_every_variable("bn")


class WithoutNormalize(Normalizer):
    pass


class OfRowsAlone(Normalizer):
    """A running mean whose shape depends on the input."""

    momentum = 0.9

    def build(self):
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)

    def normalize(self, u, training):
        if not training:
            return u - self.moving_mean
        mean = tf.reduce_mean(u, axis=0)
        self.move("moving_mean", mean)
        return u - mean


class Scalar(Normalizer):
    def build(self):
        self.a = self.scalar("a", 0.5)

    def normalize(self, u, training):
        return self.a * u


class StartsAsHalf(Scalar):
    def build(self):
        self.a = self.variable("a", (1,), "half")


class StartsAtInfinity(Scalar):
    def build(self):
        self.a = self.variable("a", (1,), float("inf"))


class DrawsAVector(Scalar):
    def build(self):
        self.a = self.vector("a", "glorot_uniform")


class WithoutMomentum(OfRowsAlone):
    momentum = property()


class OtherShape(Normalizer):
    def normalize(self, u, training):
        return tf.reduce_mean(u, axis=-1)


NORMALIZERS = {
    WithoutNormalize: r"WithoutNormalize cannot be used: it has no normalize\(self, u, training\)",
    OfRowsAlone: r"the shape of 'moving_mean' changes from \(12,\) to \(4, 3, 12\); positions\(u\)",
    Scalar: r"no attribute 'scalar'; build makes variables, by self.vector.* or self.variable\(",
    StartsAsHalf: r"'a' starts as 'half' \(allowed: a number, zeros, ones, ",
    StartsAtInfinity: r"'a' starts as inf \(allowed: a number, zeros, ones, ",
    DrawsAVector: r"'a' has the shape \(12,\), and 'glorot_uniform' draws matrices",
    WithoutMomentum: "it has no attribute momentum, by which its average moving_mean moves",
    OtherShape: r"normalize makes \(4,\) of an input of shape \(4, 12\)",
}


@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_a_normalizer_that_no_network_can_use_is_one_sentence(normalizer):
    suite = type("Suite", (NormalizerTests,), {"normalizer": normalizer})()
    with pytest.raises(pytest.fail.Exception, match=NORMALIZERS[normalizer]):
        suite.test_networks_can_use_it()


class NotFiniteAlone(Normalizer):
    def normalize(self, u, training):
        rows = tf.cast(tf.shape(u)[0], u.dtype)
        return u * (rows - 1) / (rows - 1)


class FailsAlone(Normalizer):
    def normalize(self, u, training):
        if u.shape[0] == 1:
            raise RuntimeError("one row has no variance")
        return u


class WithoutGradient(Normalizer):
    def normalize(self, u, training):
        return tf.stop_gradient(u)


ALONE = {
    NotFiniteAlone: r"on a batch of one row N\(u\) is not finite",
    FailsAlone: "on a batch of one row FailsAlone cannot be used: RuntimeError in line .*: one row has no",
}


@pytest.mark.parametrize("normalizer", ALONE)
def test_a_normalizer_that_one_row_breaks_is_one_sentence(normalizer):
    suite = type("Suite", (NormalizerTests,), {"normalizer": normalizer})()
    assert suite.test_networks_can_use_it() is None
    with pytest.raises(pytest.fail.Exception, match=ALONE[normalizer]):
        suite.test_one_row_has_a_finite_output_and_gradient((5, 12))


def test_a_normalizer_that_fails_on_one_row_is_told_before_runs_of_one_row():
    method, network = Method(normalizer=FailsAlone), Perceptron([4])
    assert trial.run(network, method, [3], 2) is None
    with pytest.raises(RuntimeError, match="one row has no variance"):
        trial.run(network, method, [3], 2, rows=1)


def test_a_normalizer_without_a_gradient_is_one_sentence():
    suite = type("Suite", (NormalizerTests,), {"normalizer": WithoutGradient})()
    with pytest.raises(pytest.fail.Exception, match=r"no gradient flows from N\(u\) to u"):
        suite.test_networks_can_use_it()


def test_a_kernel_of_ones_own_is_tried_as_a_normalizer_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (
        "from bnlab.networks.kernels.plain import Plain\n\n\nclass Mine(Plain):\n"
        "    def multiply(self, x, kernel):\n        return x @ kernel + self.missing\n"
    )
    (tmp_path / "mine.py").write_text(text)
    network = [registry.find("network", "perceptron").path, [4]]
    for normalizer in (None, registry.find("normalizer", "ln").path):
        method = {"kernel": "mine.py:Mine", "normalizer": normalizer}
        said = trial.failure(method, network, [3], 2)
        assert said.startswith("mine.py:Mine cannot be used: AttributeError in line 6: ")
    kernel = registry.find("kernel", "plain").path
    assert trial.failure({"kernel": kernel, "normalizer": None}, network, [3], 2) is None


class OverTokens(Normalizer):
    def normalize(self, u, training):
        axes = list(range(1, len(u.shape)))
        return u - tf.reduce_mean(u, axis=axes, keepdims=True)


class OverTokensAsItSays(OverTokens):
    over = "row"


def test_an_average_over_tokens_that_the_class_does_not_say_is_one_failure():
    def run(normalizer):
        suite = type("Suite", (NormalizerTests,), {"normalizer": normalizer})()
        suite.test_inference_averages_over_the_tokens_that_it_says()

    run(OverTokensAsItSays)
    with pytest.raises(
        pytest.fail.Exception, match="averages over the tokens of a row; average over"
    ):
        run(OverTokens)


def test_one_missing_method_is_one_failure_on_the_command_line(tmp_path: Path):
    text = (
        "from bnlab.networks.normalizer import Normalizer\n\n\nclass Mine(Normalizer):\n    pass\n"
    )
    (tmp_path / "mine.py").write_text(text)
    command = [sys.executable, str(CHECKOUT / "workflow/scripts/test_method.py"), "mine.py:Mine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 failed, 25 skipped" in done.stdout
    assert done.stdout.count("Mine cannot be used: it has no normalize(self, u, training)") == 1
