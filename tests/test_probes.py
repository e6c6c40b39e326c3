"""Each probe on problems with known answers."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from methods import METHODS
from scipy.stats import wasserstein_distance

from bnlab.networks.convolutional import Convolutional
from bnlab.networks.deep_linear import DeepLinear
from bnlab.networks.perceptron import Perceptron
from bnlab.probes import activations, loss_surface
from bnlab.probes.covariate_shift import CovariateShift
from bnlab.probes.distributions import Distributions
from bnlab.probes.gradient_flow import GradientFlow, moved_by, spread_over_rows
from bnlab.probes.gradient_noise import GradientNoise, noise
from bnlab.probes.landscape import Landscape
from bnlab.probes.loss_surface import LossSurface, filter_normalized
from bnlab.probes.norms import Norms
from bnlab.probes.output_shift import OutputShift, distances, from_normal, unit_vectors
from bnlab.probes.percentiles import Percentiles, percentiles
from bnlab.study import registry
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split

ROWS = 60


def split(x=None, classes=3):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 6)) if x is None else x
    x, y = x.astype(np.float32), rng.integers(0, classes, len(x)).astype(np.int32)
    return Split(x, y, x, y, x, y, np.array([str(k) for k in range(classes)]))


def run(probe, method="base", network=None, data=None, learning_rate=0.5, batch=ROWS, steps=6):
    settings = Settings("sigmoid", "glorot_uniform", learning_rate, steps, 0, 2)
    network_settings = (network or Perceptron([5, 4]), METHODS[method], settings, batch, 1)
    return Run(data or split(), *network_settings, {"probe": probe})


def measured(training):
    parameters, state, _, _ = training.start(0)
    return training.step_probes["probe"].measure(parameters, state)


@pytest.fixture
def plane_alone(monkeypatch):
    """Leave out the lines of ``LossSurface``, which are a program of their own."""
    monkeypatch.setattr(loss_surface, "LINES", 0)


EVERY = [Distributions, GradientFlow, GradientNoise, Landscape, LossSurface, Norms, OutputShift]


@pytest.mark.parametrize(
    "probe", [*EVERY, CovariateShift, Percentiles], ids=lambda probe: probe.__name__
)
@pytest.mark.usefixtures("plane_alone")
def test_a_probe_of_the_run_before_measures_as_one_of_its_own(probe):
    before, alone = (
        run(probe, "bn", learning_rate=0.1, steps=4, batch=20),
        run(probe, "bn", batch=20),
    )
    measured(before)
    settings = (METHODS["bn"], alone.settings, 20, 1, {"probe": probe})
    after = Run(split(), Perceptron([5, 4]), *settings, before)
    assert after.step_probes["probe"] is before.step_probes["probe"]
    pd.testing.assert_frame_equal(measured(after), measured(alone), check_exact=True)


TABLE, IMAGES = (6,), (4, 4, 2)
EVERY_NETWORK = {
    "perceptron": (TABLE, {"hidden": [5, 4]}),
    "recurrent": (TABLE, {"units": 4, "steps": 3}),
    "deep_linear": (TABLE, {"layers": 2}),
    "convolutional": (IMAGES, {"widths": [[3]], "head": []}),
    "inception": (IMAGES, {"widths": [4, 2]}),
    "residual_perceptron": (TABLE, {"blocks": 2, "units": 4, "norm": "peri"}),
    "residual_convolutional": (IMAGES, {"widths": [2, 4], "norm": "post"}),
    "transformer": (TABLE, {"blocks": 1, "tokens": 2, "units": 4, "heads": 2, "qk_norm": True}),
    "language_model": (TABLE, {"blocks": 1, "units": 4, "heads": 2}),
    "vision_transformer": (IMAGES, {"blocks": 1, "patch": 2, "units": 4, "heads": 2}),
}


WITHOUT_BRANCHES = ["perceptron", "recurrent", "deep_linear", "convolutional", "inception"]
REFUSED = {
    **{
        (network, "stream"): "needs a network with residual branches"
        for network in WITHOUT_BRANCHES
    },
    ("language_model", "corrupted"): "changes features, and symbols have none",
    ("language_model", "input_gradients"): "derives by features, and symbols have none",
}


def test_every_network_is_probed_below():
    assert EVERY_NETWORK.keys() == registry.shipped("network").keys()


def run_of(network, method, probes):
    shape, settings = EVERY_NETWORK[network]
    data = split(np.random.default_rng(2).normal(size=(ROWS, *shape)))
    built = registry.shipped("network")[network].load()(**settings)
    classes = {name: registry.shipped("probe")[name].load() for name in probes}
    settings = Settings("sigmoid", "glorot_uniform", 0.1, 4, 0, 1)
    return Run(data, built, METHODS[method], settings, 20, 1, classes)


@pytest.mark.parametrize(("network", "probe"), REFUSED)
def test_a_probe_that_does_not_fit_a_network_says_so_before_training(network, probe):
    with pytest.raises(ValueError, match=REFUSED[network, probe]):
        run_of(network, "bn", [probe])


@pytest.mark.parametrize(
    ("network", "method"), [("perceptron", "base"), *((name, "bn") for name in EVERY_NETWORK)]
)
@pytest.mark.usefixtures("plane_alone")
def test_every_probe_measures_every_network_that_it_fits(network, method):
    fitting = [name for name in registry.shipped("probe") if (network, name) not in REFUSED]
    training = run_of(network, method, fitting)
    parameters, state, _, _ = training.start(0)
    for name, probe in training.step_probes.items():
        actual = probe.measure(parameters, state)
        assert list(actual) == list(probe.nothing()) and len(actual) == len(probe.nothing()), name
        assert actual.select_dtypes("number").notna().mean().min() > 0.3, name


def test_the_first_kernel_of_images_is_moved_by_a_thousandth_of_its_length():
    """A change along W itself scales a linear layer's outputs by it: moved is then their root mean square."""
    data = split(np.random.default_rng(2).normal(size=(ROWS, 4, 4, 2)))
    training = run(GradientFlow, network=Convolutional([[3]], []), data=data)
    probe, (parameters, state, _, _) = training.step_probes["probe"], training.start(0)
    probe.direction = parameters[probe.kernels[0]].numpy().astype(np.float64)
    first = probe.measure(parameters, state).iloc[0]
    kernel = tf.cast(parameters[probe.kernels[0]], tf.float64)
    outputs = tf.nn.conv2d(tf.cast(data.x_validation, tf.float64), kernel, 1, "SAME").numpy()
    assert first["moved"] == pytest.approx(np.sqrt(np.mean(outputs**2)), rel=1e-5)


