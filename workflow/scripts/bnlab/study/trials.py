"""Questions to TensorFlow before any job, answered in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from bnlab.study.config import Run, Study
from bnlab.study.locations import ConfigError
from bnlab.study.registry import LIBRARY


def trial(study: Study, run: Run) -> dict[str, Any]:
    """Return the arguments by which ``networks.trial`` builds the network of a run."""
    shape = study.datasets[run.dataset].shape
    network, settings = study.network(run.recipe)
    return {
        "method": study.method_arguments(run.method),
        "network": [network.path, settings],
        "shape": shape.image or [shape.features],
        "classes": shape.classes,
    }


def answers(script: str, trials: Sequence[dict[str, Any]], failed: str) -> list[Any]:
    """Return what a script beside the library answers to each of these trials.

    Raises:
        ConfigError: the script ends with an error; the sentence begins with ``failed``.
    """
    process = subprocess.run(
        [sys.executable, str(LIBRARY.parent / script)],
        input=json.dumps(trials),
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigError(f"{failed}: {last}")
    return list(json.loads(process.stdout))
