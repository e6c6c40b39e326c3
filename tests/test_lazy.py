"""TensorFlow is imported at its first use, says nothing, and leaves the user's process as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import CHECKOUT

from bnlab import lazy

SCRIPTS = CHECKOUT / "workflow" / "scripts"
EVERY_MODULE = """\
import gc, importlib, logging, os, pkgutil, sys, warnings
import matplotlib, pandas, requests, sklearn  # these may change what they like
def state():
    loggers = [logging.getLogger(name) for name in (None, "bnlab", "openml", "tensorflow")]
    return {
        "environment": dict(os.environ),
        "collector": (gc.isenabled(), gc.get_freeze_count(), gc.get_threshold()),
        "loggers": [(logger.level, list(logger.handlers), logger.propagate) for logger in loggers],
        "requests": requests.Session.request,
        "styles": dict(matplotlib.rcParams),
        "warnings": list(warnings.filters),
    }
before = state()
import bnlab
for module in pkgutil.walk_packages(bnlab.__path__, "bnlab."):
    importlib.import_module(module.name)
changed = [name for name, value in state().items() if value != before[name]]
print(changed, "tensorflow" in sys.modules)
"""
TRAINING = """\
import os, sys
import numpy as np
from bnlab.networks.block import Method
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.perceptron import Perceptron
from bnlab.training import run
from bnlab.training.settings import Settings, Split
from bnlab.training.trainer import share_the_machine
share_the_machine()
x, y = np.random.default_rng(0).normal(size=(8, 3)).astype("float32"), np.arange(8) % 2
settings = Settings("sigmoid", "glorot_uniform", 0.1, steps=4, first_epoch=1, later=1)
split = Split(x, y, x, y, x, y, np.array(["a", "b"]))
trained = run.Run(split, Perceptron([3]), Method(normalizer=BN), settings, batch=2, seed=0)
rows = len(run.train(trained, 1).history)
print(rows, {"TF_USE_LEGACY_KERAS", "TF_CPP_MIN_LOG_LEVEL"} & set(os.environ) | {"keras"} & set(sys.modules))
"""
FAKE = """\
import os
__version__ = "2.21.0"
for line in (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1.5  12 port.cc:153] oneDNN custom operations are on.",
    "E0000 00:00:1.6  12 cuda.cc:7] no device",
    "F0000 00:00:1.7  12 cpu_feature_guard.cc:9] compiled to use AVX instructions",
):
    os.write(2, line.encode() + b"\\n")