def test_runs_of_different_seeds_have_probes_of_their_own():
    before = run(Norms)
    settings = (METHODS["base"], before.settings, ROWS, 2, {"probe": Norms})
    after = Run(split(), Perceptron([5, 4]), *settings, before)
    assert after.probes["probe"] is not before.probes["probe"]


@pytest.mark.parametrize("method", ["base", "bn"])
@pytest.mark.parametrize("probe", EVERY, ids=lambda probe: probe.__name__)
@pytest.mark.usefixtures("plane_alone")
def test_a_diverged_replicate_has_the_same_rows_without_values(probe, method):
    training = run(probe, method).step_probes["probe"]
    actual, nothing = measured(training.run), training.nothing()
    assert list(nothing) == list(actual)
    assert (nothing.dtypes == actual.dtypes).all()
    assert len(nothing) == len(actual)
    numbers = [name for name in actual if actual[name].dtype == "float32"]
    identical = [name for name in actual if (nothing[name].eq(actual[name])).all()]
    assert set(identical) | set(numbers) == set(actual)
    assert nothing[numbers].isna().any(axis=None)


@pytest.mark.parametrize("probe", EVERY, ids=lambda probe: probe.__name__)
@pytest.mark.usefixtures("plane_alone")
def test_what_a_probe_measures_leaves_training_as_it_is(probe, without_probes):
    plain, history = without_probes
    settings = (METHODS["bn"], plain.settings, 20, 1, {"probe": probe})
    probed = Run(split(), Perceptron([5, 4]), *settings, plain)
    assert train(probed, 2).history.equals(history)


@pytest.fixture(scope="module")
def without_probes():
    """A run without probes, whose programs those with probes use again, and its history."""
    settings = Settings("sigmoid", "glorot_uniform", 0.5, 6, 0, 2)
    plain = Run(split(), Perceptron([5, 4]), METHODS["bn"], settings, 20, 1)
    return plain, train(plain, 2).history


def test_probes_measure_when_they_say():
    for probe, steps in ((Landscape, {3, 6}), (GradientFlow, {0, 3, 6}), (LossSurface, {6})):
        table = train(run(probe), 2).records["probe"]
        assert set(table["step"]) == steps
        assert set(table["replicate"]) == {0, 1}


# ---------------------------------------------------------------- percentiles


