"""Digests of code change with what runs, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlab.study import code
from bnlab.study.registry import LIBRARY, ClassReference

SOURCE = '''\
"""A normalizer."""

from bnlab.networks.normalizer import Normalizer

SHARE = 0.5
"""A constant."""


class Other(Normalizer):
    size = 1


class Mine(Normalizer):
    """It shifts."""

    def normalize(self, u, training):
        """Return u and a number."""
        if training:
            return u + SHARE
        return u
'''
UNCHANGED = {
    "import": ("SHARE = 0.5", "import math\nfrom bnlab.lazy import tf\nSHARE = 0.5"),
    "nested import": ("        if training", "        import math\n        if training"),
    "import for types": (
        "SHARE = 0.5",
        "import typing\nif typing.TYPE_CHECKING:\n    from bnlab.study.config import Study\nSHARE = 0.5",
    ),
    "docstring": ("Return u and a number.", "Return u."),
    "docstring of a constant": ("A constant.", "A share."),
    "comment": ("return u + SHARE", "return u + SHARE  # a shift"),
    "formatting": ("return u + SHARE", "return (\n                u+SHARE)"),
    "another class": ("size = 1", "size = 2"),
}
CHANGED = {
    "number": ("0.5", "0.25"),
    "operation": ("u + SHARE", "u - SHARE"),
    "text": ("return u + SHARE", 'return u + len("a") * SHARE'),
    "condition": ("if training", "if not training"),
    "checked for types": (
        "SHARE = 0.5",
        "import typing\nSHARE = 0.5\nif typing.TYPE_CHECKING:\n    SHARE = 1",
    ),
    "library": ("SHARE = 0.5", "from bnlab.networks.normalizers.bn import BN\nSHARE = 0.5"),
}


def digest(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf8")
    return code.digest(ClassReference(file, "Mine"))


@pytest.mark.parametrize("change", [*UNCHANGED, *CHANGED])
def test_the_digest_of_a_class_changes_with_what_runs_and_with_nothing_else(tmp_path, change):
    old, new = (UNCHANGED | CHANGED)[change]
    assert old in SOURCE
    before = digest(tmp_path / "before.py", SOURCE)
    after = digest(tmp_path / "after.py", SOURCE.replace(old, new))
    assert (before == after) == (change in UNCHANGED)


def test_the_digest_of_files_is_that_of_all_they_import_wherever_they_lie(tmp_path, monkeypatch):
    files = {
        "script.py": "from bnlab.folder import one\n",
        "folder/one.py": "from bnlab import files\nfrom bnlab.folder.two import number\n",
        "folder/two.py": "number = 1\n",
        "files.py": "from bnlab.folder import three\n",
        "folder/three.py": "number = 3\n",
    }
    edits = {
        "nothing": ("", "", True),
        "script": ("script.py", "print(one)\n", False),
        "a file behind another": ("folder/two.py", "number = 2\n", False),
        "a carrier": ("files.py", "number = 4\n", True),
        "a file that no other imports": ("folder/three.py", "number = 5\n", True),
        "an import": ("folder/two.py", "import math\n", True),
    }
    digests = {}
    for name, (file, line, _) in edits.items():
        library = tmp_path / name
        for path, text in files.items():
            (library / path).parent.mkdir(parents=True, exist_ok=True)
            (library / path).write_text(text + line * (path == file))
        monkeypatch.setattr(code, "LIBRARY", library)
        digests[name] = code.digest_files([library / "script.py"])
    same = {name: digest == digests["nothing"] for name, digest in digests.items()}
    assert same == {name: unchanged for name, (_, _, unchanged) in edits.items()}


def test_every_carrier_is_a_file_of_the_library():
    assert [path for path in code.CARRIERS if not (LIBRARY / path).is_file()] == []


OWN = """\
from dataclasses import dataclass

import tensorflow as tf

{imports}
from bnlab.networks.normalizer import Normalizer


class Mine(Normalizer):
    def normalize(self, u, training):
        {nested}
        return u * share()
"""
HELPER = "def share():\n    return 0.5\n\n\ndef other():\n    return 0.5\n"
WAYS = {
    "a file beside it": ("from helper import share", "mine.py", "helper.py"),
    "a module": ("import helper\nshare = helper.share", "mine.py", "helper.py"),
    "a package": ("from tools import share", "mine.py", "tools/__init__.py"),
    "a file of a package": ("from tools.shares import share", "mine.py", "tools/shares.py"),
    "a folder without __init__": ("import tools.shares as t\nshare = t.share", "mine.py", "tools/shares.py"),
    "a relative import": ("from .helper import share", "mine.py", "helper.py"),
    "a relative import of a file": ("from . import helper\nshare = helper.share", "norms/mine.py", "norms/helper.py"),
    "one level up": ("from ..helper import share", "all/norms/mine.py", "all/helper.py"),
    "the working directory": ("from helper import share", "norms/mine.py", "helper.py"),
    "through another file": ("from between import share", "mine.py", "helper.py"),
    "inside a function": ("", "mine.py", "helper.py"),
    "of a network's file name": ("from helper import *", "my.norms.py", "helper.py"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_of_what_an_own_class_imports_changes_its_digest_and_what_it_computes(
    way, tmp_path, monkeypatch
):
    imports, path, helper = WAYS[way]
    values = []
    for value in ("0.5", "0.25"):
        folder = tmp_path / value
        nested = "from helper import share" if way == "inside a function" else "pass"
        texts = {path: OWN.format(imports=imports, nested=nested)}
        texts[helper] = HELPER.replace("0.5", value)
        if way == "through another file":
            texts["between.py"] = "from helper import share\n"
        if way == "one level up":
            texts |= {"all/__init__.py": "", "all/norms/__init__.py": ""}
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        monkeypatch.chdir(folder)
        reference = ClassReference.of(f"{path}:Mine")
        values.append((code.digest(reference), reference.load()().normalize(1.0, True)))
        assert folder / helper in code.imported([reference.file])
    (digest, half), (changed, quarter) = values
    assert (half, quarter) == (0.5, 0.25)
    assert digest != changed


def test_another_name_from_a_file_of_ones_own_changes_the_digest_and_one_from_a_package_does_not(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text(HELPER)
    digests = {}
    for name, imports in {
        "share": "from helper import share",
        "other": "from helper import other as share",
        "more": "from math import pi\nfrom helper import share",
    }.items():
        file = tmp_path / f"{name}.py"
        file.write_text(OWN.format(imports=imports, nested="pass"))
        digests[name] = code.digest(ClassReference(file, "Mine"))
    assert digests["share"] == digests["more"] != digests["other"]


def test_files_of_one_name_in_two_folders_stay_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, value in {"a": "0.5", "b": "0.25"}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "helper.py").write_text(HELPER.replace("0.5", value))
        text = OWN.format(imports="from helper import share", nested="pass")
        (tmp_path / folder / "mine.py").write_text(text)
    first, second = (ClassReference.of(f"{folder}/mine.py:Mine") for folder in "ab")
    a, b = first.load(), second.load()
    assert (a().normalize(1.0, True), b().normalize(1.0, True)) == (0.5, 0.25)
    assert a.__module__ != b.__module__
    assert code.digest(first) != code.digest(second)