"""


def process(*lines: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """These lines of Python, done in a process of their own that finds the library."""
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def printed(*lines: str, **environment: str) -> str:
    """Standard output of these lines."""
    done = process(*lines, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_declarations_are_imported_without_tensorflow_and_pandas():
    folders = ("networks.kernels", "networks.normalizers", "networks", "probes")
    text = printed(
        "import importlib, pkgutil, sys",
        f"for folder in {folders}:",
        "    package = importlib.import_module(f'bnlab.{folder}')",
        "    for module in pkgutil.iter_modules(package.__path__, f'bnlab.{folder}.'):",
        "        importlib.import_module(module.name)",
        "    print({'tensorflow', 'keras', 'pandas', 'numpy'} & set(sys.modules))",
    )
    assert text.splitlines() == ["set()", "set()", "set()", "{'numpy'}"]


@pytest.mark.parametrize("name", ["__wrapped__", "__file__", "__deepcopy__", "__test__"])
def test_a_question_that_any_object_is_asked_imports_nothing(name):
    lines = ("import sys", "from bnlab.lazy import tf", f"print(hasattr(tf, {name!r}))")
    assert printed(*lines, "print('tensorflow' in sys.modules)") == "False\nFalse"


def test_importing_every_module_of_the_library_changes_nothing_of_the_process():
    assert printed(EVERY_MODULE) == "[] False"


def test_training_imports_no_keras_leaves_the_environment_and_prints_nothing_on_stderr():
    done = process(TRAINING)
    assert done.stdout.strip() == "7 set()", done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    "first", ["from bnlab import lazy; lazy.load()", "import tensorflow", "import keras"]
)
def test_keras_of_a_file_of_the_users_is_keras_3_whatever_is_imported_first(first):
    assert (
        printed(
            first,
            "from bnlab.lazy import tf",
            "import tensorflow",
            "from tensorflow.keras.layers import LayerNormalization",
            "print(tf.keras.layers.LayerNormalization is LayerNormalization)",
            "print(LayerNormalization()(tensorflow.constant([[1.0, 1.0]])).numpy().tolist())",
            "print(tf.keras.__version__[0], isinstance(tensorflow.constant(1.0), tf.Tensor))",
        )
        == "True\n[[0.0, 0.0]]\n3 True"
    )


@pytest.mark.parametrize(
    ("line", "imported"),
    [("import tensorflow as tf", False), ("from tensorflow.keras.layers import Dense", True)],
)
def test_an_import_of_tensorflow_may_wait_for_its_first_use(line, imported):
    assert (
        printed(
            "import sys",
            "from bnlab import lazy",
            "with lazy.in_place_of_tensorflow():",
            f"    {line}",
            "print('tensorflow' in sys.modules)",
            "import tensorflow",
            "print(tensorflow is lazy.tf, float(tensorflow.constant(2.0)), float(lazy.tf.constant(2.0)))",
        )
        == f"{imported}\nFalse 2.0 2.0"
    )


@pytest.mark.parametrize("load", ["lazy.load()", "lazy.load('2')"])
@pytest.mark.parametrize("ending", ["", "os.abort()\n"], ids=["imported", "aborted"])
def test_errors_of_tensorflows_start_are_printed_even_where_it_aborts(tmp_path: Path, ending, load):
    (tmp_path / "tensorflow.py").write_text(FAKE + ending)
    path = os.pathsep.join((str(tmp_path), str(SCRIPTS)))
    done = process("from bnlab import lazy", load, PYTHONPATH=path)
    assert [line[:5] for line in done.stderr.splitlines()] == ["E0000", "F0000"]
    assert (done.returncode == 0) == (not ending)


@pytest.mark.parametrize(("own", "level"), [({}, "2"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")])
def test_tensorflow_is_imported_at_the_level_that_is_asked_for_or_the_users(tmp_path, own, level):
    (tmp_path / "tensorflow.py").write_text(
        "import os\n__version__ = '2.21.0'\nprint(os.environ['TF_CPP_MIN_LOG_LEVEL'])\n"
    )
    path = os.pathsep.join((str(tmp_path), str(SCRIPTS)))
    done = process("from bnlab import lazy", "lazy.load('2')", PYTHONPATH=path, **own)
    assert done.stdout.split() == [level], done.stderr


def test_a_user_who_asks_for_messages_sees_them_all(tmp_path: Path):
    (tmp_path / "tensorflow.py").write_text(FAKE)
    path = os.pathsep.join((str(tmp_path), str(SCRIPTS)))
    lines = ("from bnlab import lazy", "lazy.load()")
    done = process(*lines, PYTHONPATH=path, TF_CPP_MIN_LOG_LEVEL="0")
    assert len(done.stderr.splitlines()) == 4


def test_xla_gets_the_flags_of_its_version_and_then_those_of_the_user():
    user = "--xla_cpu_enable_fast_math=false"
    lines = ["import os", "from bnlab import lazy", "lazy.load()", "print(os.environ['XLA_FLAGS'])"]
    flags = printed(*lines, XLA_FLAGS=user).split()
    assert flags[-1] == user
    assert set(flags[:-1]) <= set(" ".join(lazy.XLA_FLAGS.values()).split())
    product = "print(lazy.tf.function(lambda x: 2 * x, jit_compile=True)(1).numpy())"
    assert printed(*lines[:-1], product, XLA_FLAGS=user).split() == ["2"]
