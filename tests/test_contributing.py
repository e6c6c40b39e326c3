"""The worked examples of CONTRIBUTING.md, done."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import yaml
from jsonschema import Draft202012Validator
from project import CHECKOUT, Project

from bnlab.page import findings
from bnlab.study.experiments import read_declaration
from bnlab.study.schema import SCHEMAS
from bnlab.testing import NormalizerTests

TEXT = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


NORMALIZER, NORMALIZER_TEST, ANALYSIS, PAGE = blocks("python")
DECLARATION, OVERLAY = blocks("yaml")

_names: dict[str, Any] = {"math": math, "np": np, "tf": tf, "NormalizerTests": NormalizerTests}
exec(NORMALIZER, _names)
exec(NORMALIZER_TEST, _names)
TestDerf = _names["TestDerf"]
"""The normalizer of ten minutes passes the tests that the page gives it."""


@pytest.mark.slow
def test_the_experiment_of_thirty_minutes_is_made_from_finished_runs(finished: Project) -> None:
    folder = finished.folder / "workflow/scripts/bnlab/experiments/generalization_gap"
    folder.mkdir()
    for name, text in (
        ("experiment.yaml", DECLARATION),
        ("analysis.py", ANALYSIS),
        ("page.py", PAGE),
    ):
        (folder / name).write_text(text, encoding="utf8")
    overlay = OVERLAY
    for name, other in (("digits", "iris_redraw"), ("[60]", "[16]"), ("steps4000_lr0.1", "smoke")):
        assert name in overlay
        overlay = overlay.replace(name, other)
    project = finished.overlaid(overlay, "gap.yaml")
    outcome = project.snakemake("generalization_gap")
    assert outcome.code == 0, outcome.text
    assert "replicate 1 of" not in outcome.text
    reports, place = project.folder / "reports/gap", "generalization_gap/iris_redraw/smoke"
    assert (reports / "figures" / place / "gap.svg").stat().st_size > 5000
    table = pd.read_csv(reports / "tables" / place / "final_gap.csv")
    assert table["method"].to_list() == ["base", "bn"]
    (finding,) = read_declaration(folder / "experiment.yaml").findings
    assert findings.sentences(finding, lambda name: table) == []  # two replicates decide nothing
    counts = "pairs" if "pairs" in table else "n"
    (sentence,) = findings.sentences(finding, lambda name: table.assign(**{counts: 5}))
    assert sentence.startswith("On iris (redraw), ")


def test_an_editor_finds_no_problem_in_the_declaration() -> None:
    schema = Draft202012Validator(SCHEMAS["experiment"]())
    assert [*schema.iter_errors(yaml.safe_load(DECLARATION))] == []
