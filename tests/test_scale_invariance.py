"""Rotation and growth of kernels whose length means nothing, against closed forms and simulations."""

from dataclasses import replace

import numpy as np
import pytest
import synthetic
from methods import METHODS
from sklearn.datasets import load_digits

from bnlab.experiments import quantity
from bnlab.experiments.scale_invariance import analysis
from bnlab.networks.perceptron import Perceptron
from bnlab.probes import rotation
from bnlab.probes.rotation import Rotation
from bnlab.study.ledger import Measure
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split

METHOD = {"base": METHODS["base"], "bn": replace(METHODS["bn"], options={"epsilon": 1e-12})}


def test_a_path_that_turns_by_one_angle_and_grows_by_one_factor_has_these():
    turns, lengths = 0.3 * np.arange(6), 1.02 ** np.arange(6)
    path = lengths[:, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    norm, angle, growth, squares = rotation._turning(path)
    chords = lengths[:-1] ** 2 * (1 + 1.02**2 - 2 * 1.02 * np.cos(0.3))
    assert (norm, angle) == pytest.approx((lengths.mean(), 0.3))
    assert (growth, squares) == pytest.approx((1.02**10 - 1, chords.sum()))


@pytest.fixture(scope="module", params=METHOD)
def measured(request):
    """Method, and its table of rotation over a short training at a high rate."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype(np.float32), y.astype(np.int32)
    parts = (x[:1200], y[:1200], x[1200:1500], y[1200:1500], x[1500:], y[1500:])
    settings = Settings("relu", "glorot_uniform", 0.3, 60, 0, 3)
    method = METHOD[request.param]
    probe = {"rotation": Rotation}
    run = Run(Split(*parts, np.arange(10)), Perceptron([20, 20]), method, settings, 30, 1, probe)
    return request.param, train(run, 1).records["rotation"]


def test_without_decay_squared_lengths_grow_by_the_squared_steps_where_length_means_nothing(
    measured,
):
    """Arora, Li & Lyu 2019: a gradient by a kernel whose length means nothing is at right angles to it."""
    method, table = measured
    ratios = table["growth"] / table["squares"]
    is_normalized = (table["layer"] < 3) & (method == "bn")
    np.testing.assert_allclose(ratios[is_normalized], 1, atol=1e-3)
    assert (np.abs(ratios[~is_normalized] - 1) > 0.05).all()
    assert (table["angle"] > 0).all()


@pytest.mark.parametrize(("weight_decay", "l2"), [(0.02, 0.0), (0.0, 0.01)])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_random_walk_on_a_sphere_turns_by_the_angle_of_theory(weight_decay, l2, momentum):
    """Gradients of random directions at right angles to w, as long as 1/‖w‖, as those of a scale-free loss are."""
    rate, rng = 0.1, np.random.default_rng(0)
    w, velocity, angles = rng.normal(size=400), np.zeros(400), []
    w *= 1.5 / np.linalg.norm(w)
    for _ in range(4000):
        g = rng.normal(size=400)
        g -= g @ w / (w @ w) * w
        g /= np.linalg.norm(g) * np.linalg.norm(w)
        velocity = momentum * velocity - rate * (g + 2 * l2 * w)
        moved = (1 - rate * weight_decay) * w + velocity
        cosine = moved @ w / np.linalg.norm(moved) / np.linalg.norm(w)
        angles.append(np.arccos(min(1, cosine)))
        w = moved
    theory = analysis.angle_in_theory(rate, weight_decay, l2, momentum, "constant")
    assert np.mean(angles[2000:]) == pytest.approx(theory, rel=0.03)


@pytest.mark.parametrize(
    ("rate", "weight_decay", "l2", "momentum", "angle"),
    [
        (0.1, 0.005, 0.0, 0.0, 0.0316),
        (0.1, 0.0, 0.0025, 0.0, 0.0316),
        (0.1, 0.0, 0.0025, 0.9, 0.0229),
    ],
)
def test_the_angle_is_that_of_the_published_formula(rate, weight_decay, l2, momentum, angle):
    """Kosson, Messmer & Jaggi 2024: √(2ηλ) and √(2ηλ/(1 + α)), λ twice the factor of the penalty."""
    theory = analysis.angle_in_theory(rate, weight_decay, l2, momentum, "constant")
    assert theory == pytest.approx(angle, abs=5e-5)


@pytest.mark.parametrize(
    ("weight_decay", "l2", "schedule"),
    [(0.0, 0.0, "constant"), (0.02, 0.01, "constant"), (0.02, 0.0, "exponential")],
)
def test_there_is_no_theory_without_decay_with_two_or_at_a_changing_rate(
    weight_decay, l2, schedule
):
    assert np.isnan(analysis.angle_in_theory(0.1, weight_decay, l2, 0.0, schedule))


@pytest.mark.parametrize(
    ("name", "method", "value", "given"),
    [
        ("rotation", "bn", 0.02, {"layer": 2}),
        ("rotation_imbalance", "bn", 3, {}),
        ("growth_by_steps", "bn", 1, {}),
        ("growth_by_steps", "base", 0.5, {}),
    ],
)
def test_quantities_find_the_law_of_made_up_kernels(name, method, value, given):
    sources = {
        source: rows[rows["recipe"] == "decayed"]
        for source, rows in synthetic.scale_invariance().items()
    }
    assert of_kernels(sources, name, method, **given) == pytest.approx([value] * 4)


def of_kernels(sources, name, method, **given):
    """Return a quantity of a method, a number a replicate."""
    effect = Measure.model_construct(rate=None, batch=60, epoch=None, statistics="moving", **given)
    return quantity("scale_invariance", name)(sources, effect, method).tolist()


@pytest.mark.parametrize(
    ("name", "value"),
    [("less_growing_rate", 0.03), ("less_no_decay", 0.04), ("rotation_by_decay", 3)],
)
def test_decay_is_compared_with_a_growing_rate_and_with_neither(name, value):
    sources = synthetic.scale_invariance()
    metrics, angles = sources["metrics"], sources["rotation"]
    more = {"plain": -0.05, "growing": -0.04, "decayed": -0.01, "heavy": 0.0}
    metrics["accuracy"] += metrics["recipe"].map(more)
    angles["angle"] *= angles["recipe"].map({"decayed": 3, "heavy": 7}).fillna(1)
    where = {"weight_decay": 0.02, "units": 100}
    assert of_kernels(sources, name, "bn", where=where) == pytest.approx([value] * 4)
