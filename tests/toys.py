"""A user's additions: an experiment, a probe, a network and a normalizer, each in one file or folder."""

from pathlib import Path

LIBRARY = "workflow/scripts/bnlab"

PROBE = '''\
"""Lengths of the vectors of weights."""

import numpy as np
import pandas as pd

from bnlab.training.probe import StepProbe


class WeightNorm(StepProbe):
    """The Euclidean norm of each trained variable, by layer and name."""

    def measure(self, parameters, state):
        paths = [variable.path for variable in self.run.network.trainable]
        norms = [float(np.linalg.norm(value)) for value in parameters]
        return pd.DataFrame({"variable": paths, "norm": norms})

    def nothing(self):
        paths = [variable.path for variable in self.run.network.trainable]
        return pd.DataFrame({"variable": paths, "norm": np.nan})
'''

NETWORK = '''\
"""A network whose layers all see the input."""

import tensorflow as tf

from bnlab.networks.block import Dense
from bnlab.networks.network import Network
from bnlab.study.options import Count


class Looking(Network):
    """So many layers of so many units, each of the input beside the layer below."""

    def __init__(self, layers: Count, units: Count = 4):
        self.layers, self.units = layers, units

    def build(self, shape, classes):
        self.stack = [self.add(Dense, "hidden1", shape[0], self.units)]
        for i in range(2, self.layers + 1):
            self.stack.append(self.add(Dense, f"hidden{i}", shape[0] + self.units, self.units))
        self.add_logits(self.units, classes)

    def call(self, x, training):
        y = self.stack[0](x, training)
        for block in self.stack[1:]:
            y = block(tf.concat([x, y], axis=1), training)
        return self.logits(y)
'''

NORMALIZER = '''\
import tensorflow as tf

from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Fraction


class Centred(Normalizer):
    """Centring: N(u) = u − μ, μ over the rows of the batch, and a moving average of it at inference."""

    def __init__(self, momentum: Fraction = 0.9):
        self.momentum = momentum

    def build(self):
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)

    def normalize(self, u, training):
        if not training:
            return u - self.moving_mean
        mean = tf.reduce_mean(u, axis=list(range(len(u.shape) - 1)))
        self.move("moving_mean", mean)
        return u - mean
'''

DECLARATION = """\
title: The growth of weights
question: Do weights grow more without normalization?

figures:
  growth:
    title: Norm of the weights
    in_summary: true
    reads: [weight_norm]
    caption: The norm of all weights together, by training step.

tables:
  last_norm:
    title: Norm at the end
    reads: [weight_norm]
    caption: The norm of all weights together at the last step.

quantities:
  norm: {label: norm of all weights, reads: [weight_norm]}

findings:
  - question: Are weights longer with batch normalization?
    decided_by: {table: last_norm, column: ratio, neutral: 1, where: {method: bn}}
    higher: With BN the weights on {on} end {value} times as long.
    lower: With BN the weights on {on} end only {value} times as long.
    unclear: With BN the weights on {on} end about as long.
"""

ANALYSIS = '''\
"""Tables and quantities of the growth of weights."""

from bnlab.analysis.quantities import method_runs
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize

KEYS = [*RUN, "step"]


def _norms(weight_norm):
    rows = weight_norm.assign(square=weight_norm["norm"] ** 2)
    total = rows.groupby([*KEYS, "replicate"])["square"].sum() ** 0.5
    return total.rename("norm").reset_index()


def growth(weight_norm):
    """Compute the norm of all weights at each step."""
    return summarize(_norms(weight_norm), KEYS, "norm")


def last_norm(weight_norm):
    """Compute the norm at the last step, and its ratio to base."""
    rows = _norms(weight_norm[weight_norm["step"] == weight_norm["step"].max()])
    ratios = compare(rows, KEYS, "norm", BASE, paired_ratio, "ratio")
    return summarize(rows, KEYS, "norm").merge(ratios)


def norm(results, effect, method):
    """Return the norm of all weights at the end."""
    rows = method_runs(results, "weight_norm", effect, method)
    last = rows[rows["step"] == rows["step"].max()]
    return (last["norm"] ** 2).groupby(last["replicate"]).sum() ** 0.5


TABLES = {"growth": growth, "last_norm": last_norm}
QUANTITIES = {"norm": norm}
'''

PAGE = '''\
"""Figure and result table of the growth of weights."""

from bnlab.page.grids import as_it_is
from bnlab.page.panels import by_method, draw_curve, figure_of, name_of
from bnlab.page.style import method_style


def growth(table):
    """Draw the norm against the step, a line a method."""
    figure = figure_of(table, 3, "norm of all weights")
    axis = figure.subplots()
    for method, rows in by_method(table):
        draw_curve(axis, method_style(method), rows["step"], rows, name_of(rows))
    axis.set(xlabel="step", ylabel="norm")
    axis.legend()
    return figure


FIGURES = {"growth": growth}
GRIDS = {"last_norm": as_it_is}
'''

EXPERIMENT = {"experiment.yaml": DECLARATION, "analysis.py": ANALYSIS, "page.py": PAGE}

OVERLAY = """\
study: toys
claims: toy_claims.yaml
methods:
  centred: {normalizer: "toy_norms.py:Centred", options: {momentum: 0.5}, label: Centred}
recipes:
  looking:
    network: {looking: {layers: 3}}
    learning_rate: 0.1
    budget: {steps: 60}
    evaluations: {first_epoch: 2, later: 3}
    probes: [weight_norm]
    replicates: 5
only: [growth, learning_curves, batch_size, learning_rate, faults]
experiments:
  growth:
    runs:
      - {datasets: [iris_redraw], methods: [base, bn, centred], batches: [16], recipes: [looking]}
  batch_size:
    runs:
      - {datasets: [iris_redraw], methods: [bn, centred], batches: [4, 16], recipes: [smoke]}
"""

LEDGER = """\
sources:
  mine: {title: A guess, short: guess}
claims:
  - id: 1
    source: mine
    place: nowhere
    topic: weights
    claim: Weights are not zero.
    tests:
      - region: iris
        primary: true
        experiment: growth
        dataset: iris_redraw
        recipe: looking
        batch: 16
        quantity: norm
        compare: base
        rule: {above: 0.1}
"""


def add_to(folder: Path) -> None:
    """Write all additions, an overlay and a ledger to a copy of the project, without a change of other files."""
    files = {
        f"{LIBRARY}/probes/weight_norm.py": PROBE,
        f"{LIBRARY}/networks/looking.py": NETWORK,
        "toy_norms.py": NORMALIZER,
        "toy_claims.yaml": LEDGER,
        "toys.yaml": OVERLAY,
        **{f"{LIBRARY}/experiments/growth/{name}": text for name, text in EXPERIMENT.items()},
    }
    for name, text in files.items():
        path = folder / name
        assert not path.exists(), name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
