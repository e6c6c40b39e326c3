"""The code of layers.py as text: which methods there are and what each consists of, without TensorFlow."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

LAYERS_FILE = Path(__file__).with_name("layers.py")


def layer_classes() -> list[str]:
    """Names of the public classes in layers.py."""
    nodes = ast.parse(LAYERS_FILE.read_text(encoding="utf-8")).body
    names = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]


def layer_digest(name: str) -> str:
    """SHA-256 over the code that layer class ``name`` consists of, in hexadecimal.

    That is the class, the classes that it inherits from, and everything else at the top level of the
    file but other classes; comments, docstrings and formatting do not count.
    """
    tree = ast.parse(LAYERS_FILE.read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    lineage, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        lineage.add(current)
        bases = [base.id for base in classes[current].bases if isinstance(base, ast.Name)]
        waiting += [base for base in bases if base in classes]
    own = [n for n in tree.body if not isinstance(n, ast.ClassDef) or n.name in lineage]
    code = ast.dump(_without_docstrings(ast.Module(own, [])))
    return hashlib.sha256(code.encode()).hexdigest()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree
