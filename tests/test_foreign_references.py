"""Layers of other libraries in a config: by the module of their package, or in a file of the user's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from project import CHECKOUT

from bnlab.networks import loading
from bnlab.networks.adapters.adapter import Adapter
from bnlab.page.methods import formula
from bnlab.study import code, registry
from bnlab.study.messages import UnknownName
from bnlab.study.registry import LIBRARY

RMS = "keras.layers:RMSNormalization"
MINE = '''\
import keras


class Mine(keras.layers.Layer):
    """u times a number that is trained."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, u):
        return u * self.factor


class Short(Mine):
    """u without its last feature."""

    def call(self, u):
        return u[..., :-1]
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with layers of Keras in a file of a user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


@pytest.mark.parametrize("path", [RMS, "mine.py:Mine"])
def test_a_layer_of_keras_is_found_under_its_own_text_and_is_a_normalizer(path, own):
    reference = registry.find("normalizer", path)
    assert reference.path == path
    assert not reference.is_shipped
    assert issubclass(loading.load(path), Adapter)
    assert loading.load(path) is reference.load()


def test_an_unknown_package_or_layer_is_one_sentence(own, monkeypatch):
    with pytest.raises(
        UnknownName, match=r"the package mine is not installed .*is named as mine.py:Mine"
    ):
        registry.find("normalizer", "mine:Mine")
    with monkeypatch.context() as patched:
        patched.setattr(registry, "find_spec", lambda package: None)
        for package, named in (("haiku", "dm-haiku jax"), ("equinox", "equinox"), ("mine", "mine")):
            remedy = rf"the package {package} is not installed \(pip install {named};"
            with pytest.raises(UnknownName, match=remedy):
                registry.find("normalizer", f"{package}:LayerNorm")
    (own / "lacking.py").write_text(
        "raise ModuleNotFoundError('No module named flax', name='flax.nnx')"
    )
    with pytest.raises(UnknownName, match=r"No module named flax \(pip install flax\)$"):
        registry.find("normalizer", "lacking.py:Mine")
    with pytest.raises(UnknownName, match="did you mean 'RMSNormalization'"):
        registry.find("normalizer", "keras.layers:RMSNormalisation")
    with pytest.raises(UnknownName, match="unknown kernel 'RMSNormalization' in keras.layers"):
        registry.find("kernel", RMS)


def test_the_code_of_a_layer_is_its_file_or_its_version_and_the_adapter(own, monkeypatch):
    def digests():
        code.digest.cache_clear()
        return [code.digest(registry.find("normalizer", path)) for path in (RMS, "mine.py:Mine")]

    before = digests()
    with monkeypatch.context() as context:
        context.setattr(code, "version", lambda name: "3.99.0")
        after = digests()
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)
    files = code.imported(registry.find("normalizer", RMS).files())
    assert LIBRARY / "networks/adapters/adapter.py" in files
    (own / "mine.py").write_text(MINE.replace("u * self.factor", "u + self.factor"))
    code.source.cache_clear()
    edited = digests()
    assert (before[0] == edited[0], before[1] == edited[1]) == (True, False)


def test_the_description_of_a_layer_is_its_docstring(own):
    method = {"kernel": "plain", "place": "before_activation", "options": {}}
    text = formula(method | {"normalizer": "mine.py:Mine"})
    assert text.startswith("u times a number that is trained. y = φ(N(u) + b).")
    text = formula(method | {"normalizer": "keras.layers:LayerNormalization"})
    assert text.startswith("LayerNormalization of Keras: ")
    assert "y = φ(N(u))." in text


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("mine.py:Mine", ["passed"]),
        ("keras.layers:BatchNormalization", ["passed"]),
        ("mine.py:Short", ["1 failed", "normalize makes (4, 11) of an input of shape (4, 12)"]),
    ],
)
def test_a_layer_of_keras_is_tested_on_the_command_line(own, warm_python, layer, words):
    command = [warm_python, str(CHECKOUT / "workflow/scripts/test_method.py"), layer]
    done = subprocess.run(command, cwd=own, capture_output=True, text=True, check=False)
    assert done.returncode == ("failed" in words[0])
    for word in words:
        assert word in done.stdout, done.stdout


def test_a_misspelled_package_is_told_by_its_name_and_not_as_one_to_install():
    with pytest.raises(UnknownName, match=r"kears is not installed \(did you mean keras; ") as told:
        registry.find("normalizer", "kears.layers:RMSNormalization")
    assert "pip" not in str(told.value)


@pytest.mark.parametrize("name", ["Plain", "function", "NUMBER"])
def test_what_is_no_layer_is_told_with_what_it_may_derive_from(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "class Plain:\n    pass\n\n\ndef function(u):\n    return u\n\n\nNUMBER = 3\n"
    (tmp_path / "mine.py").write_text(text)
    sentence = rf"{name} in mine.py is no normalizer; derive it from bnlab.networks.normalizer.Normalizer, or"
    with pytest.raises(UnknownName, match=sentence):
        registry.find("normalizer", f"mine.py:{name}")