def test_each_unit_has_the_percentiles_that_numpy_finds():
    rng = np.random.default_rng(3)
    arrays = {"activation": rng.normal(size=(101, 4)), "weight": rng.normal(size=(7, 4))}
    table = percentiles(**arrays)
    assert len(table) == 2 * 4 * 3
    for row in table.itertuples():
        expected = np.percentile(arrays[row.quantity][:, row.unit], row.percentile)
        assert row.value == pytest.approx(expected, rel=1e-6)


def test_percentiles_are_taken_over_samples_and_not_over_units():
    samples = np.arange(101.0)[:, None] + [0, 1000]
    table = percentiles(activation=samples).set_index(["unit", "percentile"])["value"]
    assert table.loc[0].tolist() == [15, 50, 85]
    assert table.loc[1].tolist() == [1015, 1050, 1085]


def test_quantities_may_differ_in_samples_and_units():
    table = percentiles(activation=np.zeros((5, 2)), weight=np.ones((3, 6)))
    assert table.groupby("quantity").size().to_dict() == {"activation": 6, "weight": 18}


def test_a_diverged_activation_has_no_percentiles():
    table = percentiles(activation=np.full((5, 2), np.nan))
    assert len(table) == 6
    assert table["value"].isna().all()


# ---------------------------------------------------------------- earth mover's distance


def test_the_distance_of_each_unit_is_scipys():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(50, 3)), rng.gamma(2, size=(50, 3))
    expected = [wasserstein_distance(first[:, j], second[:, j]) for j in range(3)]
    spreads = [np.concatenate([first[:, j], second[:, j]]).std() for j in range(3)]
    actual = distances(first, second)
    assert actual == pytest.approx((np.mean(expected), np.mean(np.divide(expected, spreads))))


def test_a_shift_by_a_constant_is_as_far_as_the_constant_and_an_order_is_no_shift():
    values = np.random.default_rng(5).normal(size=(40, 2))
    assert distances(values, values + 3)[0] == pytest.approx(3)
    assert distances(values, values[::-1]) == (0, 0)
    assert np.isnan(distances(np.ones((4, 2)), np.ones((4, 2)))[1])


def test_projections_are_along_unit_vectors_in_all_directions():
    vectors = unit_vectors(np.random.default_rng(0), 8, 2000)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(np.cov(vectors), np.eye(8) / 8, atol=0.02)


def test_outputs_do_not_shift_at_a_rate_of_zero_and_do_at_another():
    shifts = ["units", "units_in_spreads", "sliced", "sliced_in_spreads"]
    still = measured(run(OutputShift, learning_rate=0.0, batch=20))
    assert still[shifts].eq(0).all(axis=None)
    moved = measured(run(OutputShift, learning_rate=0.5, batch=20))
    assert (moved[shifts] > 0).all(axis=None)
    assert moved["layer"].tolist() == [1, 2]


def test_the_distance_from_normal_is_zero_after_batch_normalization_and_known_otherwise():
    table = measured(
        run(OutputShift, "bn", data=split(np.random.default_rng(3).normal(size=(60, 6))))
    )
    assert (table["distance_from_normal"] < 0.02).all()
    values = np.array([[0.0, 3.0], [2.0, 3.0]])  # means 1 and 3, deviations 1 and 0
    assert from_normal(values) == pytest.approx(np.sqrt((1 + 9 + 1) / 2))


def test_a_scale_changes_the_distance_and_not_the_distance_in_spreads():
    rng = np.random.default_rng(6)
    first, second = rng.normal(size=(2, 50, 4))
    one, ten = distances(first, second), distances(10 * first, 10 * second)
    assert ten[0] == pytest.approx(10 * one[0])
    assert ten[1] == pytest.approx(one[1])


def test_quantiles_of_the_first_unit_are_numpys():
    training = run(Distributions)
    table, probe = measured(training), training.step_probes["probe"]
    layers = probe.inputs(*training.start(0)[:2])
    for row in table.iloc[::17].itertuples():
        expected = np.quantile(layers[row.layer - 1][:, 0], row.share)
        assert row.value == pytest.approx(expected, rel=1e-4, abs=1e-5)


# ---------------------------------------------------------------- landscape


