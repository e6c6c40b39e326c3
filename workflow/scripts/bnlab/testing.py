"""Tests that any normalizer or network inherits: a subclass that names one is a test class for pytest.

class TestMine(NormalizerTests):
    normalizer = MyNorm
    options = {"p": 1}
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from bnlab.lazy import tf
from bnlab.networks import trial
from bnlab.networks.block import Method
from bnlab.networks.network import Network, initial_values
from bnlab.networks.normalizer import Normalizer
from bnlab.small_networks import CLASSES, FEATURES, NETWORKS, ROWS, SHAPES
from bnlab.study.messages import ERRORS, failure
from bnlab.study.options import parse
from bnlab.study.registry import find
from bnlab.study.sentences import option_problems

METHODS = {
    "base": Method(),
    "bn": Method(normalizer=find("normalizer", "bn").load()),
}
"""Methods that networks are tried with: without a normalizer, and with one that keeps a state."""

for_every_method = pytest.mark.parametrize("method", METHODS)
for_every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


_PROBLEMS: dict[type, str | None] = {}


def problem(blamed: type, network: Network, shape: list[int], method: Method) -> str | None:
    """Return the error of a network that runs with a method, as one sentence on the blamed class; None without one."""
    try:
        trial.run(network, method, shape, CLASSES)
    except ERRORS as error:
        return failure(blamed.__name__, _file(blamed), error)
    return None


class NormalizerTests:
    """Facts of every normalizer, computed in float64.

    Attributes:
        normalizer: the class.
        options: arguments of its ``__init__``.
    """

    normalizer: ClassVar[type[Normalizer]]
    options: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture(autouse=True)
    def _is_usable(self, request: pytest.FixtureRequest) -> None:
        """Skip all other tests of a class that no network can use, which is one failure."""
        if request.function.__name__ != "test_networks_can_use_it" and self._problem():
            pytest.skip("no network can use it")

    def test_networks_can_use_it(self) -> None:
        """Run it in small networks of rows, images and tokens, as a config is checked before any job."""
        if problem := self._problem():
            pytest.fail(problem, pytrace=False)

    @classmethod
    def _problem(cls) -> str | None:
        if cls not in _PROBLEMS:
            method = Method(normalizer=cls.normalizer, options=cls.options)
            each = (problem(cls.normalizer, *network, method) for network in NETWORKS)
            _PROBLEMS[cls] = next(filter(None, each), None)
        return _PROBLEMS[cls]

    def built(self) -> Normalizer:
        """Return a normalizer of 12 features whose trained variables are random."""
        normalizer = self.normalizer(**self.options).build_for(FEATURES, "normalizer", "float64")
        rng = np.random.default_rng(1)
        for variable in normalizer.variables:
            if variable.trainable:
                variable.bind(tf.constant(rng.uniform(0.5, 1.5, variable.shape)))
        return normalizer

    @for_every_shape
    def test_the_gradient_is_the_numerical_one(self, shape: tuple[int, ...]) -> None:
        """Compare gradients of Σ weights·N(u) in training mode, by u and trained variables, and central differences."""
        normalizer, weights = self.built(), _random(shape, 2)
        arguments = [tf.constant(_random(shape, 3)), *_trained(normalizer)]
        loss = tf.function(_loss(normalizer, weights), autograph=False)
        theory, numbers = tf.test.compute_gradient(loss, arguments, delta=1e-6)
        for derivative, expected in zip(theory, numbers, strict=True):
            np.testing.assert_allclose(derivative, expected, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
    @for_every_shape
    def test_the_shape_stays(self, shape: tuple[int, ...], training: bool) -> None:
        """N(u) has the shape of u, in float64 where u is in float64."""
        normal = self.built().normalize(tf.constant(_random(shape, 3)), training)
        assert tuple(normal.shape) == shape
        assert normal.dtype == tf.float64

    @for_every_shape
    def test_inference_on_a_row_does_not_depend_on_the_other_rows(
        self, shape: tuple[int, ...]
    ) -> None:
        """N of a row alone equals N of the row among the others."""
        normalizer, u = self._trained_a_little(shape), tf.constant(_random(shape, 4))
        together = normalizer.normalize(u, training=False)
        for i in range(ROWS):
            alone = normalizer.normalize(u[i : i + 1], training=False)
            np.testing.assert_allclose(alone[0], together[i], rtol=1e-9, atol=1e-12)

    def test_inference_averages_over_the_tokens_that_it_says(self) -> None:
        """N of a token alone equals N of the token among the others, unless ``over`` is "row"."""
        normalizer, u = (
            self._trained_a_little(SHAPES["tokens"]),
            tf.constant(_random((1, 4, FEATURES), 4)),
        )
        if normalizer.over == "row":
            return
        together = normalizer.normalize(u, training=False)
        alone = [normalizer.normalize(u[:, i : i + 1], training=False) for i in range(4)]
        if not np.allclose(tf.concat(alone, axis=1), together, rtol=1e-9, atol=1e-12):
            pytest.fail(
                "normalize averages over the tokens of a row; average over axis=self.own_axes(u), or say"
                ' over = "row" in the class',
                pytrace=False,
            )

    @for_every_shape
    def test_the_same_input_gives_the_same_output_and_state(self, shape: tuple[int, ...]) -> None:
        """Two outputs and states are equal to the bit, in training and at inference."""
        u = tf.constant(_random(shape, 5))
        for training in (True, False):
            first, second = self._trained_a_little(shape), self._trained_a_little(shape)
            outputs = [each.normalize(u, training).numpy() for each in (first, second)]
            np.testing.assert_array_equal(*outputs)
            for one, other in zip(first.variables, second.variables, strict=True):
                np.testing.assert_array_equal(one.value, other.value)

    @for_every_shape
    def test_one_row_has_a_finite_output_and_gradient(self, shape: tuple[int, ...]) -> None:
        """Batches of one row train and are evaluated."""
        normalizer, u = self.built(), tf.constant(_random((1, *shape[1:]), 6))
        try:
            with tf.GradientTape() as tape:
                tape.watch(u)
                y = normalizer.normalize(u, training=True)
            inference = normalizer.normalize(u, training=False)
        except ERRORS as error:
            said = failure(self.normalizer.__name__, _file(self.normalizer), error)
            pytest.fail(f"on a batch of one row {said}", pytrace=False)
        zero = tf.UnconnectedGradients.ZERO
        gradient = tape.gradient(y, u, unconnected_gradients=zero)
        values = {"N(u)": y, "its gradient": gradient, "N(u) at inference": inference}
        if broken := [name for name, value in values.items() if not np.isfinite(value).all()]:
            pytest.fail(f"on a batch of one row {broken[0]} is not finite", pytrace=False)

    @for_every_shape
    def test_inference_leaves_the_state_alone(self, shape: tuple[int, ...]) -> None:
        """Averages move in training alone."""
        normalizer = self._trained_a_little(shape)
        before = [np.array(variable.value) for variable in normalizer.variables]
        normalizer.normalize(tf.constant(_random(shape, 7)), training=False)
        for variable, value in zip(normalizer.variables, before, strict=True):
            np.testing.assert_array_equal(variable.value, value)

    def test_an_average_has_a_momentum(self) -> None:
        """Averages are what ``move`` updates."""
        for variable in self.built().variables:
            if variable.is_average:
                assert 0 <= variable.owner.momentum <= 1

    @pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
    def test_xla_computes_the_same(self, training: bool) -> None:
        """The perceptron is compiled by XLA."""
        u = tf.constant(_random(SHAPES["rows"], 8))
        eager, compiled = self.built(), self.built()
        expected = eager.normalize(u, training)
        run = tf.function(lambda u: compiled.normalize(u, training), jit_compile=True)
        np.testing.assert_allclose(run(u), expected, rtol=1e-9, atol=1e-12)

    def _trained_a_little(self, shape: tuple[int, ...]) -> Normalizer:
        normalizer = self.built()
        for seed in (10, 11):
            normalizer.normalize(tf.constant(_random(shape, seed)), training=True)
        return normalizer


class NetworkTests:
    """Facts of every network, with each of ``METHODS``, computed in float64 on rows of 12 features or small images.

    Attributes:
        network: the class.
        options: arguments of its ``__init__``.
        image: height, width and channels of an image, for networks that take images.
    """

    network: ClassVar[type[Network]]
    options: ClassVar[Mapping[str, Any]] = {}
    image: ClassVar[Sequence[int]] = (8, 8, 2)

    @pytest.fixture(autouse=True)
    def _is_usable(self, request: pytest.FixtureRequest) -> None:
        """Skip all other tests of a network that cannot run, which is one failure."""
        if request.function.__name__ != "test_it_runs_with_every_method" and self._problem():
            pytest.skip("the network cannot run")

    def test_it_runs_with_every_method(self) -> None:
        """Build it with each method, and run it in training and at inference."""
        if problem := self._problem():
            pytest.fail(problem, pytrace=False)

    @classmethod
    def _problem(cls) -> str | None:
        if cls not in _PROBLEMS:
            lacking = [
                n for n in ("build", "call") if getattr(cls.network, n) is getattr(Network, n)
            ]
            if lacking:
                _PROBLEMS[cls] = f"{cls.network.__name__} has no {' and no '.join(lacking)}"
            else:
                each = (cls._problem_with(method) for method in METHODS.values())
                _PROBLEMS[cls] = next(filter(None, each), None)
        return _PROBLEMS[cls]

    @classmethod
    def _problem_with(cls, method: Method) -> str | None:
        try:
            network = cls.network(**cls.options)
        except ERRORS as error:
            return failure(cls.network.__name__, Path(inspect.getfile(cls.network)), error)
        return problem(cls.network, network, cls.shape(), method)

    @classmethod
    def shape(cls) -> list[int]:
        """Return the shape of an example."""
        return list(cls.image) if cls.network.takes == "images" else [FEATURES]

    def built(self, method: str) -> tuple[Network, list[tf.Tensor], list[tf.Tensor]]:
        """Return a network with a method, and initial values of its trained variables and of its state."""
        network = self.network(**self.options).build_for(
            METHODS[method], self.shape(), CLASSES, "tanh", "glorot_uniform", "float64"
        )
        return network, *initial_values(network, np.random.SeedSequence(1))

    def examples(self, seed: int, rows: int = ROWS) -> tuple[tf.Tensor, tf.Tensor]:
        """Return random examples and their classes."""
        y = np.random.default_rng(seed).integers(0, CLASSES, rows)
        return tf.constant(_random((rows, *self.shape()), seed)), tf.constant(y)

    @for_every_method
    def test_every_row_has_one_output_and_a_finite_loss(self, method: str) -> None:
        """Outputs are (m, …) in float64, in training and at inference, for one row too."""
        network, parameters, state = self.built(method)
        for rows, training in ((ROWS, True), (ROWS, False), (1, True)):
            x, y = self.examples(3, rows)
            outputs, _ = network(parameters, state, x, training)
            if outputs.shape[0] != rows:
                pytest.fail(f"{rows} examples have {outputs.shape[0]} outputs", pytrace=False)
            assert outputs.dtype == tf.float64
            assert np.isfinite(network.loss(outputs, network.target(x, y)))

    @for_every_method
    def test_training_reaches_every_variable(self, method: str) -> None:
        """The loss has a gradient by each trained variable, so that none is built and then left out of ``call``."""
        network, parameters, state = self.built(method)
        gradients = self._gradients(network, parameters, state, *self.examples(3))
        pairs = zip(network.trainable, gradients, strict=True)
        if unreached := [variable.path for variable, gradient in pairs if gradient is None]:
            pytest.fail(f"the loss does not depend on {', '.join(unreached)}", pytrace=False)

    @for_every_method
    def test_the_gradient_is_the_numerical_one(self, method: str) -> None:
        """Compare the slope of the loss along a random direction, and central differences."""
        network, parameters, state = self.built(method)
        x, y = self.examples(3)
        direction = [_random(tuple(value.shape), 4 + i) for i, value in enumerate(parameters)]
        gradients = self._gradients(network, parameters, state, x, y)
        slope = sum(
            np.sum(d * g) for d, g in zip(direction, gradients, strict=True) if g is not None
        )

        def loss_at(distance: float) -> float:
            moved = [p + distance * d for p, d in zip(parameters, direction, strict=True)]
            outputs, _ = network(moved, state, x, True)
            return float(network.loss(outputs, network.target(x, y)))

        step = 1e-6
        numerical = (loss_at(step) - loss_at(-step)) / (2 * step)
        np.testing.assert_allclose(slope, numerical, rtol=1e-4, atol=1e-6)

    @for_every_method
    def test_inference_on_a_row_does_not_depend_on_the_other_rows(self, method: str) -> None:
        """The output of a row alone equals that of the row among the others."""
        network, parameters, state = self.built(method)
        x, _ = self.examples(4)
        together, _ = network(parameters, state, x, False)
        for i in range(ROWS):
            alone, _ = network(parameters, state, x[i : i + 1], False)
            np.testing.assert_allclose(alone[0], together[i], rtol=1e-7, atol=1e-10)

    def _gradients(
        self,
        network: Network,
        parameters: list[tf.Tensor],
        state: list[tf.Tensor],
        x: tf.Tensor,
        y: tf.Tensor,
    ) -> list[tf.Tensor | None]:
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            outputs, _ = network(parameters, state, x, True)
            loss = network.loss(outputs, network.target(x, y))
        return tape.gradient(loss, parameters)


def main(kind: str, suite: type[Any], usage: str) -> None:
    """Test the class on the command line, with its options as ``name=value``, and end with pytest's code.

    Args:
        kind: of the class, "normalizer" or "network".
        suite: the tests, which have the class as their attribute ``kind``.
        usage: the command that a user types.
    """
    if len(sys.argv) < 2 or not sys.argv[1]:
        sys.exit(f"Name a class: {usage}")
    reference, *pairs = sys.argv[1:]
    try:
        options = parse(pairs)
        cls = find(kind, reference).load()
        problems = list(option_problems((), options, cls))
    except ValueError as error:
        sys.exit(f"{reference}: {error}")
    if problems:
        lines = (f"{reference}: {'.'.join(map(str, p.key))}: {p.sentence}" for p in problems)
        sys.exit("\n".join(lines))
    setattr(suite, kind, cls)
    suite.options = options
    settings = ["-p", "no:cacheprovider", "-o", f"python_classes={suite.__name__}"]
    sys.exit(pytest.main([*settings, "-q", "--no-header", "--tb=short", "-rN", __file__]))


def _file(cls: type) -> Path:
    """Return the file of a class, of a layer of another library that of the layer."""
    return Path(inspect.getfile(getattr(cls, "adapts", cls)))


def _random(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 2, shape)


def _trained(normalizer: Normalizer) -> list[tf.Tensor]:
    return [variable.value for variable in normalizer.variables if variable.trainable]


def _loss(normalizer: Normalizer, weights: np.ndarray) -> Callable[..., tf.Tensor]:
    """Return Σ weights·N(u) as a function of u and the trained variables, with the same state at every call."""
    state = [(v, v.value) for v in normalizer.variables if not v.trainable]
    trained = [v for v in normalizer.variables if v.trainable]

    def loss(u: tf.Tensor, *values: tf.Tensor) -> tf.Tensor:
        bound = [*zip(trained, values, strict=True), *state]
        for variable, value in bound:
            variable.bind(value)
        return tf.reduce_sum(weights * normalizer.normalize(u, training=True))

    return loss
