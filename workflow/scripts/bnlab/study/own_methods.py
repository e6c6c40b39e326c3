"""A trial of the methods with a class in a file of the user's, in a process of its own before any job."""

from __future__ import annotations

import json

from bnlab.study.config import Study
from bnlab.study.locations import Problem
from bnlab.study.trials import answers, trial


def own_method_problems(study: Study) -> list[Problem]:
    """Return the errors of building each of them in the networks of its runs."""
    trials = {}
    own = study.own_methods()
    for run in study.all_runs():
        if run.method in own:
            of_run = trial(study, run)
            trials[json.dumps([run.method, of_run], sort_keys=True)] = (run.method, of_run)
    if not trials:
        return []
    each = answers(
        "check_methods.py",
        [of_run for _, of_run in trials.values()],
        "methods in files of your own cannot be tried",
    )
    failures = zip(trials.values(), each, strict=True)
    sentences = {method: sentence for (method, _), sentence in failures if sentence}
    return [
        Problem(("methods", name, _kind(study, name, text)), text)
        for name, text in sentences.items()
    ]


def _kind(study: Study, method: str, text: str) -> str:
    """Return the key of a method that an error is about."""
    kernel = study.method_classes(method)["kernel"]
    return "kernel" if text.startswith(kernel.path) else "normalizer"