def linear_data(columns=None):
    """Rows for a linear network of one layer; its loss is quadratic, with the Hessian 2·XᵀX/n for every output."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(ROWS, 3)) * [3, 1, 0.3]
    if columns == "orthonormal":
        x = np.linalg.qr(x)[0] * ROWS**0.5
    return split(np.hstack([x, x @ rng.normal(size=(3, 3))])), x


def test_on_a_quadratic_the_effective_smoothness_is_the_curvature_along_the_gradient():
    data, x = linear_data()
    training = run(Landscape, network=DeepLinear(1), data=data, learning_rate=0.01)
    table = measured(training)
    hessian = 2 * x.T @ x / ROWS
    kernel = training.start(0)[0][0].numpy().T
    gradient = 2 * x.T @ (x @ kernel - data.x_train[:, 3:]) / ROWS
    expected = np.linalg.norm(hessian @ gradient) / np.linalg.norm(gradient)
    away = table[table["size"] > 0]
    beta = away["gradient_change"] / away["distance"]
    np.testing.assert_allclose(beta, expected, rtol=2e-3)
    assert expected < np.linalg.eigvalsh(hessian)[-1]


def test_on_a_round_quadratic_it_is_the_top_curvature_and_the_loss_a_parabola():
    data, x = linear_data("orthonormal")
    training = run(Landscape, network=DeepLinear(1), data=data, learning_rate=0.01)
    table = measured(training)
    away = table[table["size"] > 0]
    top = np.linalg.eigvalsh(2 * x.T @ x / ROWS)[-1]
    assert top == pytest.approx(2)
    np.testing.assert_allclose(away["gradient_change"] / away["distance"], top, rtol=2e-3)
    start = table.loc[table["size"] == 0, "loss"].iloc[0]
    kernel = training.start(0)[0][0].numpy().T
    length = np.linalg.norm(2 * x.T @ (x @ kernel - data.x_train[:, 3:]) / ROWS)
    parabola = start - length * away["distance"] + top / 2 * away["distance"] ** 2
    np.testing.assert_allclose(away["loss"], parabola, rtol=1e-4)


def test_steps_are_multiples_of_the_rate_or_shares_of_the_length_of_all_kernels():
    training = run(Landscape, learning_rate=0.25)
    table = measured(training)
    values = training.start(0)[0]
    kernels = [v for v in values if len(v.shape) == 2]
    length = np.sqrt(sum(np.sum(np.square(v)) for v in kernels))
    np.testing.assert_allclose(table["weights"], length, rtol=1e-5)
    shares = table[table["unit"] == "weights"]
    np.testing.assert_allclose(shares["distance"], shares["size"] * length, rtol=1e-5)
    rates = table[(table["unit"] == "rate") & (table["size"] > 0)]
    per_rate = rates["distance"] / (rates["size"] * 0.25)
    assert per_rate.groupby(rates["sample"]).std().max() < 1e-5


# ---------------------------------------------------------------- loss surface


def test_a_direction_has_filters_as_long_as_the_networks_and_leaves_biases_alone():
    training = run(LossSurface, "bn")
    values, paths = training.start(0)[0], [v.path for v in training.network.trainable]
    direction = filter_normalized(np.random.default_rng(0), values, paths)
    for value, way, path in zip(values, direction, paths, strict=True):
        if path.endswith("/kernel"):  # stored (units, fan_in): a filter is a row
            own = np.linalg.norm(value, axis=1)
            np.testing.assert_allclose(np.linalg.norm(way, axis=1), own, rtol=1e-5)
        else:
            assert not way.any()


def test_the_surface_of_a_linear_network_is_the_quadratic_that_it_is():
    data, x = linear_data()
    training = run(LossSurface, network=DeepLinear(1), data=data)
    table, (kernel,) = measured(training), training.start(0)[0]
    rng = np.random.default_rng(0)
    first, second = (filter_normalized(rng, [kernel], ["logits/kernel"])[0] for _ in range(2))
    plane = table[table["picture"] == 0]
    for row in plane.iloc[::37].itertuples():
        w = (kernel.numpy() + row.a * first + row.b * second).T
        expected = np.mean(np.sum((x @ w - data.x_train[:, 3:]) ** 2, axis=1))
        assert row.loss == pytest.approx(expected, rel=1e-4)
    assert set(table["statistics"]) == {"moving"}


def test_with_batch_normalization_there_is_a_surface_of_each_kind_of_statistics():
    training = run(LossSurface, "bn", batch=20)
    result = train(training, 1).records["probe"]
    middle = result[(result["a"] == 0) & (result["b"] == 0) & (result["picture"] == 0)]
    assert middle.set_index("statistics").index.tolist() == ["moving", "batch"]
    assert middle["loss"].nunique() == 2
    assert result.groupby(["picture", "statistics"]).size().loc[0].tolist() == [625, 625]
    assert result["picture"].nunique() == 11


# ---------------------------------------------------------------- flow


def test_the_length_of_a_gradient_is_that_of_finite_differences():
    training = run(GradientFlow, "bn")
    parameters, state, _, _ = training.start(0)
    table = measured(training).set_index("layer")
    last = len(parameters) - 2  # the kernel of the logits
    rows = training.step_probes["probe"].rows[0]

    def loss(value):
        return training.trainer.gradient(
            [*parameters[:last], value, parameters[-1]], state, rows
        ).loss

    kernel, slopes = parameters[last].numpy(), []
    for place in np.ndindex(kernel.shape):
        ends = []
        for sign in (1, -1):
            moved = kernel.copy()
            moved[place] += sign * 1e-2
            ends.append(float(loss(tf.constant(moved))))
        slopes.append((ends[0] - ends[1]) / 2e-2)
    assert table.loc[3, "gradient"] == pytest.approx(np.linalg.norm(slopes), rel=2e-2)


def test_a_change_is_a_root_mean_square_and_a_spread_is_about_the_mean_of_each_unit():
    before = np.array([[0.0, 10.0], [2.0, 10.0]])
    assert float(moved_by(before, before + 3)) == pytest.approx(3)
    assert float(moved_by(before, before)) == 0
    assert float(spread_over_rows(before)) == pytest.approx(np.sqrt(0.5))
    assert np.isnan(spread_over_rows(np.ones((3, 2))))


def test_a_linear_network_neither_amplifies_nor_damps_a_change_of_scale():
    """All layers of a linear network change by the same share if the first kernel is multiplied."""
    training = run(GradientFlow, network=DeepLinear(4))
    probe, (parameters, state, _, _) = training.step_probes["probe"], training.start(0)
    probe.direction = parameters[0].numpy()
    actual = probe.measure(parameters, state)["change"].to_numpy()
    np.testing.assert_allclose(actual[:-1], actual[0], rtol=1e-2)
    assert np.isnan(actual[-1])


def test_norms_are_those_of_the_values():
    training = run(Norms, "bn")
    table = measured(training).set_index("variable")["norm"]
    values = dict(
        zip([v.path for v in training.network.trainable], training.start(0)[0], strict=True)
    )
    assert set(table.index) == set(values)
    for path, norm in table.items():
        assert norm == pytest.approx(np.linalg.norm(values[path]), rel=1e-6)


# ---------------------------------------------------------------- noise of gradients


def test_noise_is_the_trace_of_the_covariance_and_the_length_of_the_mean():
    points = np.random.default_rng(0).normal(2, 3, (24, 5))
    variance, length = noise(points)
    assert variance == pytest.approx(np.trace(np.cov(points.T)))
    assert length == pytest.approx(np.linalg.norm(points.mean(axis=0)))


def test_the_variance_of_a_gradient_is_that_of_single_rows_over_their_number():
    """A linear map without hidden layers, whose gradient by W for a row (x, y) is 2·x·(xW + b − y)ᵀ, by b 2·(…)."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 6))
    training = run(GradientNoise, network=DeepLinear(1), data=split(x), batch=20)
    parameters, state, _, _ = training.start(0)
    actual = training.step_probes["probe"].measure(parameters, state).set_index("size")["variance"]
    inputs, target = x[:, :3], x[:, 3:]
    error = inputs @ np.array(parameters[0]).T - target
    rows = 2 * (inputs[:, :, None] * error[:, None, :]).reshape(4000, -1)
    total = np.trace(np.cov(rows.T))
    assert list(actual.index) == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    ratios = actual * actual.index / total
    assert ratios.mean() == pytest.approx(1, abs=0.15)
    assert ratios.between(0.4, 1.9).all()


def test_of_many_positions_of_images_a_fair_share_is_looked_at(monkeypatch):
    images = np.random.default_rng(1).normal(size=(ROWS, 8, 8, 1))
    training = run(Norms, network=Convolutional([[3], [2]], []), data=split(images))
    parameters, state, *_ = training.start(0)
    whole = activations.ActivationInputs(training)(parameters, state)
    assert [layer.shape for layer in whole] == [(ROWS * 64, 3), (ROWS * 16, 2)]
    monkeypatch.setattr(activations, "MOST", 1000)
    some = activations.ActivationInputs(training)(parameters, state)
    np.testing.assert_array_equal(some[0], whole[0][::3])  # 3,840 positions: every third
    np.testing.assert_array_equal(some[1], whole[1])
    assert {place % 8 for place in range(0, ROWS * 64, 3)} == set(range(8))
