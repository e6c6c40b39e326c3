"""`make same`: two implementations of a normalizer, held against each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from project import CHECKOUT

from bnlab import same

MINE = '''\
import keras
import tensorflow as tf

from bnlab.networks.normalizer import Normalizer


class Swapped(Normalizer):
    """Layer normalization whose variables have other names and another order."""

    shifts = True

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def build(self):
        self.b = self.vector("b", "zeros")
        self.g = self.vector("g", "ones")

    def normalize(self, u, training):
        mean = tf.reduce_mean(u, axis=-1, keepdims=True)
        variance = tf.reduce_mean((u - mean) ** 2, axis=-1, keepdims=True)
        return self.factor * (u - mean) / tf.sqrt(variance + 1e-3) * self.g + self.b


class Unbiased(keras.layers.BatchNormalization):
    def call(self, u, training=False):
        y = super().call(u, training=training)
        rows = u.shape[0]
        if training and rows > 1:
            moved = self.moving_variance - 0.99
            self.moving_variance.assign(0.99 + moved * rows / (rows - 1))
        return y


class OfImages(keras.layers.Layer):
    def call(self, u):
        return u - keras.ops.mean(u, axis=[2, 3], keepdims=True)
'''


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with classes of a user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def compared(a: str, b: str) -> same.Comparison:
    return same.Comparison(same.side(a.split()), same.side(b.split()))


def rows_of(found: same.Comparison) -> dict[str, dict[str, float | str]]:
    return {row.name: row.cells for row in found.rows}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("bn momentum=0.9", "keras.layers:BatchNormalization momentum=0.9"),
        ("ln over=position", "keras.layers:LayerNormalization"),
        ("mine.py:Swapped", "keras.layers:LayerNormalization"),
        ("gn groups=4", "keras.layers:GroupNormalization groups=4"),
        ("rms epsilon=1e-6 affine=gain over=position", "keras.layers:RMSNormalization"),
    ],
)
def test_what_is_the_same_is_said_to_be_whatever_its_variables_are_called(a, b):
    found = compared(a, b)
    if a.startswith("gn"):  # tokens are a row there
        assert list(found.differing) == ["tokens"]
    elif a.startswith("rms"):
        assert found.matched or found.lacking
        assert found.differing == {}
    else:
        assert same.is_same(found), "\n".join(same.lines(found))
        assert same.verdict(found).startswith("They are the same on rows, images, tokens, one row")


def test_a_difference_has_its_place_and_its_values():
    found = compared("mine.py:Swapped", "mine.py:Swapped factor=1.5")
    u, _ = same._inputs((5, 12))
    centred = u - u.mean(axis=1, keepdims=True)
    normal = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-3)
    cells = rows_of(found)["N(u) in training"]
    gain, offset = found.values()[0][1], found.values()[0][0]
    one, other = normal * gain + offset, 1.5 * normal * gain + offset
    expected = np.abs(other - one).max() / np.abs([one, other]).max()
    np.testing.assert_allclose(cells["rows"], expected, rtol=1e-9)
    row, column = np.unravel_index(np.argmax(np.abs(other - one)), u.shape)
    sentence = f"N(u) in training on rows at [{row}, {column}] is {one[row, column]:.6g} in A"
    assert sentence in same.verdict(found)
    assert not same.is_same(found)


def test_another_state_after_a_step_is_found_though_outputs_in_training_are_equal():
    found = compared("bn", "mine.py:Unbiased")
    rows = rows_of(found)
    assert rows["N(u) in training"]["rows"] < same.LEAST
    assert rows["moving_mean after a step"]["rows"] < same.LEAST
    assert rows["moving_variance after a step"]["rows"] > same.LEAST
    assert set(found.differing) == {"rows", "images", "tokens"}


def test_an_input_that_one_side_does_not_take_is_left_out_and_named():
    found = compared("mine.py:OfImages", "keras.layers:UnitNormalization")
    assert found.known == ["images"]
    assert [text.partition(", ")[0] for text in found.lacking] == [
        "rows: A",
        "tokens: A",
        "one row: A",
    ]
    assert found.lacking[0].startswith(
        "rows: A, mine.py:OfImages cannot be used: ValueError in line 37: "
    )


def test_half_precision_is_compared_with_the_same_layer_in_float64():
    rows = rows_of(compared("ln", "keras.layers:LayerNormalization"))
    for name, least, most in (("float16", 1e-5, 2e-3), ("bfloat16", 1e-4, 2e-2)):
        for letter in "AB":
            assert least < rows[f"N(u) in {name}"][letter] < most


@pytest.mark.parametrize(
    ("one", "other", "gap"),
    [
        ([np.inf, 1], [np.inf, 0.5], 0.5),
        ([np.nan, 1], [np.nan, 1], 0),
        ([np.inf, 1], [-np.inf, 1], np.inf),
        ([np.nan, 1], [np.inf, 1], np.inf),
        ([np.nan, 1], [1, 1], np.inf),
    ],
)
def test_infinities_of_different_signs_and_nan_are_different(one, other, gap):
    assert same.difference(np.array(one), np.array(other)) == gap


def test_the_command_ends_with_zero_where_they_are_the_same(own):
    command = [sys.executable, "-m", "bnlab", "same", "bn", "keras.layers:BatchNormalization"]
    scripts = {**os.environ, "PYTHONPATH": str(CHECKOUT / "workflow/scripts")}
    done = subprocess.run(
        command, cwd=own, env=scripts, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert (done.stdout + done.stderr).splitlines()[-1] == (
        "They are the same on rows, images, tokens, one row, to 1e-09 of the largest value in float64."
    )


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run the command in this process, and return its exit code or the sentence that it ends with."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")  # as the command does

    def ended(*words: str) -> Any:
        with pytest.raises(SystemExit) as stopped:
            same.main(words)
        return stopped.value.code

    return ended


def test_the_command_ends_with_one_where_they_differ(ended, capsys):
    assert ended("bn", "keras.layers:BatchNormalization", "momentum=0.9") == 1
    assert "They differ: " in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bn"], same.USAGE),
        (["bn", "ln", "epsilo=1"], "unknown option 'epsilo'; did you mean 'epsilon'?"),
        (["bn", "keras.layers:Dense"], "units"),
    ],
)
def test_the_command_ends_with_a_sentence_on_a_mistake(ended, capsys, words, sentence):
    told = ended(*words)
    assert sentence in told and "\n" not in told
    assert capsys.readouterr().out == ""
