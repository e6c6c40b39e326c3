"""Classes that configs name are imported: the library's by their files, those of users from the working directory."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import CHECKOUT

from bnlab.networks import loading
from bnlab.study import registry
from bnlab.study.messages import UnknownName
from bnlab.study.registry import LIBRARY, ClassReference

OWN = """\
from dataclasses import dataclass

from bnlab.networks.normalizer import Normalizer
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.gn import GN

GROUPS = 3


class Computed(Normalizer):
    shifts = GROUPS > 2
    xla = bool(GROUPS % 3)


class Slow(BN):
    def __init__(self):
        super().__init__(momentum=0.999)
"""
OF_KERAS = '''\
from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from bnlab.networks.normalizer import Normalizer


@dataclass
class Start:
    value: str


class Centring(tf.keras.layers.Layer):
    """u less its mean over the features."""

    def call(self, u):
        return u - tf.reduce_mean(u, axis=-1, keepdims=True)


class OfKeras(Normalizer):
    """Layer normalization of Keras, with variables of the network."""

    shifts = True

    def build(self) -> None:
        self.gamma = self.vector("gamma", Start("ones").value)
        self.beta = self.vector("beta", Start("zeros").value)
        self.layer = tf.keras.layers.LayerNormalization(dtype=self.dtype)
        self.layer.build((None, self.features))

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return self.layer.stateless_call([self.gamma, self.beta], [], Centring()(u))[0]
'''
TRIAL = """\
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from bnlab import lazy
from bnlab.study.registry import find
reference = find("normalizer", "mine.py:OfKeras")
lazy.load()
from bnlab.networks import loading, trial
from bnlab.training import run
from bnlab.training.settings import Settings, Split
plain = "workflow/scripts/bnlab/networks/kernels/plain.py:Plain"
networks = "workflow/scripts/bnlab/networks/"
network = [networks + "perceptron.py:Perceptron", [4]]
rng = np.random.default_rng(0)
x, y = rng.normal(size=(30, 3)).astype("float32"), np.arange(30) % 2
settings = Settings("sigmoid", "glorot_uniform", 0.5, steps=40, first_epoch=1, later=3)
split = Split(x, y, x, y, x, y, np.array(["a", "b"]))
losses = []
for normalizer in ("mine.py:OfKeras", networks + "normalizers/ln.py:LN"):
    method = {"kernel": plain, "normalizer": normalizer}
    assert trial.failure(method, network, [3], 2) is None
    trained = run.Run(split, loading.network(*network), loading.method(**method), settings, 5, 0)
    losses.append(run.train(trained, 1).history["loss"].to_numpy())
print(np.abs(losses[0] - losses[1]).max() < 1e-5, losses[0][-1] < losses[0][0], "keras" in sys.modules)
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a file of a user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(OWN)
    return tmp_path


@pytest.mark.parametrize("kind", registry.KINDS)
def test_a_class_of_the_library_has_one_text_that_leads_to_it_from_every_folder(kind, own):
    for name, reference in registry.shipped(kind).items():
        assert reference == registry.find(kind, name)
        assert reference.path.startswith("workflow/scripts/bnlab/")
        assert (CHECKOUT / reference.path.rpartition(":")[0]).is_file()
        assert loading.load(reference.path) is reference.load()
        assert reference.load().__name__ == reference.name


def test_a_path_that_begins_as_in_the_repository_is_the_library_even_beside_another_copy(own):
    path = "workflow/scripts/bnlab/networks/normalizers/bn.py"
    (own / path).parent.mkdir(parents=True)
    (own / path).write_text("class BN: ...\n")
    reference = registry.find("normalizer", f"{path}:BN")
    assert reference == registry.find("normalizer", "bn")
    assert reference.file.is_relative_to(LIBRARY)


def test_a_file_of_a_user_is_looked_for_in_the_working_directory(own):
    reference = registry.find("normalizer", "mine.py:Slow")
    assert reference == ClassReference(own / "mine.py", "Slow")
    assert reference.path == "mine.py:Slow"
    (own / "below").mkdir()
    with pytest.raises(UnknownName, match="there is no file below/mine.py"):
        registry.find("normalizer", "below/mine.py:Slow")


def test_attributes_are_read_as_they_are_computed(own):
    computed, slow = (
        registry.find("normalizer", f"mine.py:{name}").load() for name in ("Computed", "Slow")
    )
    assert (computed.shifts, computed.xla) == (True, False)
    assert (slow.shifts, slow.xla) == (True, True)
    assert (computed.keeps_averages(), slow.keeps_averages()) == (False, True)


def test_what_a_file_imports_is_not_its_own(own):
    with pytest.raises(UnknownName, match=r"did you mean 'Slow'\? \(allowed: Computed, Slow\)"):
        registry.find("normalizer", "mine.py:Slo")
    with pytest.raises(UnknownName, match="unknown normalizer 'BN' in mine.py"):
        registry.find("normalizer", "mine.py:BN")


def test_a_file_that_imports_tensorflow_is_described_without_it(own):
    (own / "mine.py").write_text(f"import tensorflow as tf\n{OWN}")
    script = (
        "import sys\n"
        "from bnlab.study.registry import find\n"
        "cls = find('normalizer', 'mine.py:Slow').load()\n"
        "print(cls.keeps_averages(), cls.__module__ in sys.modules, 'tensorflow' in sys.modules)\n"
    )
    assert run(script, own) == "True True False"


def test_a_layer_of_keras_in_a_file_of_a_users_is_tried_and_trained(own):
    (own / "mine.py").write_text(OF_KERAS)
    assert run(TRIAL, own) == "True True True"


OWN_VARIABLES = """\
import tensorflow as tf
from bnlab.networks.normalizer import Normalizer


class Kept(Normalizer):
    def build(self):
        self.layer = tf.keras.layers.LayerNormalization()

    def normalize(self, u, training):
        return self.layer(u)
"""


def test_variables_that_a_layer_of_keras_keeps_are_refused_since_no_step_would_train_them(own):
    (own / "mine.py").write_text(OWN_VARIABLES)
    before, _, _ = TRIAL.partition("losses = []")
    method = {"kernel": "workflow/scripts/bnlab/networks/kernels/plain.py:Plain"}
    method |= {"normalizer": "mine.py:Kept"}
    script = before.replace("OfKeras", "Kept")
    sentence = run(f"{script}print(trial.failure({method}, network, [3], 2))\n", own)
    assert "gamma:0' would not be trained, since TensorFlow keeps it" in sentence


def test_a_file_that_ends_the_process_is_one_sentence(own):
    (own / "mine.py").write_text("import sys\n\nsys.exit(0)\n")
    with pytest.raises(UnknownName, match="mine.py:Kept cannot be used: SystemExit in line 3"):
        registry.find("normalizer", "mine.py:Kept")


def run(script: str, folder: Path) -> str:
    """Standard output of a script in a process of its own that stands in this folder."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(LIBRARY.parent)],
        cwd=folder,
        env={"PYTHONPATH": str(LIBRARY.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_network_of_ones_own_that_imports_tensorflow_says_nothing_of_the_processor(tmp_path):
    library = tmp_path / "scripts"
    shutil.copytree(LIBRARY, library / "bnlab", ignore=shutil.ignore_patterns("*cache*"))
    (library / "bnlab/networks/mine.py").write_text(
        "import tensorflow as tf\n\nfrom bnlab.networks.network import Network\n\n\n"
        "class Mine(Network):\n    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor: ...\n"
    )
    script = "from bnlab.study.registry import find\nprint(find('network', 'mine').load().__name__)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Mine\n", "")
