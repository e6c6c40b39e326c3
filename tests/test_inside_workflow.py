"""The experiments inside the network, run for real in their small form."""

from dataclasses import replace

import pandas as pd
import pytest
from project import fresh_project

from bnlab.study.experiments import experiments

SMALLER = {
    "replicates": 2,  # each replicate is a job where methods are timed
    "recipes": {
        "start_<activation>": {"network": {"perceptron": [20, 20, 20, 20]}},
        "short_residual_8": {"network": {"residual_perceptron": {"blocks": 4, "units": 20}}},
    },
}
"""Networks of fewer layers, since compilation takes most of the time."""


@pytest.fixture(scope="module")
def inside(tmp_path_factory, warm_python):
    project = fresh_project(tmp_path_factory.mktemp("inside") / "project")
    small = replace(project, overlays=("workflow/studies/inside.yaml",), python=warm_python)
    inside = small.overlaid(SMALLER)
    outcome = inside.snakemake()
    assert outcome.code == 0, outcome.text
    return inside


@pytest.mark.slow
def test_every_figure_and_table_of_the_small_form_is_made(inside):
    study, reports = inside.study, inside.folder / "reports" / "inside"
    assert set(study.experiments) == set(experiments()) - {
        *("learning_curves", "batch_size", "learning_rate", "faults")
    }
    for item in study.figures():
        assert (reports / "figures" / f"{item.path}.svg").stat().st_size > 4000, item
    for item in [*study.figures(), *study.tables()]:
        assert len(pd.read_csv(reports / "tables" / f"{item.path}.csv")), item
    page = (reports / "report.html").read_text(encoding="utf8")
    for name in study.experiments:
        assert experiments()[name].title in page
    pages = [
        (reports / "experiments" / f"{name}.html").read_text("utf8") for name in study.experiments
    ]
    assert any('class="turning"' in each for each in pages)


@pytest.mark.slow
def test_what_is_measured_inside_is_what_it_must_be(inside):
    tables = inside.folder / "reports" / "inside" / "tables"
    shifts = pd.read_csv(tables / "covariate_shift/digits/probed/gradient_shift.csv")
    first = shifts[(shifts["view"] == "layer") & (shifts["measure"] == "cosine")]
    assert first["at"].min() == 2 and (first["mean"] <= 1 + 1e-6).all()
    stability = pd.read_csv(tables / "noisy_bn/digits/probed/stability.csv")
    by_layer = stability[(stability["view"] == "layer") & (stability["measure"] == "sliced")]
    moved = by_layer.groupby("method")["mean"].median()
    assert moved["noisy_bn"] > 2 * moved["bn"]
    growth = pd.read_csv(tables / "outside_the_gradient/digits/biased/growth.csv")
    assert set(growth["method"]) == {"base", "centred_outside"}
    costs = pd.read_csv(tables / "whitening_cost/digits/all_recipes/times.csv")
    assert sorted(costs["units"].unique()) == [10, 100]
    depths = pd.read_csv(tables / "depth/digits/all_recipes/depths.csv")
    assert set(zip(depths["activation"], depths["layers"], strict=True)) == {
        ("sigmoid", 1),
        ("sigmoid", 6),
        ("relu", 6),
    }
