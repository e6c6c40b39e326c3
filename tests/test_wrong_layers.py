"""Wrong layers of a user's, of each library: each ends the command in one sentence and an exit status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bnlab.card import damage, measure, score

OWN = """\
import time
from abc import ABC, abstractmethod

import numpy as np
import tensorflow as tf

from bnlab.networks.normalizer import Normalizer


class Shape(Normalizer):
    def normalize(self, u, training):
        return tf.reduce_mean(u, axis=-1)


class Pair(Normalizer):
    def normalize(self, u, training):
        return u, u


class Counts(Normalizer):
    def build(self):
        self._count = 0

    def normalize(self, u, training):
        self._count += 1
        return u / self._count


class Keeps(Normalizer):
    def normalize(self, u, training):
        self.kept = tf.reduce_mean(u)
        return u - self.kept


class Cut(Normalizer):
    def normalize(self, u, training):
        return tf.stop_gradient(u)


class Constant(Normalizer):
    def build(self):
        self.beta = self.vector("beta", "ones")

    def normalize(self, u, training):
        return tf.zeros_like(u) + self.beta


class OneRow(Normalizer):
    def normalize(self, u, training):
        return (u - tf.reduce_mean(u, axis=0)) * (u.shape[0] / tf.constant(u.shape[0] - 1, u.dtype))


class Doubles(Normalizer):
    def build(self):
        self.total = self.vector("total", "ones", trainable=False)

    def normalize(self, u, training):
        if training:
            self.total = 2 * self.total
        return u + 0 * self.total


class Raises(Normalizer):
    def normalize(self, u, training):
        raise RuntimeError("no such\\nlayer.")


class Empty(Normalizer):
    pass


class Start(Normalizer):
    def build(self):
        self.gamma = self.vector("gamma", "one")

    def normalize(self, u, training):
        return u * self.gamma


class Resizes(Normalizer):
    def build(self):
        self.total = self.vector("total", "ones", trainable=False)

    def normalize(self, u, training):
        self.total = tf.reduce_mean(u, axis=-1)
        return 2 * u


class Variable(Normalizer):
    def build(self):
        self.gamma = tf.Variable(1.0, dtype=self.dtype)

    def normalize(self, u, training):
        return u * self.gamma


class Lists(Normalizer):
    def build(self):
        self.seen = {"means": []}

    def normalize(self, u, training):
        self.seen["means"].append(tf.reduce_mean(u))
        return 2 * u


class Global(Normalizer):
    calls = []

    def normalize(self, u, training):
        Global.calls.append(0)
        return u / len(Global.calls)


class Draws(Normalizer):
    def normalize(self, u, training):
        return u + np.random.default_rng().normal(size=u.shape).astype(u.dtype.name)


class Moves(Normalizer):
    def build(self):
        self.gamma = self.vector("gamma", "ones")

    def normalize(self, u, training):
        self.gamma = 1.01 * self.gamma
        return self.gamma * u


class Exits(Normalizer):
    def build(self):
        raise SystemExit("bye")

    def normalize(self, u, training):
        return 2 * u


class Average(Normalizer):
    def build(self):
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)

    def normalize(self, u, training):
        return u - self.moving_mean


class Adds(Normalizer):
    def build(self):
        self.total = np.zeros(1)

    def normalize(self, u, training):
        self.total += 1
        return 2 * u


class Log(Normalizer):
    def normalize(self, u, training):
        return tf.math.log(u)


class Stops(Normalizer):
    def build(self):
        self.total = self.variable("total", (), "zeros", trainable=False)

    def normalize(self, u, training):
        if self.total > 4:
            raise ValueError("five steps are all that it takes")
        self.total = self.total + (1.0 if training else 0.0)
        return 2 * u


class Sleeps(Normalizer):
    def normalize(self, u, training):
        time.sleep(9)
        return u


class Hidden(Normalizer, ABC):
    @abstractmethod
    def size(self):
        pass

    def normalize(self, u, training):
        return u
"""

KERAS = """\
import time

import keras
import numpy as np


class Sleeps(keras.layers.Layer):
    def call(self, u):
        time.sleep(9)
        return u


