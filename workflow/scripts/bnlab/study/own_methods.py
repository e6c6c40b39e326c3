"""A trial of the methods with a class in a file of the user's, in a process of its own before any job."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bnlab.study.config import Run, Study
from bnlab.study.locations import ConfigError, Problem
from bnlab.study.registry import LIBRARY

SCRIPT = LIBRARY.parent / "check_methods.py"


def own_method_problems(study: Study) -> list[Problem]:
    """Return the errors of building each of them in the networks of its runs."""
    trials = {}
    own = study.own_methods()
    for run in study.all_runs():
        if run.method in own:
            trial = _trial(study, run)
            trials[json.dumps([run.method, trial], sort_keys=True)] = (run.method, trial)
    if not trials:
        return []
    process = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps([trial for _, trial in trials.values()]),
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigError(f"methods in files of your own cannot be tried: {last}")
    failures = zip(trials.values(), json.loads(process.stdout), strict=True)
    sentences = {method: sentence for (method, _), sentence in failures if sentence}
    return [
        Problem(("methods", name, _kind(study, name, text)), text)
        for name, text in sentences.items()
    ]


def _kind(study: Study, method: str, text: str) -> str:
    """Return the key of a method that an error is about."""
    kernel = study.method_classes(method)["kernel"]
    return "kernel" if text.startswith(kernel.path) else "normalizer"


def _trial(study: Study, run: Run) -> dict[str, Any]:
    shape = study.datasets[run.dataset].shape
    network, settings = study.network(run.recipe)
    return {
        "method": study.method_arguments(run.method),
        "network": [network.path, settings],
        "shape": shape.image or [shape.features],
        "classes": shape.classes,
    }
