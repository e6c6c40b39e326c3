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
