"""Registry of kernels, normalizers, networks and probes: one class a file, whose name configs use.

A class may also be one in a file of the user's, ``my_norms.py:MyNorm``, or in an installed package,
``keras.layers:RMSNormalization``. A normalizer may be a layer of another library.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from bnlab import lazy
from bnlab.study import own_files
from bnlab.study.messages import ERRORS, UnknownName, failure, unknown

LIBRARY, SHIPPED = Path(__file__).resolve().parents[1], "workflow/scripts/bnlab/"
"""Folder of the library, and the beginning of paths that mean a file of it, wherever the library is installed."""
KINDS = {
    "kernel": ("networks/kernels", "networks/kernels/plain.py:Plain"),
    "normalizer": ("networks/normalizers", "networks/normalizer.py:Normalizer"),
    "network": ("networks", "networks/network.py:Network"),
    "probe": ("probes", "training/probe.py:Probe"),
}
"""Folder of the classes of a kind, and the class that they inherit from."""
ADAPTERS = {
    ("equinox", "Module"): "networks/adapters/equinox_module.py:EquinoxModule",
    ("flax.linen", "Module"): "networks/adapters/linen_module.py:LinenModule",
    ("flax.nnx", "Module"): "networks/adapters/nnx_module.py:NNXModule",
    ("haiku", "Module"): "networks/adapters/haiku_module.py:HaikuModule",
    ("keras", "Layer"): "networks/adapters/keras_layer.py:KerasLayer",
    ("torch", "Module"): "networks/adapters/torch_module.py:TorchModule",
}
"""Class that adapts layers of a library, by the package and name of the class that they inherit from."""
BROUGHT_BY = {
    "equinox": "equinox",
    "flax": "flax",
    "haiku": "dm-haiku jax",
    "jax": "jax",
    "torch": "torch",
}
"""Distributions that bring the package of a library of layers, as pip takes them."""
MODULE = re.compile(r"[A-Za-z_]\w*(\.(?!py$)[A-Za-z_]\w*)*")


class ClassReference(NamedTuple):
    """A class by its file and its name, or by the module of an installed package, with the package's file."""

    file: Path
    name: str
    module: str = ""

    @classmethod
    def of(cls, path: str) -> ClassReference:
        """Return the class ``file.py:Class``, of the library or relative to the working directory, or ``module:Class``.

        Raises:
            UnknownName: the package of a module is not installed.
        """
        file, _, name = path.rpartition(":")
        if MODULE.fullmatch(file):
            package = file.partition(".")[0]
            spec = find_spec(package)
            if not spec or not spec.origin or Path(f"{package}.py").exists():
                near = get_close_matches(package, [*BROUGHT_BY, "keras"], n=1)
                cure = f"did you mean {near[0]}" if near and near[0] != package else remedy(package)
                raise UnknownName(
                    f"the package {package} is not installed ({cure}; a file of your own is named as "
                    f"{package}.py:{name})"
                )
            return cls(Path(spec.origin).resolve(), name, file)
        home = LIBRARY if file.startswith(SHIPPED) else Path()
        return cls((home / file.removeprefix(SHIPPED)).resolve(), name)

    @property
    def is_shipped(self) -> bool:
        """True for a class of the library, false for one in a file of the user's."""
        return not self.module and self.file.is_relative_to(LIBRARY)

    @property
    def path(self) -> str:
        """``file.py:Class``; for a class of the library, the text is the same in every working directory."""
        if self.is_shipped:
            return f"{SHIPPED}{self.file.relative_to(LIBRARY).as_posix()}:{self.name}"
        return f"{self.module or os.path.relpath(self.file)}:{self.name}"

    def load(self) -> Any:
        """Import the class; a layer of another library is imported as a normalizer."""
        cls = getattr(self._imported(), self.name)
        adapter = adapter_of(cls)
        return adapter.load().of(cls) if adapter else cls

    def defines(self) -> bool:
        """Return true where the file itself defines the name."""
        module = self._imported()
        own = getattr(module, self.name, None)
        return own is not None and getattr(own, "__module__", module.__name__) == module.__name__

    def make(self, settings: Any) -> Any:
        """Return an object of the class; settings that are no mapping are those of its first parameter."""
        cls = self.load()
        return cls(**settings) if isinstance(settings, Mapping) else cls(settings)

    def files(self) -> list[Path]:
        """Return the files of the library and of the user's that have its code: its own, and that of its adapter."""
        own = [] if self.module else [self.file]
        if self.is_shipped:
            return own
        adapter = adapter_of(getattr(self._imported(), self.name, None))
        return [*own, adapter.file] if adapter else own

    def _imported(self) -> ModuleType:
        return _package(self.module) if self.module else _module(self.file)


