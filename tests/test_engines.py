"""oneDNN and Eigen compute the same convolutions, and XLA's programs depend on neither."""

import os
import subprocess
import sys

import numpy as np
import pytest
from project import CHECKOUT

TRAINING = """
import re
import sys
import tempfile
from pathlib import Path
import numpy as np
from bnlab.lazy import tf
from bnlab.networks.block import Method
from bnlab.networks.convolutional import Convolutional
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.perceptron import Perceptron
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split
from bnlab.training.trainer import engine, share_the_machine

share_the_machine()
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 8, 8, 3)).astype("float32")
part = x, (x[:, 0, 0, 0] > 0).astype("int32")
split = Split(*part, *part, *part, np.array(["no", "yes"]))
settings = Settings("relu", "glorot_uniform", 0.01, 20, 0, 1)
arrays = {}
for network in (Convolutional([[8, 8], [16], [16]], []), Perceptron([8])):
    run = Run(split, network, Method(normalizer=BN), settings, 16, 0)
    parameters, state, order, _ = run.start(0)
    values, averages, *_ = run.trainer.advance(parameters, state, order, 0.01, 0, 20)
    moved = [np.ravel(v) for v in [*values, *averages]]
    arrays[engine(network)] = np.concatenate(moved)
    if not network.compiled:
        with tempfile.TemporaryDirectory() as folder:
            with tf.profiler.experimental.Profile(folder):
                run.trainer.advance(parameters, state, order, 0.01, 0, 2)
            (trace,) = Path(folder).rglob("*.xplane.pb")
            names = re.findall(rb"[\\w/]+:(\\w*MaxPoolGrad)", trace.read_bytes())
        arrays["gradients of poolings"] = np.array(names).astype(str)
np.savez(sys.argv[1], **arrays)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Parameters and averages of a convolutional network and a perceptron, by variable and engine.

    "gradients of poolings" are the operations that computed them in the convolutional network, one a pooling.
    """

    def train(variable):
        path = tmp_path_factory.mktemp("engines") / "values.npz"
        unset = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
        variables = {"PYTHONPATH": str(CHECKOUT / "workflow" / "scripts"), **variable}
        command = [sys.executable, "-c", TRAINING, str(path)]
        subprocess.run(command, env=unset | variables, check=True)
        return dict(np.load(path))

    settings = {
        "unset": {},
        "0": {"TF_ENABLE_ONEDNN_OPTS": "0"},
        "1": {"TF_ENABLE_ONEDNN_OPTS": "1"},
    }
    return {name: train(variable) for name, variable in settings.items()}


def test_plain_graphs_run_through_onednn_unless_the_user_says_otherwise(trained):
    engines = {name: set(arrays) - {"gradients of poolings"} for name, arrays in trained.items()}
    assert engines == {
        "unset": {"oneDNN", "XLA"},
        "0": {"Eigen", "XLA"},
        "1": {"oneDNN", "XLA"},
    }
    np.testing.assert_array_equal(trained["unset"]["oneDNN"], trained["1"]["oneDNN"])


def test_the_gradient_of_every_pooling_in_the_loop_runs_through_onednn(trained):
    assert [*trained["1"]["gradients of poolings"]] == 3 * ["_MklNativeMaxPoolGrad"]
    assert [*trained["0"]["gradients of poolings"]] == 3 * ["MaxPoolGrad"]


def test_after_twenty_steps_both_engines_have_the_same_weights(trained):
    np.testing.assert_allclose(trained["1"]["oneDNN"], trained["0"]["Eigen"], rtol=0, atol=1e-5)


def test_what_xla_compiles_is_the_same_to_the_bit(trained):
    np.testing.assert_array_equal(trained["1"]["XLA"], trained["0"]["XLA"])