class Lists(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.seen = [0]

    def call(self, u):
        self.seen[0] += 1
        return 2 * u


class Draws(keras.layers.Layer):
    def call(self, u):
        return u + keras.ops.cast(np.random.default_rng().normal(), u.dtype)


class Shape(keras.layers.Layer):
    def call(self, u):
        return keras.ops.mean(u, axis=-1)


class Pair(keras.layers.Layer):
    def call(self, u):
        return u, u


class Counts(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self._count = 0

    def call(self, u):
        self._count += 1
        return u / self._count


class Keeps(keras.layers.Layer):
    def call(self, u):
        self.kept = keras.ops.mean(u)
        return u - self.kept


class Cut(keras.layers.Layer):
    def call(self, u):
        return keras.ops.stop_gradient(u)


class Constant(keras.layers.Layer):
    def build(self, shape):
        self.beta = self.add_weight(shape=shape[-1:], initializer="ones", name="beta")

    def call(self, u):
        return keras.ops.zeros_like(u) + self.beta


class OneRow(keras.layers.Layer):
    def call(self, u):
        m = keras.ops.cast(keras.ops.shape(u)[0], u.dtype)
        return (u - keras.ops.mean(u, axis=0)) * (m / (m - 1))


class Doubles(keras.layers.Layer):
    def build(self, shape):
        self.total = self.add_weight(shape=shape[-1:], initializer="ones", trainable=False, name="total")

    def call(self, u, training=False):
        if training:
            self.total.assign(2 * self.total)
        return u + 0 * self.total


class Raises(keras.layers.Layer):
    def call(self, u):
        raise RuntimeError("no such\\nlayer.")
"""

TORCH = """\
import numpy as np
import torch


class Lists(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, u):
        self.seen.append(u.detach().mean())
        return 2 * u


class Adds(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.total = torch.zeros(1)

    def forward(self, u):
        self.total.add_(u.detach().mean())
        return 2 * u


class Draws(torch.nn.Module):
    def forward(self, u):
        return u + np.random.default_rng().normal()


class Shape(torch.nn.Module):
    def forward(self, u):
        return u.mean(dim=-1)


class Pair(torch.nn.Module):
    def forward(self, u):
        return u, u


class Counts(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self._count = 0

    def forward(self, u):
        self._count += 1
        return u / self._count


class Keeps(torch.nn.Module):
    def forward(self, u):
        self.kept = u.detach().mean()
        return u - self.kept


class Cut(torch.nn.Module):
    def forward(self, u):
        return u.detach()


class Constant(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.beta = torch.nn.Parameter(torch.ones(dim))

    def forward(self, u):
        return u.detach() * 0 + self.beta


class OneRow(torch.nn.Module):
    def forward(self, u):
        return (u - u.mean(dim=0)) / (u.std(dim=0) + 1e-3)


class Doubles(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("total", torch.ones(dim))

    def forward(self, u):
        if self.training:
            self.total.mul_(2)
        return u + 0 * self.total


class Raises(torch.nn.Module):
    def forward(self, u):
        raise RuntimeError("no such\\nlayer.")


class Resizes(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("total", torch.ones(dim))

    def forward(self, u):
        self.total = u.detach().mean(dim=-1)
        return 2 * u


class Moves(torch.nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gamma = torch.nn.Parameter(torch.ones(dim))

    def forward(self, u):
        with torch.no_grad():
            self.gamma.mul_(1.01)
        return self.gamma * u
"""
FILES = {"own": OWN, "keras": KERAS, "torch": TORCH}

FAULTS = {
    "Shape": r"cannot be used: (it|normalize) makes \((\d+),\) of an input of shape \(\2, 64\)",
    "Pair": r"cannot be used: .* tuple",
    "Counts": r"cannot be used: it keeps a value of a step as its attribute .*_count; make that state by ",
    "Keeps": r"cannot be used: it keeps a value of a step as its attribute .*kept; make that state by ",
    "Cut": r"cannot be used: no gradient flows from ",
    "Constant": r"cannot be used: no gradient flows from ",
    "OneRow": r"breaks on a batch of one row \(rows, images, tokens\): N\(u\) is not finite\.$",
    "Doubles": r"breaks after 20 steps on one batch \(rows, images, tokens\): its state total grows from 1 to .*\.$",
    "Raises": r"cannot be used: RuntimeError in line \d+: no such layer\.$",
    "Empty": r"cannot be used: it has no normalize\(self, u, training\)",
    "Start": r"cannot be used: 'gamma' starts as 'one' \(allowed: a number, zeros, ones, ",
    "Resizes": r"cannot be used: the shape of (its )?'total' changes from \(64,\) to \(\d+,\)",
    "Moves": r"cannot be used: a step of its own moves its (parameter|trained variable) gamma; make that state by ",
    "Lists": r"cannot be used: it keeps a value of a step as its attribute .*seen; make that state by ",
    "Adds": r"cannot be used: it keeps a value of a step as its attribute total; make that state by ",
    "Global": r"cannot be used: it makes another N\(u\) of the same input and the same variables in another call; ",
    "Draws": r"cannot be used: it makes another N\(u\) of the same input and the same variables in another call; ",
    "Exits": r"cannot be used: SystemExit in line \d+: bye$",
    "Average": r"cannot be used: it has no attribute momentum, by which its average moving_mean moves; set it in ",
    "Sleeps": r"cannot be used: Timeout( in line \d+)?: its first calls take over 2 s, and a card makes thousands$",
    "Log": r"breaks on ordinary inputs \(rows, images, tokens\): N\(u\) is not finite\.$",
    "Stops": r"breaks within 20 steps on one batch \(rows, images, tokens\): ValueError in line \d+: five steps are",
    "Hidden": r"cannot be used: TypeError: Can't instantiate abstract class",
    "Variable": r"cannot be used: 'Variable:0' would not be trained, since TensorFlow keeps it",
}
"""The end of the sentence on each fault, which begins with the layer."""
CASES = [
    (name, each) for name, text in FILES.items() for each in FAULTS if f"class {each}(" in text
]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory; of a card its sentences alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measure, "MEASURES", ())


@pytest.mark.parametrize(("library", "fault"), CASES)
def test_a_wrong_layer_ends_the_command_in_one_sentence(
    library, fault, tmp_path, monkeypatch, capsys
):
    if library == "torch":
        pytest.importorskip("torch")
    if fault == "Sleeps":
        monkeypatch.setattr(damage, "PATIENCE", 2)
    (tmp_path / f"{library}_layers.py").write_text(FILES[library])
    with pytest.raises(SystemExit) as ended:
        score.main([f"{library}_layers.py:{fault}", "--properties"])
    sentence = str(ended.value.code)  # printed by Python, which ends with 1
    assert re.match(f"{library}_layers.py:{fault} {FAULTS[fault]}", sentence), sentence
    assert "\n" not in sentence
    assert "Traceback" not in capsys.readouterr().err
    if "breaks" not in sentence:
        assert [each.name for each in tmp_path.iterdir()] == [f"{library}_layers.py"]