@cache
def shipped(kind: str) -> dict[str, ClassReference]:
    """Return the library's classes of a kind, by the name that configs use."""
    files = sorted((LIBRARY / KINDS[kind][0]).glob("*.py"))
    classes = {f: _classes(kind, f) for f in files if f.stem not in ("__init__", kind)}
    return {file.stem: ClassReference(file, names[0]) for file, names in classes.items() if names}


def find(kind: str, reference: str) -> ClassReference:
    """Return the class that a config names: one of ``shipped``, or ``file.py:Class``.

    Raises:
        UnknownName: there is no such class, or its file cannot be imported.
    """
    path, colon, name = reference.rpartition(":")
    if not colon and name.endswith(".py"):
        raise UnknownName(f"names no class of its file (allowed: {name}:Class)")
    if not colon:
        if name not in shipped(kind):
            raise UnknownName(unknown(kind, name, [*shipped(kind), "file.py:Class"]))
        return shipped(kind)[name]
    own = ClassReference.of(reference)
    if not own.file.is_file():
        raise UnknownName(f"there is no file {path} (it is looked for in the working directory)")
    try:
        names = _classes(kind, own.module or own.file)
    except ERRORS as error:
        package = (isinstance(error, ModuleNotFoundError) and error.name or "").partition(".")[0]
        cure = f" ({remedy(package)})" if package in BROUGHT_BY else ""
        raise UnknownName(failure(reference, own.file, error) + cure) from None
    if name not in names and own.defines():
        base = KINDS[kind][1].replace("/", ".").replace(".py:", ".")
        others = ", or from the layers of Keras, PyTorch, Flax, Haiku or Equinox"
        others *= kind == "normalizer"
        raise UnknownName(f"{name} in {path} is no {kind}; derive it from bnlab.{base}{others}")
    if name not in names:
        raise UnknownName(unknown(kind, name, names, f" in {path}"))
    return own


def remedy(package: str) -> str:
    """Return the command that brings a package."""
    return f"pip install {BROUGHT_BY.get(package, package)}"


def adapter_of(cls: Any) -> ClassReference | None:
    """Return the adapter of a class of layers of another library, None for any other class."""
    for each in getattr(cls, "__mro__", ()):
        for (package, name), adapter in ADAPTERS.items():
            if each.__name__ == name and f"{each.__module__}.".startswith(f"{package}."):
                return ClassReference.of(SHIPPED + adapter)
    return None


def _classes(kind: str, place: Path | str) -> list[str]:
    """Return the names of the classes of a kind that a file defines, or that a module of a package has."""
    module = _module(place) if isinstance(place, Path) else _package(place)
    base = ClassReference.of(SHIPPED + KINDS[kind][1]).load()
    classes = {
        name: cls
        for name, cls in vars(module).items()
        if isinstance(cls, type)
        and (issubclass(cls, base) or (kind == "normalizer" and adapter_of(cls)))
    }
    own = [name for name, cls in classes.items() if cls.__module__ == module.__name__]
    return own if isinstance(place, Path) else [*classes]


@cache
def _module(file: Path) -> ModuleType:
    """Import a file of the library or of the user's."""
    if file.is_relative_to(LIBRARY):
        parts = file.relative_to(LIBRARY).with_suffix("").parts
        with lazy.in_place_of_tensorflow():  # a user's own network or probe may import it
            return importlib.import_module(".".join(("bnlab", *parts)))
    return own_files.load(file)


@cache
def _package(module: str) -> ModuleType:
    """Import a module of an installed package; Keras would import TensorFlow otherwise than this library does."""
    with lazy.in_place_of_tensorflow():
        return importlib.import_module(module)
