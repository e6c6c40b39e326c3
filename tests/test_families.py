"""Families of recipes: the recipes of a pattern, and the lines of its problems."""

from pathlib import Path

import pytest
import yaml

from bnlab.study import families
from bnlab.study.config import Study
from bnlab.study.locations import ConfigError, overlaid
from bnlab.study.validation import load

CONFIG = """
study: small
title: Small
seed: 1
replicates: 2
claims: null
methods: {base: {}, bn: {normalizer: bn}}
datasets:
  digits:
    label: digits
    source: bundled
    name: digits
    shape: {rows: 1797, features: 64, classes: 10}
    split: {test: 0.2, validation: 0.1}
    scaling: min_max
recipe_defaults: {network: {perceptron: [8]}, initializer: glorot_uniform, optimizer: sgd}
recipes:
  <activation>_lr<learning_rate>:
    activation: [relu, sigmoid]
    learning_rate: [0.00002, 0.5, 10.0]
    budget: {steps: 10}
  single: {activation: tanh, learning_rate: 1.0, budget: {steps: 10}}
experiments:
  faults:
    runs:
      - {datasets: [digits], methods: [base], batches: [4], recipes: [single, <activation>_lr<learning_rate>]}
"""


def study(tmp_path: Path, *overlays: str) -> Study:
    files = []
    for number, text in enumerate([CONFIG, *overlays]):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(text, encoding="utf8")
    return load(overlaid(files), files)


MEMBERS = [
    f"{activation}_lr{rate}"
    for activation in ("relu", "sigmoid")
    for rate in ("0.00002", "0.5", "10")
]


def test_a_family_is_a_recipe_for_each_combination_of_its_values(tmp_path):
    recipes = study(tmp_path).recipes
    assert list(recipes) == [*MEMBERS, "single"]
    for name in MEMBERS:
        activation, _, rate = name.partition("_lr")
        assert recipes[name].activation == activation
        assert recipes[name].learning_rate == float(rate)
        assert recipes[name].budget.steps == 10


def test_runs_that_name_a_family_have_all_its_members_in_order(tmp_path):
    runs = study(tmp_path).runs("faults")
    assert [run.recipe for run in runs] == ["single", *MEMBERS]


def test_members_are_the_recipes_that_they_would_be_if_written_out(tmp_path):
    checked = study(tmp_path)
    written = yaml.safe_load(CONFIG)
    family = written["recipes"].pop("<activation>_lr<learning_rate>")
    for name in MEMBERS:
        activation, _, rate = name.partition("_lr")
        own = {"activation": activation, "learning_rate": float(rate)}
        written["recipes"][name] = family | own
    written["experiments"]["faults"]["runs"][0]["recipes"] = ["single", *MEMBERS]
    same = study(tmp_path, yaml.safe_dump({"study": "again"}))
    (tmp_path / "written.yaml").write_text(yaml.safe_dump(written), encoding="utf8")
    out = load(written, [tmp_path / "written.yaml"])
    assert [checked.name(run) for run in checked.all_runs()] == [
        out.name(r) for r in out.all_runs()
    ]
    assert [checked.name(run) for run in checked.all_runs()] == [
        same.name(r) for r in same.all_runs()
    ]


def test_an_overlay_gives_a_family_other_values_and_a_member_settings_of_its_own(tmp_path):
    checked = study(
        tmp_path,
        "study: mine\n"
        "recipes:\n"
        "  <activation>_lr<learning_rate>: {activation: [relu], learning_rate: [0.5, 2.0]}\n"
        "  relu_lr2: {replicates: 7}\n",
    )
    assert list(checked.recipes) == ["relu_lr0.5", "relu_lr2", "single"]
    assert [r.replicates for r in checked.recipes.values()] == [None, 7, None]
    assert checked.recipes["relu_lr2"].budget.steps == 10


@pytest.mark.parametrize(
    ("overlay", "place"),
    [
        ("recipes: {<activation>_lr<learning_rate>: {budget: {steps: 0}}}", "budget.steps: 0 is too"),
        ("recipes: {<activation>_lr<learning_rate>: {learning_rate: [-1.0]}}", " its name has <learning_rate>"),
        ("recipes: {<activation>_lr<learning_rate>: {learning_rate: 1.0}}", " its name has <learning_rate>"),
        ("recipes: {<activation>_lr<learning_rate>: {speed: 1}}", "speed: unknown key 'speed'"),
        ("recipes: {<activation>_lr<learning_rate>: {activation: [swish]}}", "activation: unknown value 'swish'"),
    ],
)  # fmt: skip
def test_a_problem_of_a_family_is_said_once_where_it_stands(tmp_path, overlay, place):
    with pytest.raises(ConfigError) as error:
        study(tmp_path, f"study: mine\n{overlay}\n")
    lines = [line for line in str(error.value).splitlines() if "<activation>_lr" in line]
    assert len(lines) == 1, error.value
    assert lines[0].startswith(f"{tmp_path}/1.yaml:2: recipes.<activation>_lr<learning_rate>")
    assert place in lines[0]


def test_an_unknown_recipe_after_a_family_is_said_at_its_own_place(tmp_path):
    recipes = "[<activation>_lr<learning_rate>,\n    solo]"
    runs = f"[{{datasets: [digits], methods: [base], batches: [4],\n  recipes: {recipes}}}]"
    with pytest.raises(ConfigError) as error:
        study(tmp_path, f"study: mine\nexperiments: {{faults: {{runs: {runs}}}}}\n")
    assert f"{tmp_path}/1.yaml:4: experiments.faults.runs.0.recipes.1: " in str(error.value)


def test_the_name_of_a_family_in_paths_has_an_x_for_each_setting():
    recipes = {
        "lr<learning_rate>_<activation>": {"learning_rate": [0.1, 1], "activation": ["relu"]},
        "other": {},
    }
    names = families.of_recipes(recipes)
    assert names == {"lr0.1_relu": "lrX_X", "lr1_relu": "lrX_X"}
