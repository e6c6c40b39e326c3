"""Inputs scaled and whitened by a method, and data whose law is known."""

import numpy as np
import pytest
from methods import METHODS
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from bnlab.data.sources import read
from bnlab.networks.block import Method
from bnlab.networks.perceptron import Perceptron
from bnlab.training.inputs import PARTS, inverse_root, transformed
from bnlab.training.run import Run
from bnlab.training.schedule import fixed_order
from bnlab.training.settings import Settings, Split


def split(mix=None):
    rng = np.random.default_rng(1)
    mix = np.diag([1.0, 20.0, 0.1]) if mix is None else mix
    x = [
        (rng.normal(size=(rows, 3)) @ mix + [1, 50, -3]).astype(np.float32)
        for rows in (300, 90, 80)
    ]
    y = [rng.integers(0, 2, len(part)).astype(np.int32) for part in x]
    return Split(x[0], y[0], x[1] + 1, y[1], x[2] + 2, y[2], np.array(["a", "b"]))


@pytest.mark.parametrize(
    ("inputs", "twin"), [("min_max", MinMaxScaler()), ("standardize", StandardScaler())]
)
def test_scaling_is_scikit_learns_fitted_on_training_rows(inputs, twin):
    before, after = split(), transformed(split(), inputs)
    twin.fit(before.x_train.astype(np.float64))
    for part in ("x_train", "x_validation", "x_test"):
        expected = twin.transform(getattr(before, part).astype(np.float64))
        np.testing.assert_allclose(getattr(after, part), expected, rtol=1e-4, atol=1e-5)
    assert after.y_test is not None and (after.y_test == before.y_test).all()


def test_whitened_training_rows_are_uncorrelated_and_test_rows_are_moved_alike():
    mix = np.random.default_rng(2).normal(size=(3, 3))
    before = split(mix)
    after = transformed(before, "whiten")
    np.testing.assert_allclose(np.cov(after.x_train.T, bias=True), np.eye(3), atol=1e-3)
    root = inverse_root(before.x_train)
    np.testing.assert_allclose(root, root.T, atol=1e-9)
    expected = (before.x_test - before.x_train.mean(axis=0)) @ root
    np.testing.assert_allclose(after.x_test, expected, rtol=1e-3, atol=1e-3)


def test_a_constant_direction_becomes_zero():
    rows = np.hstack([np.random.default_rng(3).normal(size=(50, 2)), np.ones((50, 1))])
    root = inverse_root(rows)
    assert np.abs(root[2]).max() < 1e-12


@pytest.mark.parametrize("inputs", ["min_max", "standardize", "whiten", "standardize_parts"])
def test_one_feature_is_whitened_as_it_is_standardized(inputs):
    one = split()._replace(**{f"x_{p}": getattr(split(), f"x_{p}")[:, :1] for p in PARTS})
    after = transformed(one, inputs)
    assert after.x_train.shape == one.x_train.shape
    if inputs == "whiten":
        expected = transformed(one, "standardize")
        np.testing.assert_allclose(after.x_test, expected.x_test, rtol=1e-5, atol=1e-5)


def test_whitened_columns_without_spread_are_zero():
    constant = split()._replace(**{f"x_{p}": np.full((9, 2), 0.3, np.float32) for p in PARTS})
    np.testing.assert_array_equal(transformed(constant, "whiten").x_test, np.zeros((9, 2)))


def test_each_part_may_be_standardized_by_itself():
    after = transformed(split(), "standardize_parts")
    for part in (after.x_train, after.x_validation, after.x_test):
        np.testing.assert_allclose(part.mean(axis=0), 0, atol=1e-3)
        np.testing.assert_allclose(part.std(axis=0), 1, rtol=1e-3)


def test_images_keep_their_shape():
    images = split()._replace(
        **{
            f"x_{p}": np.random.default_rng(4).normal(size=(30, 4, 3, 2)).astype(np.float32)
            for p in ("train", "validation", "test")
        }
    )
    assert transformed(images, "whiten").x_test.shape == (30, 4, 3, 2)


def test_a_run_trains_on_what_its_method_makes_of_the_inputs():
    settings = Settings("sigmoid", "glorot_uniform", 0.1, 2, 0, 1)
    plain, scaled = (
        Run(split(), Perceptron([4]), method, settings, 20, 1)
        for method in (METHODS["base"], Method(inputs="standardize"))
    )
    np.testing.assert_array_equal(plain.trainer.x, split().x_train)
    np.testing.assert_array_equal(scaled.trainer.x, transformed(split(), "standardize").x_train)
    standardized = transformed(split(), "standardize").x_validation
    np.testing.assert_array_equal(scaled.examples.evaluated[:90], standardized[fixed_order(90)])


# ---------------------------------------------------------------- data whose law is known


def test_a_linear_map_is_one_matrix_for_all_rows_and_its_class_the_largest_output():
    table = read({"source": "linear_map", "seed": 3, "shape": {"rows": 60, "classes": 4}})
    x, y = table.x[:, :4], table.x[:, 4:]
    matrix, *_ = np.linalg.lstsq(x, y, rcond=None)
    np.testing.assert_allclose(x @ matrix, y, atol=1e-9)
    assert (table.y == y.argmax(axis=1)).all()
    assert table.class_names == ("y1", "y2", "y3", "y4")


@pytest.mark.parametrize("moves", [False, True])
def test_points_of_a_disc_are_classed_by_their_distance_from_its_middle(moves):
    table = read(
        {
            "source": "disc",
            "seed": 1,
            "moves": moves,
            "shape": {"rows": 6000},
            "split": {"test": 2000},
        }
    )
    last = np.arange(6000) >= 4000
    assert table.x[~last].mean(axis=0) == pytest.approx([-1.5, 0], abs=0.1)
    assert table.x[last].mean(axis=0) == pytest.approx([1.5, 0], abs=0.1)
    middle = np.where(last, 1.5, -1.5)[:, None] * [1, 0] if moves else 0
    distance = np.linalg.norm(table.x - middle, axis=1)
    assert distance[table.y == 1].max() <= distance[table.y == 0].min()
    assert table.y.mean() == pytest.approx(0.5, abs=0.05)
