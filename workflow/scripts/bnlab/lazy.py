"""TensorFlow, pandas and seaborn, imported at their first use.

The library writes ``from bnlab.lazy import tf`` in the place of ``import tensorflow as tf``, so that normalizers,
networks and probes can be described in a fraction of a second. Both names lead to the same TensorFlow. Few figures need
seaborn, which imports SciPy's statistics.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

TENSORFLOW, STDERR = "tensorflow", 2
LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
START_UP = {"TF_USE_LEGACY_KERAS": "1", LOG_LEVEL: "1", "TF_ENABLE_ONEDNN_OPTS": "1"}
"""Environment variables that TensorFlow reads while it is imported.

The first keeps it from importing Keras for its optimizers, which takes as long again. TensorFlow reads it once more
when ``tf.keras`` is first used; by then it is unset, and ``tf.keras`` is Keras 3. The second silences messages that
inform, such as on the instructions of the processor; warnings and errors are printed. The third has oneDNN compute
plain graphs on every processor, and not on those alone that have AVX-512.
"""
XLA_FLAGS = {"2.21": "--xla_cpu_copy_insertion_use_region_analysis=true"}
"""Flags of XLA by version of TensorFlow, since a flag that XLA does not know ends the process.

This one spares copies of parameters in every step of a loop. XLA reads flags when it first compiles.
"""
FILTER = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
for line in sys.stdin.buffer:
    if not line.startswith((b"WARNING: All log messages before absl::InitializeLog()", b"I0000 ")):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""
"""Program that copies lines, but for those that TensorFlow prints before it has read its log level."""


class LazyModule(ModuleType):
    """A module whose attributes are looked up, and kept, at their first use."""

    def __getattr__(self, name: str) -> Any:
        # Dunders are what inspect, copy and doctest ask of any object; an import of a submodule needs the path.
        if name.startswith("__") and name not in ("__version__", "__path__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        value = getattr(_imported(self.__name__), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return dir(_imported(self.__name__))


def load(log_level: str = START_UP[LOG_LEVEL]) -> ModuleType:
    """Import TensorFlow, without Keras and without its start-up messages, and return it.

    Args:
        log_level: least level of its messages, "1" for warnings and "2" for errors; the user's own goes before it.
    """
    if sys.modules.get(TENSORFLOW) is tf:
        del sys.modules[TENSORFLOW]
    if TENSORFLOW not in sys.modules:
        with _filtered_stderr(), _environment({**START_UP, LOG_LEVEL: log_level}):
            module = importlib.import_module(TENSORFLOW)
        flags = [XLA_FLAGS.get(module.__version__.rpartition(".")[0]), os.environ.get("XLA_FLAGS")]
        os.environ["XLA_FLAGS"] = " ".join(filter(None, flags))  # a user's own count, being last
    return sys.modules[TENSORFLOW]


@contextmanager
def in_place_of_tensorflow() -> Iterator[None]:
    """Let ``import tensorflow`` in the body give ``tf``, which imports nothing until something of it is used."""
    sys.modules.setdefault(TENSORFLOW, tf)
    try:
        yield
    finally:
        if sys.modules.get(TENSORFLOW) is tf:
            del sys.modules[TENSORFLOW]


def _imported(name: str) -> ModuleType:
    return load() if name == TENSORFLOW else importlib.import_module(name)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set those of the environment variables that are not set, and unset them at the end."""
    unset = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(unset)
    try:
        yield
    finally:
        for name in unset:
            os.environ.pop(name, None)


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Pass stderr through ``FILTER``, unless the user asks for messages of some level.

    The filter is a process, so that the last words of one that is aborted, as on a processor without AVX, are printed.
    """
    try:
        terminal = os.dup(STDERR)
    except OSError:  # closed
        terminal = None
    if terminal is None or LOG_LEVEL in os.environ:
        yield
        return
    source, sink = os.pipe()
    command = [sys.executable, "-I", "-S", "-c", FILTER]
    with subprocess.Popen(command, stdin=source, stderr=terminal):
        os.close(source)
        os.dup2(sink, STDERR)
        os.close(sink)
        try:
            yield
        finally:
            os.dup2(terminal, STDERR)
            os.close(terminal)


if TYPE_CHECKING:
    import pandas as pd
    import seaborn as sns
    import tensorflow as tf
else:
    pd, sns, tf = LazyModule("pandas"), LazyModule("seaborn"), LazyModule(TENSORFLOW)
