"""A language of known entropy, and the causal transformer that learns it."""

import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS
from pydantic import ValidationError

from bnlab.data import synthetic
from bnlab.data.sources import read
from bnlab.networks.language_model import LanguageModel
from bnlab.networks.network import initial_values
from bnlab.study.datasets import settings
from bnlab.testing import NetworkTests
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split


class TestLanguageModel(NetworkTests):
    network = LanguageModel
    options = {"blocks": 1, "units": 4, "heads": 2}


def test_the_entropy_of_a_chain_of_two_symbols_is_that_of_the_textbook(monkeypatch):
    """Stationary (b, a)/(a + b) for the probabilities a of leaving 0 and b of leaving 1."""
    a, b = 0.3, 0.1
    monkeypatch.setattr(synthetic, "transitions", lambda *_: np.array([[1 - a, a], [b, 1 - b]]))
    of = [-p * np.log(p) - (1 - p) * np.log(1 - p) for p in (a, b)]
    assert synthetic.entropy(2, 1, 0) == pytest.approx((b * of[0] + a * of[1]) / (a + b), rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_sequences_have_the_probabilities_and_the_entropy_of_their_language(order):
    rows, symbols, seed = 100_000, 4, 7
    table = synthetic.language(rows, order + 2, symbols, order, seed)
    known = synthetic.transitions(symbols, order, seed)
    sequence = np.column_stack([table.x, table.y]).astype(int)
    for end in (order, order + 2):  # contexts at the start and at the end are equally distributed
        context = sequence[:, end - order : end] @ symbols ** np.arange(order)[::-1]
        surprise = -np.log(known[context, sequence[:, end]])
        error = surprise.std() / rows**0.5
        assert abs(surprise.mean() - synthetic.entropy(symbols, order, seed)) < 4 * error
        counts = np.zeros_like(known)
        np.add.at(counts, (context, sequence[:, end]), 1)
        seen = counts.sum(axis=1, keepdims=True)
        assert (np.abs(counts - seen * known) < 5 * np.sqrt(seen) + 1).all()


def test_a_causal_transformer_comes_near_the_entropy_and_not_below_it():
    symbols, order, seed = 4, 2, 3
    table = synthetic.language(6000, 4, symbols, order, seed)
    x, y = table.x.astype(np.float32), table.y.astype(np.int32)
    parts = [(x[a:b], y[a:b]) for a, b in ((0, 4000), (4000, 5000), (5000, 6000))]
    split = Split(*(array for part in parts for array in part), np.array(table.class_names))
    chosen = Settings("gelu", "glorot_uniform", 0.01, 400, 0, 1, optimizer={"adam": {}})
    run = Run(split, LanguageModel(1, 16, 2), METHODS["ln"], chosen, 64, 1)
    parameters, state, order_of_rows, _ = run.start(0)
    moved, state, *_ = run.trainer.advance(parameters, state, order_of_rows, 0.01, 0, 400)
    logits = run.evaluator.logits(moved, state, run.evaluator.all)
    loss = run.evaluator.scores(logits, run.evaluator.all, "moving")[1]["loss"]
    least = synthetic.entropy(symbols, order, seed)
    assert least < 0.9 * np.log(symbols)
    assert -0.06 < loss - least < 0.1


def test_the_next_symbol_depends_on_every_symbol_before_it():
    network = LanguageModel(1, 8, 2).build_for(
        METHODS["ln"], [5], 3, "gelu", "glorot_uniform", "float64"
    )
    values = initial_values(network, np.random.SeedSequence(1))
    x = np.zeros((6, 5))
    x[1:] = np.eye(5)
    logits, _ = network(*values, tf.constant(x), training=False)
    assert len(np.unique(logits[:, 0])) == 6


def test_a_config_names_a_language_by_its_shape_order_and_seed():
    shape = {"rows": 50, "features": 6, "classes": 4}
    table = read({"source": "language", "seed": 3, "order": 2, "shape": shape})
    expected = synthetic.language(50, 6, 4, 2, 3)
    np.testing.assert_array_equal(table.x, expected.x)
    np.testing.assert_array_equal(table.y, expected.y)
    assert table.x.shape == (50, 6) and table.class_names == ("0", "1", "2", "3")


def test_every_symbol_of_a_large_language_is_a_class():
    table = synthetic.language(5000, 2, 300, 1, 1)
    assert set(table.y) <= set(range(300)) and table.y.max() == table.x.max() == 299


@pytest.mark.parametrize(("symbols", "order"), [(1001, 1), (32, 2), (11, 3)])
def test_a_language_of_too_many_contexts_is_refused_by_its_config(symbols, order):
    shape = {"rows": 50, "features": 6, "classes": symbols}
    entry = {"source": "language", "seed": 3, "order": order, "shape": shape, "label": "tongue"}
    entry |= {"scaling": "none", "split": {"test": 10, "validation": 10}}
    with pytest.raises(ValidationError, match="a language has at most 1,000 contexts"):
        settings(entry)
