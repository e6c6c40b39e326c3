"""Methods whose normalizer is a file of the user's: tried out in a process of its own, before any job."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bnlab.study import rooms
from bnlab.study.config import Run, Study
from bnlab.study.places import Problem

SCRIPT = rooms.LIBRARY.parent / "check_methods.py"


def own_method_problems(study: Study) -> list[Problem]:
    """What goes wrong when each of them is built in the networks that it is run in."""
    trials: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for run in study.all_runs():
        normalizer = study.method_room(run.method).get("normalizer")
        if normalizer and not normalizer.file.is_relative_to(rooms.LIBRARY):
            trial = _trial(study, run)
            trials.setdefault(json.dumps([run.method, trial], sort_keys=True), (run.method, trial))
    if not trials:
        return []
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps([trial for _, trial in trials.values()]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    said = {
        method: sentence
        for (method, _), sentence in zip(trials.values(), json.loads(done.stdout), strict=True)
        if sentence
    }
    return [Problem(("methods", method, "normalizer"), said[method]) for method in said]


def _trial(study: Study, run: Run) -> dict[str, Any]:
    shape = study.datasets[run.dataset].shape
    network, settings = study.network(run.recipe)
    return {
        "method": study.called(run.method),
        "network": [network.path, settings],
        "shape": shape.image or [shape.features],
        "classes": shape.classes,
    }
