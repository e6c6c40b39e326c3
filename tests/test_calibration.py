"""Calibration error against another computation, and of predictions that are as often right as they say."""

import numpy as np
import pytest
import synthetic
from scipy.special import softmax
from sklearn.metrics import log_loss

from bnlab.analysis import metrics
from bnlab.experiments import quantity
from bnlab.experiments.calibration import analysis
from bnlab.study.ledger import Effect, Measure


def drawn(rows=20_000, classes=5, sharper=1.0, seed=0):
    """Return labels drawn from a softmax, and the softmax of ``sharper`` times its logits."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(rows, classes)) * 2
    chances = softmax(scores, axis=1)
    labels = np.array([rng.choice(classes, p=p) for p in chances])
    return labels, softmax(sharper * scores, axis=1)


def error_by_rows(labels, probabilities, bins=15):
    """Expected calibration error, a row at a time."""
    groups = {}
    for label, p in zip(labels, probabilities, strict=True):
        confidence = p.max()
        place = next(i for i in range(1, bins + 1) if confidence <= i / bins + 1e-12)
        groups.setdefault(place, []).append((confidence, float(p.argmax() == label)))
    return sum(abs(sum(c for c, _ in g) - sum(r for _, r in g)) for g in groups.values()) / len(
        labels
    )


def error_of(table):
    return analysis.errors(
        table.assign(method="m", batch=1, learning_rate=1.0, replicate=0, scaled=False)
    )["error"].item()


@pytest.mark.parametrize("sharper", [0.5, 1.0, 3.0])
def test_the_error_is_that_of_a_computation_row_by_row(sharper):
    labels, probabilities = drawn(3000, sharper=sharper)
    table = metrics.reliability(labels, probabilities)
    assert table["count"].sum() == len(labels)
    assert error_of(table) == pytest.approx(error_by_rows(labels, probabilities), abs=1e-12)


def test_labels_drawn_from_the_probabilities_leave_no_error_and_sharper_ones_do():
    honest = error_of(metrics.reliability(*drawn()))
    sure = error_of(metrics.reliability(*drawn(sharper=3.0)))
    assert honest < 0.015 < 0.1 < sure


def test_the_temperature_undoes_a_scale_of_the_logits_and_has_the_least_loss():
    labels, sharp = drawn(sharper=3.0)
    fitted = metrics.temperature(labels, sharp)
    assert fitted == pytest.approx(3.0, rel=0.05)
    loss = [
        log_loss(labels, metrics.at_temperature(sharp, t))
        for t in (0.98 * fitted, fitted, 1.02 * fitted)
    ]
    assert loss[1] == min(loss)
    assert error_of(metrics.reliability(labels, metrics.at_temperature(sharp, fitted))) < 0.015


def test_scaled_predictions_are_measured_on_rows_that_the_temperature_has_not_seen():
    labels, sharp = drawn(4000, sharper=3.0)
    table = metrics.reliabilities(labels, sharp[None])
    scaled = table[table["scaled"]]
    fitted = metrics.temperature(labels[::2], sharp[::2])
    assert scaled["temperature"].unique().tolist() == [fitted]
    expected = metrics.reliability(labels[1::2], metrics.at_temperature(sharp[1::2], fitted))
    assert (scaled[[*expected]].to_numpy() == expected.to_numpy()).all()
    assert table.loc[~table["scaled"], "count"].sum() == 4000 and scaled["count"].sum() == 2000


def test_a_diverged_replicate_has_no_error():
    labels, p = drawn(100)
    table = metrics.reliabilities(labels, np.array([p, np.full_like(p, np.nan)]))
    rows = analysis.errors(table.assign(method="m", batch=1, learning_rate=1.0))
    assert rows.loc[rows["replicate"] == 1, ["error", "overconfidence"]].isna().all(axis=None)
    assert rows.loc[rows["replicate"] == 0, "error"].notna().all()


@pytest.mark.parametrize(
    ("name", "method", "value"),
    [
        ("calibration_error", "base", 0.02),
        ("overconfidence", "bn", 0.05),
        ("calibration_error_at_temperature", "bn", 0.01),
    ],
)
def test_quantities_find_the_gap_of_made_up_bins(name, method, value):
    effect = Measure.model_construct(rate="best", batch=60, statistics="moving")
    values = quantity("calibration", name)(synthetic.calibration(), effect, method)
    assert values.tolist() == pytest.approx([value * (1 + 0.1 * i) for i in range(4)])


def test_at_equal_loss_both_methods_are_read_at_the_lowest_loss_that_they_share():
    results = synthetic.calibration()
    losses = {("base", 0.1): 0.4, ("base", 1.0): 0.9, ("bn", 0.1): 0.1, ("bn", 1.0): 0.8}
    of_runs = results["metrics"].set_index(["method", "learning_rate"]).index.map(losses)
    results["metrics"]["loss"] = of_runs.to_numpy()
    table = results["reliability"]
    high = (table["method"] == "bn") & (table["learning_rate"] == 1.0) & ~table["scaled"]
    table.loc[high, "right"] = table["confidence"]  # no error there
    effect = Effect.model_construct(compare="bn - base", rate=None, batch=60, statistics="moving")
    name = "calibration_error_at_equal_loss"
    base, own = (quantity("calibration", name)(results, effect, m) for m in ("base", "bn"))
    between = 0.05 * np.log(0.8 / 0.4) / np.log(0.8 / 0.1)
    assert base.tolist() == pytest.approx([0.02 * (1 + 0.1 * i) for i in range(4)])
    assert own.tolist() == pytest.approx([between * (1 + 0.1 * i) for i in range(4)])
