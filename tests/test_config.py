"""Configs are read and checked, and every problem is reported at once, with its line."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from bnlab.files import read_csv
from bnlab.page.layout import coded
from bnlab.study import config, datasets, names, overlays, validation
from bnlab.study.config import Item, Run
from bnlab.study.experiments import experiments
from bnlab.study.locations import ConfigError

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "workflow" / "studies"

FILE = "source: file\n    path: x.csv\n"
SMALL = """\
study: small
title: A small study
seed: 1
replicates: 2
methods:
  base: {label: Base}
  bn: {normalizer: bn, label: BN}
  ln: {normalizer: ln, label: LN}
datasets:
  flowers:
    label: flowers
    source: bundled
    name: iris
    shape: {rows: 150, features: 4, classes: 3}
    split: {test: 0.2, validation: 15}
    scaling: none
  flowers_redraw:
    label: flowers (redraw)
    source: redraw
    of: flowers
    seed: 1
    shape: {rows: 400, features: 4, classes: 3}
    split: {test: 0.2, validation: 0.1}
    scaling: standardize
recipe_defaults:
  network: {perceptron: [8, 8]}
  optimizer: sgd
recipes:
  quick:
    activation: sigmoid
    initializer: glorot_uniform
    learning_rate: 0.1
    budget: {epochs: 3}
  probed:
    activation: relu
    initializer: he_normal
    learning_rate: 0.1
    learning_rate_reference_batch: 60
    budget: {steps: 50}
    probes: [percentiles, predictions]
experiments:
  learning_curves:
    runs:
      - datasets: [flowers]
        methods: [base, bn]
        batches: [16]
        recipes: [quick, probed]
  batch_size:
    runs:
      - {datasets: [flowers], methods: [bn], batches: [2, 16], recipes: [quick]}
"""

RUNS = "experiments.learning_curves.runs.0"

RATES = """\
experiments:
  learning_curves: null
  batch_size: null
  learning_rate:
    runs: [{datasets: [flowers], methods: [base, bn], batches: [16], recipes: [quick, probed]}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small(folder: Path) -> Callable[..., config.Study]:
    """Return the study of SMALL with overlays."""
    return lambda *overlays: validation.read(written(folder, SMALL, *overlays))


@pytest.fixture
def problems(folder: Path) -> Callable[..., list[str]]:
    """Return the lines of the ConfigError of SMALL, with texts replaced, and of overlays."""

    def of(*replaced: tuple[str, str], overlays: tuple[str, ...] = ()) -> list[str]:
        text = SMALL
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new, 1)
        with pytest.raises(ConfigError) as caught:
            validation.read(written(folder, text, *overlays))
        return str(caught.value).splitlines()

    return of


def written(folder: Path, *texts: str) -> list[Path]:
    """Write the texts as files config.yaml, 1.yaml, 2.yaml, …; an overlay sets its own study name."""
    files = [folder / f"{index or 'config'}.yaml" for index in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        named = re.search("^study:", text, re.MULTILINE)
        file.write_text(text if named else f"{text}\nstudy: own\n")
    return files


def line_of(text: str) -> int:
    """Number of the only line of SMALL that contains the text."""
    [line] = [i for i, line in enumerate(SMALL.splitlines(), 1) if text in line]
    return line


# What a study says


def test_an_experiment_has_every_combination_once_in_the_order_of_the_config(small):
    assert small().runs("learning_curves") == [
        Run("flowers", "base", 16, "quick"),
        Run("flowers", "bn", 16, "quick"),
        Run("flowers", "base", 16, "probed"),
        Run("flowers", "bn", 16, "probed"),
    ]


def test_a_run_that_two_experiments_share_is_one_run(small):
    runs = small().all_runs()
    assert len(runs) == 5
    assert runs.count(Run("flowers", "bn", 16, "quick")) == 1


def test_a_run_lies_where_a_person_would_look_for_it():
    assert Run("mnist", "bn", 60, "lr0.1").path == "mnist/bn/batch60/lr0.1"
    figure = Item("learning_curves", "mnist", "lr0.1", "accuracy")
    assert figure.path == "learning_curves/mnist/lr0.1/accuracy"


def test_figures_of_percentiles_and_predictions_are_made_only_where_the_recipe_records_them(small):
    figures = [f for f in small().figures() if f.experiment == "learning_curves"]
    by_recipe = {
        name: [f.kind for f in figures if f.recipe == name] for name in ("quick", "probed")
    }
    assert by_recipe["quick"] == ["accuracy"]
    assert by_recipe["probed"] == ["accuracy", "percentiles", "drift", "roc", "confusion"]


@pytest.mark.parametrize(
    ("methods", "batches", "figures"),
    [
        ("[base]", "[1, 60]", ["all_methods"]),
        ("[ln, bn]", "[1, 60]", ["all_methods", "statistics"]),
    ],
)
def test_figures_of_batch_sizes_need_the_methods_that_they_show(small, methods, batches, figures):
    runs = f"[{{datasets: [flowers], methods: {methods}, batches: {batches}, recipes: [quick]}}]"
    study = small(f"experiments: {{learning_curves: null, batch_size: {{runs: {runs}}}}}")
    assert [figure.kind for figure in study.figures()] == figures


def test_rates_are_compared_across_recipes(small):
    study = small(RATES)
    actual = [(item.dataset, item.recipe, item.kind) for item in study.figures() + study.tables()]
    kinds = ["heat_map", "rate_range", "best_rates", "rates"]
    assert actual == [("flowers", names.ALL_RECIPES, kind) for kind in kinds]


def test_base_and_bn_are_timed_only_where_both_are_run(small):
    tables = {(t.experiment, t.kind) for t in small().tables()}
    assert ("learning_curves", "timing") in tables
    alone = (
        "experiments: {learning_curves: {runs: [{datasets: [flowers], methods: [bn], "
        "batches: [16], recipes: [quick]}]}}"
    )
    tables = {(t.experiment, t.kind) for t in small(alone).tables()}
    assert ("learning_curves", "timing") not in tables


def test_a_redraw_brings_its_original_along(small):
    study = small(
        "experiments: {batch_size: null, learning_curves: {runs: [{datasets: [flowers_redraw], "
        "methods: [bn], batches: [4], recipes: [quick]}]}}",
    )
    assert study.used_datasets() == ["flowers", "flowers_redraw"]


@pytest.mark.parametrize(
    ("rows", "test", "validation", "expected"),
    [
        (70000, 10000, 5000, (55000, 5000, 10000)),
        (137781, 0.2, 0.1, (96447, 13778, 27556)),
        (1797, 0.2, 0.1, (1258, 180, 359)),
        (150, 0.5, 15, (60, 15, 75)),
    ],
)
def test_sizes_of_a_split_are_rows_or_rounded_shares_of_all_rows(rows, test, validation, expected):
    split = datasets.Split(test=test, validation=validation)
    assert tuple(split.sizes(rows)) == expected


def test_epochs_become_steps_rounded_up_so_that_no_example_is_missed(small):
    quick = small().recipes["quick"]
    assert [quick.steps(105, batch) for batch in (1, 2, 16, 105)] == [315, 158, 20, 3]


def test_a_budget_in_steps_is_kept_at_every_batch_size(small):
    probed = small().recipes["probed"]
    assert [probed.steps(105, batch) for batch in (1, 60)] == [50, 50]


def test_the_learning_rate_is_proportional_to_the_batch_only_with_a_reference_batch(small):
    recipes = small().recipes
    assert [recipes["quick"].rate(batch) for batch in (1, 60, 512)] == [0.1, 0.1, 0.1]
    assert recipes["probed"].rate(60) == pytest.approx(0.1)
    assert recipes["probed"].rate(15) == pytest.approx(0.025)


def test_a_recipe_is_plain_json(small):
    for recipe in small().recipes.values():
        plain = recipe.model_dump()
        assert json.loads(json.dumps(plain)) == plain
        assert config.Recipe.model_validate(plain) == recipe


def test_a_study_cannot_be_changed_after_it_was_checked(small):
    with pytest.raises(ValueError, match="frozen"):
        small().seed = 2


# Overlays


def test_null_in_an_overlay_takes_a_key_away(small):
    study = small(
        "experiments: {batch_size: null}\n"
        "datasets: {flowers: {source: file, name: null, path: flowers.csv, target: kind}}\n",
    )
    assert list(study.experiments) == ["learning_curves"]
    assert study.datasets["flowers"].source == "file"


def test_only_names_the_experiments_that_a_study_makes(small, problems):
    assert list(small("only: [batch_size]\n").experiments) == ["batch_size"]
    [line] = problems(overlays=("only: [batch_sizes]\n",))
    assert line.startswith(
        "1.yaml:1: only.0: unknown experiment 'batch_sizes'; did you mean 'batch_size'?"
    )
    [line] = problems(overlays=("only: batch_size\n",))
    assert "only: must be a list of experiments" in line
    for odd in ("{a: 1}", "[batch_size]"):
        [line] = problems(overlays=(f"only: [{odd}]\n",))
        assert "only.0: a " in line
        assert line.endswith("is no name of an experiment")


def test_runs_of_an_experiment_that_only_leaves_out_are_refused_instead_of_forgotten(problems):
    runs = "{datasets: [flowers], methods: [bn], batches: [4], recipes: [quick]}"
    demo = "only: [learning_curves]\n"
    mine = f"experiments: {{batch_size: {{runs: [{runs}]}}}}\n"
    [line] = problems(overlays=(demo, mine))
    assert "experiments.batch_size: `only` in 1.yaml leaves it out" in line


def test_settings_of_an_overlay_cannot_go_under_the_name_of_a_shipped_study(folder):
    mine = folder / "mine.yaml"
    mine.write_text("study: mine\nreplicates: 3\n")
    base, demo = ROOT / "config.yaml", STUDIES / "demo.yaml"
    assert validation.read([base, demo, mine]).study == "mine"
    with pytest.raises(
        ConfigError, match=r"mine\.yaml stands before demo\.yaml.* over reports/demo"
    ):
        validation.read([base, mine, demo])
    with pytest.raises(ConfigError, match=r"smoke\.yaml stands before demo\.yaml"):
        validation.read([base, STUDIES / "smoke.yaml", demo])
    data = STUDIES / "local.example.yaml"
    assert validation.read([base, data, STUDIES / "confirmation.yaml"]).study == "confirmation"


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, None),
        ({"openml": {"cache": "kept"}}, None),
        ({"study": "own"}, None),
        ({"study": "own", "replicates": 7}, None),
        ({"replicates": 7}, "replicates"),
        ({"study": "full"}, "study"),
        ({"study": "demo"}, "study"),
        ({"recipes": {"quick": {"learning_rate": 5.0}}}, "recipes"),
        ({"only": ["batch_size"]}, "only"),
    ],
)
def test_settings_of_the_command_line_need_a_study_of_their_own(folder, given, wrong):
    files = written(folder, SMALL)
    mapping = yaml.safe_load(SMALL)
    update_config(mapping, given)
    problems = [*overlays.given_problems(mapping, files)]
    assert [problem.key for problem in problems] == ([(wrong,)] if wrong else [])
    assert all("--config study=<name>" in problem.sentence for problem in problems)


def test_overlays_are_laid_as_snakemake_lays_them(folder):
    overlay = "study: over\nrecipes: {quick: {network: {perceptron: [4]}}}\nexperiments: {batch_size: null}\n"
    merged = yaml.safe_load(SMALL)
    update_config(merged, yaml.safe_load(overlay))
    files = written(folder, SMALL, overlay)
    assert validation.load(merged, files) == validation.read(files)


def test_checking_leaves_the_mapping_as_it_was(folder):
    mapping = yaml.safe_load(SMALL)
    before = copy.deepcopy(mapping)
    validation.load(mapping, [])
    assert mapping == before


# Everything that is wrong


def test_a_number_that_yaml_reads_as_text_is_named_with_its_line_and_how_to_write_it(problems):
    assert problems(
        ("learning_rate: 0.1\n    budget: {epochs", "learning_rate: 1e-4\n    budget: {epochs")
    ) == [
        f"config.yaml:{line_of('budget: {epochs') - 1}: recipes.quick.learning_rate:"
        " '1e-4' is text in YAML; write 1.0e-4"
    ]


@pytest.mark.parametrize("text", ["1e-4", "2.5E3", "1e+2", "3e5", "1.e3", "'0.1'", "-1e3"])
def test_the_advice_for_a_number_in_text_is_a_number_in_yaml_and_the_same(problems, text):
    [line] = problems(("learning_rate: 0.1", f"learning_rate: {text}"))
    advice = re.search(r"write (\S+)$", line).group(1)
    assert yaml.safe_load(advice) == float(yaml.safe_load(text))
    assert not isinstance(yaml.safe_load(advice), str)


@pytest.mark.parametrize(
    ("old", "new", "key", "sentence"),
    [
        ("replicates: 2", "replicats: 2", "replicats", "did you mean 'replicates'?"),
        (
            "scaling: none",
            "scaling: none\n    scalling: none",
            "datasets.flowers.scalling",
            "unknown key",
        ),
        ("scaling: none", "scaling: log", "datasets.flowers.scaling", "divide_255, standardize"),
        ("source: bundled", "source: bundel", "datasets.flowers.source", "did you mean 'bundled'?"),
        ("    source: bundled\n", "", "datasets.flowers.source", "openml, file, bundled, redraw"),
        ("    name: iris\n", "", "datasets.flowers.name", "is missing"),
        (
            "test: 0.2, validation: 15",
            "test: 1.5, validation: 15",
            "datasets.flowers.split.test",
            "1.5",
        ),
        (
            "test: 0.2, validation: 15",
            "test: 140, validation: 15",
            "datasets.flowers.split",
            "no training row",
        ),
        ("test: 0.2", "test: 135", "datasets.flowers.split", "no training row of 150"),
        ("test: 0.2", "test: 0.0", "datasets.flowers.split.test", "0.0 is no size"),
        ("test: 0.2", "test: 1.0", "datasets.flowers.split.test", "1.0 is no size"),
        ("rows: 150", "rows: 150.0", "datasets.flowers.shape.rows", "not a whole number"),
        ("features: 4", "features: 0", "datasets.flowers.shape.features", "1 and above"),
        ("normalizer: bn", "normalizer: bnn", "methods.bn.normalizer", "did you mean 'bn'?"),
        ("normalizer: bn", "normalizer: 3", "methods.bn.normalizer", "not text"),
        ("normalizer: bn", "normalizer: [bn]", "methods.bn.normalizer", "not text"),
        ("normalizer: bn", "normalizer: Bn!", "methods.bn.normalizer", "names nothing"),
        (
            "{normalizer: bn",
            "{kernel: wss, normalizer: bn",
            "methods.bn.kernel",
            "did you mean 'ws'?",
        ),
        ("label: BN", "label: Base", "methods.bn.label", "'base'"),
        (
            "label: flowers (redraw)",
            "label: Flowers II",
            "datasets.flowers_redraw.label",
            "'redraw'",
        ),
        ("of: flowers", "of: flower", "datasets.flowers_redraw.of", "did you mean 'flowers'?"),
        ("of: flowers", "of: flowers_redraw", "datasets.flowers_redraw.of", "allowed: flowers"),
        (
            "400, features: 4",
            "400, features: 5",
            "datasets.flowers_redraw.shape.features",
            "'flowers'",
        ),
        (
            "activation: relu",
            "activation: rely",
            "recipes.probed.activation",
            "did you mean 'relu'?",
        ),
        (
            "{perceptron: [8, 8]}",
            "{perceptron: 8}",
            "recipe_defaults.network.perceptron",
            "not a list",
        ),
        ("perceptron: [8, 8]", "perceptron: []", "recipe_defaults.network.perceptron", "empty"),
        ("[8, 8]", "[8, -1]", "recipe_defaults.network.perceptron.1", "1 and above"),
        (
            "perceptron:",
            "perceptrn:",
            "recipe_defaults.network.perceptrn",
            "did you mean 'perceptron'?",
        ),
        ("learning_rate: 0.1", "learning_rate: 0", "recipes.quick.learning_rate", "above 0"),
        (
            "learning_rate: 0.1",
            "learning_rate: .inf",
            "recipes.quick.learning_rate",
            "not a number",
        ),
        (
            "learning_rate: 0.1",
            "learning_rate: true",
            "recipes.quick.learning_rate",
            "not a number",
        ),
        (
            "learning_rate: 0.1",
            "learning_rate: fast",
            "recipes.quick.learning_rate",
            "not a number",
        ),
        (
            "{epochs: 3}",
            "{epochs: 3, steps: 3}",
            "recipes.quick.budget",
            "exactly one of steps, epochs",
        ),
        ("{epochs: 3}", "{}", "recipes.quick.budget", "exactly one of steps, epochs"),
        ("{epochs: 3}", "3", "recipes.quick.budget", "not a mapping"),
        (
            "[percentiles, predictions]",
            "[percentile, predictions]",
            "recipes.probed.probes.0",
            "did you mean 'percentiles'?",
        ),
        ("batches: [16]", "batches: [0]", f"{RUNS}.batches.0", "1 and above"),
        ("batches: [16]", "batches: [106]", f"{RUNS}.batches.0", "1 to 105"),
        ("batches: [16]", "batches: [16, 16]", f"{RUNS}.batches.1", "twice"),
        ("batches: [16]", "batches: []", f"{RUNS}.batches", "empty"),
        ("methods: [base, bn]", "methods: [bass]", f"{RUNS}.methods.0", "'base'?"),
        ("[quick, probed]", "[quik]", f"{RUNS}.recipes.0", "'quick'?"),
        ("datasets: [flowers]", "datasets: [flowres]", f"{RUNS}.datasets.0", "'flowers'?"),
        (
            "  batch_size:",
            "  batch_sizes:",
            "experiments.batch_sizes",
            "did you mean 'batch_size'?",
        ),
        ("study: small", "study: Small/1", "study", "cannot be a name"),
        ("  quick:", "  Quick-1:", "recipes.Quick-1", "cannot be a name"),
        *(
            ("study: small", f"study: {name}", "study", f"'{name}' has a meaning of its own")
            for name in ("published", "runs", "data", "earlier", "costs.json")
        ),
        ("  quick:", "  all_recipes:", "recipes.all_recipes", "has a meaning of its own"),
        *(
            (
                "label: flowers\n",
                f"label: flowers\n    class_labels: {{{key}: x}}\n",
                "datasets.flowers.class_labels",
                f"YAML reads a class as {said}; put it in quotes",
            )
            for key, said in (("yes", "True"), ("1.5", "1.5"), ("2020-01-01", "2020-01-01"))
        ),
        *(
            (
                "label: flowers\n",
                f"label: flowers\n    class_labels: {{{keys}}}\n",
                f"datasets.flowers.class_labels.{key}",
                f"YAML reads {key} as {number}; put it in quotes",
            )
            for keys, key, number in (
                ("01: x", "01", 1),
                ("01: x, 1: y", "01", 1),
                ("0x10: x", "0x10", 16),
                ("1_000: x", "1_000", 1000),
                ("'01': z, 010: x", "010", 8),
            )
        ),
        ("study: small", f"study: {'a' * 101}", "study", "has 101 characters (allowed: 100)"),
        ("  quick:", f"  {'a' * 300}:", f"recipes.{'a' * 300}", "has 300 characters"),
        ("  base:", f"  {'b' * 101}:", f"methods.{'b' * 101}", "has 101 characters"),
        ("  flowers:", f"  {'f' * 101}:", f"datasets.{'f' * 101}", "has 101 characters"),
        *(
            (
                "source: bundled\n    name: iris",
                f"{FILE}    {entry}\n",
                f"datasets.flowers.{key}",
                said,
            )
            for entry, key, said in (
                ("classes: [01, 02]", "classes.1", "YAML reads 02 as 2; put it in quotes"),
                ("columns: [0x10, b]", "columns.0", "YAML reads 0x10 as 16; put it in quotes"),
                ("drop: [1:30]", "drop.0", "YAML reads 1:30 as 90; put it in quotes"),
                ("target: 010", "target", "YAML reads 010 as 8; put it in quotes"),
                ("classes: [no, yes]", "classes.0", "since YAML reads it as False (allowed: the"),
                ("classes: [1.0, 2.0]", "classes.1", "since YAML reads it as 2.0 (allowed: the"),
                ("drop: [2020-01-01]", "drop.0", "YAML reads it as 2020-01-01 (allowed: the"),
                ("drop: [[a]]", "drop.0", "a list is not text"),
            )
        ),
        ("title: A small study", "title: 3", "title", "YAML reads it as 3 (allowed: the text in"),
        (
            "scaling: none",
            "scaling: none\n    sha256: {features: abc, labels: abc}",
            "datasets.flowers.sha256.features",
            "64 hexadecimal digits",
        ),
    ],
)
def test_a_mistake_is_named_by_its_key_with_what_is_allowed(problems, old, new, key, sentence):
    [line] = [line for line in problems((old, new)) if f": {key}: " in line]
    assert sentence in line
    assert re.match(r"config\.yaml:\d+: ", line)


IMAGES = """\
study: images
recipes:
  quick: {network: {convolutional: {widths: [[4, 4], [8]], head: [6]}}}
"""


def test_a_network_of_images_needs_a_dataset_of_images(small, problems):
    lines = problems(overlays=(IMAGES,))
    assert len(lines) == 2
    for line, recipe in zip(lines, ("0", "0"), strict=True):
        assert (
            f"recipes.{recipe}: 'quick' trains a convolutional network, which takes images, and 'flowers' has none"
            in line
        )
    shaped = "datasets: {flowers: {shape: {image: [2, 2, 1]}}}\n"
    assert small(IMAGES + shaped).datasets["flowers"].shape.image == [2, 2, 1]


PAIRS = """\
  pairs:
    {label: pairs, source: linear_map, seed: 1, split: {test: 20, validation: 20}, scaling: none,
     shape: {rows: 90, features: 8, classes: 4}}
"""
PAIRS += """\
  tongue:
    {label: tongue, source: language, seed: 1, order: 2, split: {test: 20, validation: 20}, scaling: none,
     shape: {rows: 90, features: 4, classes: 3}}
"""
FIT = """\
study: fit
datasets:
%s
recipes:
  other: {activation: relu, initializer: he_normal, learning_rate: 0.1, budget: {steps: 5}, %s}
experiments:
  learning_curves: {runs: [{datasets: [%s], methods: [base], batches: [16], recipes: [other]}]}
"""


@pytest.mark.parametrize(
    ("setting", "dataset", "sentence"),
    [
        ("network: {recurrent: {units: 8, steps: 2}}", "flowers", None),
        (
            "network: {recurrent: {units: 8, steps: 3}}",
            "flowers",
            "steps: 3, which does not divide the 4 features of 'flowers' (allowed: 1, 2, 4)",
        ),
        ("network: {inception: [4]}", "flowers", "takes images, and 'flowers' has none"),
        ("network: {transformer: {blocks: 2, tokens: 2}}", "flowers", None),
        (
            "network: {transformer: {blocks: 2, tokens: 3}}",
            "flowers",
            "tokens: 3, which does not divide the 4 features of 'flowers' (allowed: 1, 2, 4)",
        ),
        ("network: {language_model: 2}", "tongue", None),
        ("network: {perceptron: [4]}", "tongue", None),
        ("network: {language_model: 2}", "flowers", "reads symbols, and 'flowers' has other feat"),
        ("network: {deep_linear: 3}", "tongue", "and 'tongue' has classes to learn"),
        ("network: {vision_transformer: 2}", "flowers", "takes images, and 'flowers' has none"),
        (
            "network: {residual_perceptron: {blocks: 2, norm: peri, scale: 1/sqrt2}}",
            "flowers",
            None,
        ),
        ("network: {deep_linear: 3}", "pairs", None),
        ("network: {deep_linear: 3}", "flowers", "and 'flowers' has classes to learn"),
        ("network: {deep_linear: 3}", "flowers_redraw", "'flowers_redraw' has classes to learn"),
        ("network: {perceptron: [4]}", "pairs", "and 'pairs' is a vector beside its image"),
        (
            "correlated: {classes: 4}",
            "flowers",
            "a batch from 4 classes, and 'flowers' has 3 (allowed: 1 to 3)",
        ),
    ],
)
def test_a_recipe_fits_the_datasets_that_it_trains_on(small, problems, setting, dataset, sentence):
    overlay = FIT % (PAIRS, setting, dataset)
    if sentence is None:
        assert small(overlay)
    else:
        [line] = problems(overlays=(overlay,))
        assert "learning_curves.runs.0.recipes.0: 'other' " in line and sentence in line


@pytest.mark.parametrize(
    ("network", "key", "sentence"),
    [
        (
            "transformer: {blocks: 2, tokens: 2, heads: 3}",
            "transformer",
            "3 heads do not divide 32",
        ),
        ("residual_convolutional: {widths: [4, 2]}", "residual_convolutional", "[4, 2], decrease"),
        ("residual_perceptron: {blocks: 2, norm: both}", "residual_perceptron.norm", "'both'"),
        ("residual_perceptron: {blocks: 2, scale: 2}", "residual_perceptron.scale", "2"),
        ("residual_perceptron: {units: 2}", "residual_perceptron.blocks", "is missing"),
    ],
)
def test_settings_that_a_network_refuses_are_one_sentence(problems, network, key, sentence):
    overlay = FIT % ("", f"network: {{{network}}}", "flowers")
    lines = problems(overlays=(overlay.replace("datasets:\n\n", ""),))
    [line] = [line for line in lines if "recipes.other" in line]
    assert f"recipes.other.network.{key}: " in line and sentence in line


@pytest.mark.parametrize(("patch", "fits"), [(2, True), (3, False)])
def test_patches_divide_the_sides_of_images(small, problems, patch, fits):
    shaped = "datasets: {flowers: {shape: {image: [2, 2, 1]}}}\n"
    overlay = FIT % (
        "",
        f"network: {{vision_transformer: {{blocks: 1, patch: {patch}}}}}",
        "flowers",
    )
    overlay = overlay.replace("datasets:\n\n", shaped)
    if fits:
        assert small(overlay)
    else:
        [line] = problems(overlays=(overlay,))
        assert (
            "patch: 3, which does not divide the 2 × 2 positions of an image of 'flowers'" in line
        )


@pytest.mark.parametrize(
    ("network", "method", "problem"),
    [
        ("residual_perceptron: {blocks: 2, units: 6}", "options: {groups: 3}", None),
        ("residual_perceptron: {blocks: 2, units: 6}", "options: {groups: 4}", "not divide 6, as"),
        (
            "residual_perceptron: {blocks: 2, units: 6}",
            "options: {groups: 3}, place: before_linear",
            None,
        ),
        ("transformer: {blocks: 2, tokens: 2}", "options: {groups: 4}", None),
        ("transformer: {blocks: 2, tokens: 2}", "options: {groups: 5}", "not divide 32, as"),
        (
            "transformer: {blocks: 2, tokens: 2}",
            "options: {groups: 4}, place: after_activation",
            "methods.mine.place: has no meaning in a transformer network",
        ),
    ],
)
def test_a_method_fits_residual_networks(small, problems, network, method, problem):
    overlay = FIT % ("", f"network: {{{network}}}", "flowers")
    overlay = overlay.replace("[base]", "[mine]").replace("datasets:\n\n", "")
    overlay += f"methods: {{mine: {{normalizer: gn, {method}}}}}\n"
    if problem is None:
        assert small(overlay)
    else:
        [line] = problems(overlays=(overlay,))
        assert problem in line


@pytest.mark.parametrize(
    ("method", "steps", "sizes"),
    [
        ("options: {groups: 4}", 2, None),
        ("options: {groups: 3}", 2, "8"),
        ("options: {groups: 5}, place: before_linear", 2, None),  # 4 / 2 features and 8 units
        ("options: {groups: 8}, place: before_linear", 2, "10"),
        ("options: {groups: 3}, place: before_linear", 1, None),
    ],
)
def test_groups_divide_what_a_recurrent_layer_normalizes(small, problems, method, steps, sizes):
    overlay = FIT % ("", f"network: {{recurrent: {{units: 8, steps: {steps}}}}}", "flowers")
    overlay = overlay.replace("[base]", "[mine]").replace("datasets:\n\n", "")
    overlay += f"methods: {{mine: {{normalizer: gn, {method}}}}}\n"
    if sizes is None:
        assert small(overlay)
    else:
        [line] = problems(overlays=(overlay,))
        assert "methods.mine.options.groups: " in line and f"does not divide {sizes}, as" in line


@pytest.mark.parametrize(
    ("split", "key"),
    [("test: 0.2, validation: 0.003", "validation"), ("test: 0.001, validation: 5", "test")],
)
def test_every_part_of_a_split_has_a_row(problems, split, key):
    [line] = problems(overlays=(f"datasets: {{flowers: {{split: {{{split}}}}}}}\n",))
    assert f"datasets.flowers.split.{key}: 0.00" in line and "of 150 rows is less than one" in line


def test_an_image_has_all_features_of_its_row(problems):
    [line] = problems(overlays=("datasets: {flowers: {shape: {image: [2, 3, 1]}}}\n",))
    assert line == "1.yaml:1: datasets.flowers.shape: 2 × 3 × 1 is not 4 features"


@pytest.mark.parametrize(
    ("network", "key", "sentence"),
    [
        ("{convolutional: {widths: [[4]]}}", "convolutional.head", "is missing"),
        ("{convolutional: {widths: [4], head: []}}", "convolutional.widths.0", "not a list"),
        (
            "{convolutional: {widths: [[4]], head: [], pooling: mean}}",
            "convolutional.pooling",
            "allowed: max, average",
        ),
        ("{perceptron: {hiden: [3]}}", "perceptron.hiden", "did you mean 'hidden'?"),
        ("{perceptron: [3], convolutional: {}}", "", "has 2 entries (allowed: 1)"),
        ("[3]", "", "not a mapping"),
    ],
)
def test_settings_of_a_network_are_those_that_it_takes(problems, network, key, sentence):
    lines = problems(overlays=(f"recipes: {{quick: {{network: {network}}}}}\n",))
    expected = f"1.yaml:1: recipes.quick.network{'.' if key else ''}{key}: "
    assert any(line.startswith(expected) and sentence in line for line in lines), lines


METHOD_MISTAKES = [
    ("{normalizer: bn, options: {momentun: 0.9}}", "options.momentun", "did you mean 'momentum'?"),
    ("{normalizer: bn, options: {momentum: 1.5}}", "options.momentum", "1.5 is too large"),
    ("{normalizer: bn, options: {momentum: high}}", "options.momentum", "not a number"),
    ("{normalizer: bn, options: {epsilon: 1e-4}}", "options.epsilon", "write 1.0e-4"),
    ("{normalizer: bn, options: 3}", "options", "not a mapping"),
    ("{normalizer: gn, options: {groups: 3}}", "options.groups", "3, does not divide 8"),
    ("{normalizer: gn}", "", "groups, 32, does not divide 8"),
    ("{normalizer: gn, options: {groups: 8}, place: before_linear}", "options.groups", "divide 4"),
    ("{options: {momentum: 0.9}}", "options", "has no meaning without a normalizer"),
    ("{place: after_activation}", "place", "has no meaning without a normalizer"),
    (
        "{normalizer: bn, place: after}",
        "place",
        "allowed: before_activation, after_activation, before_linear",
    ),
    ("{normalizer: no_such.py:Norm}", "normalizer", "there is no file no_such.py"),
    ("{normalizer: norms.py:Nrm}", "normalizer", "did you mean 'Norm'?"),
    (
        "{normalizer: norms.py:Norm, options: {p: 1, q: 1}}",
        "options.q",
        "unknown option 'q' (allowed: p)",
    ),
    ("{normalizer: norms.py:Norm, options: {p: 0.5}}", "options.p", "not a whole number"),
    ("{normalizer: norms.py:Norm}", "options.p", "is missing"),
    ("{normalizer: norms.py:Other}", "normalizer", "Other in norms.py is no normalizer"),
    ("{normalizer: norms.py:Unread}", "normalizer", "Unread.__init__ cannot be read: name 'tf'"),
    (
        "{normalizer: broken.py:Norm}",
        "normalizer",
        "broken.py:Norm cannot be used: SyntaxError in line 2: ",
    ),
    (
        "{normalizer: failing.py:Norm}",
        "normalizer",
        "failing.py:Norm cannot be used: ZeroDivisionError in line 2: division by zero",
    ),
    (
        "{normalizer: norms.py:Typed, options: {kind: larger}}",
        "options.kind",
        "unknown value 'larger'; did you mean 'largest'? (allowed: mean, largest)",
    ),
    (
        "{normalizer: norms.py:Typed, options: {groups: 2.5}}",
        "options.groups",
        "not a whole number",
    ),
    ("{normalizer: norms.py:Typed, options: {power: x}}", "options.power", "'x' is not a number"),
    ("{normalizer: norms.py:Typed, options: {share: 1.5}}", "options.share", "allowed: below 1"),
    (
        "{normalizer: norms.py:Typed, options: {rows: some}}",
        "options.rows",
        "'some' is not a whole number; or unknown value 'some' (allowed: all)",
    ),
    ("{normalizer: norms.py:Typed, options: {sizes: [1, x]}}", "options.sizes.1", "'x' is not a"),
    ("{label: BN}", "label", "'BN' is also that of 'bn'"),
]
NORMS = """\
from typing import TYPE_CHECKING, Annotated, Literal
from pydantic import Field
from bnlab.networks.normalizer import Normalizer
if TYPE_CHECKING:
    import tensorflow as tf
class Other: ...
class Above(Normalizer):
    def __init__(self, p: int): ...
class Norm(Above): ...
class Unread(Normalizer):
    def __init__(self, p: "tf.Tensor"): ...
class Typed(Normalizer):
    def __init__(
        self,
        kind: Literal["mean", "largest"] = "mean",
        groups: int | None = None,
        power: "float" = 1.0,
        share: Annotated[float, Field(lt=1)] = 0.5,
        rows: int | Literal["all"] = "all",
        sizes: list[int] | None = None,
    ): ...
"""


@pytest.mark.parametrize(("method", "key", "sentence"), METHOD_MISTAKES)
def test_a_mistake_in_a_method_is_one_sentence_at_its_place(
    folder, problems, method, key, sentence
):
    (folder / "norms.py").write_text(NORMS)
    (folder / "broken.py").write_text("import os\ndef broken(:\n")
    (folder / "failing.py").write_text("import os\n1 / 0\n")
    runs = "[{datasets: [flowers], methods: [mine], batches: [2], recipes: [quick]}]"
    overlay = f"methods: {{mine: {method}}}\nexperiments: {{batch_size: {{runs: {runs}}}}}\n"
    lines = [line for line in problems(overlays=(overlay,)) if "methods.mine" in line]
    (line,) = lines
    assert line.startswith(f"1.yaml:1: methods.mine{'.' if key else ''}{key}: "), line
    assert sentence in line


@pytest.mark.parametrize(
    ("kernel", "features", "hidden", "is_defined"),
    [
        ("plain", 1, 8, True),
        ("wn", 1, 8, True),
        ("ws", 2, 8, True),
        ("ws", 1, 8, False),
        ("ws_scaled", 1, 8, False),
        ("ws", 4, 1, False),
    ],
)
def test_standardized_weights_need_two_inputs(
    small, problems, kernel, features, hidden, is_defined
):
    """One weight less its mean is 0, and its standard deviation too."""
    overlay = f"""\
study: one
methods: {{other: {{kernel: {kernel}, label: other}}}}
datasets: {{flowers: {{shape: {{features: {features}}}}}, flowers_redraw: null}}
recipe_defaults: {{network: {{perceptron: [{hidden}, 8]}}}}
experiments: {{learning_curves: {{runs: [{{datasets: [flowers], methods: [other], batches: [16], recipes: [quick]}}]}}}}
"""
    if is_defined:
        assert small(overlay)
    else:
        [line] = problems(overlays=(overlay,))
        assert (
            f"methods.other.kernel: {kernel} is not defined for a layer that reads 1 value" in line
        )


@pytest.mark.parametrize(
    ("network", "is_defined"),
    [
        ("{inception: [1, 4]}", False),  # 1 × 1 convolutions of one channel
        ("{inception: [2, 1]}", True),  # a 3 × 3 convolution of one channel reads nine values
        ("{convolutional: {widths: [[1]], head: []}}", True),
        ("{convolutional: {widths: [[4]], head: [1, 4]}}", False),
        (
            "{convolutional: {widths: [[1], [1]], head: [4]}}",
            False,
        ),  # a picture of 4 × 4 is one value
        ("{convolutional: {widths: [[1], [2]], head: [4]}}", True),
    ],
)
def test_standardized_weights_need_two_inputs_in_every_layer_of_a_network_of_images(
    small, problems, network, is_defined
):
    overlay = f"""\
study: one
methods: {{other: {{kernel: ws, label: other}}}}
datasets: {{flowers: {{shape: {{features: 16, image: [4, 4, 1]}}}}, flowers_redraw: null}}
recipes: {{quick: {{network: {network}}}}}
experiments: {{learning_curves: {{runs: [{{datasets: [flowers], methods: [other], batches: [16], recipes: [quick]}}]}}}}
"""
    if is_defined:
        assert small(overlay)
    else:
        [line] = problems(overlays=(overlay,))
        assert "methods.other.kernel: ws is not defined for a layer that reads 1 value" in line


@pytest.mark.parametrize("layer", ["{x: 1}", "[8]", "eight", "null", "0.5"])
@pytest.mark.parametrize("kernel", ["ws", "plain"])
def test_a_layer_that_is_no_number_is_said_alone_whatever_method_it_is_trained_with(
    problems, layer, kernel
):
    overlay = f"""\
study: one
methods: {{other: {{kernel: {kernel}, normalizer: gn, options: {{groups: 2}}, label: other}}}}
recipe_defaults: {{network: {{perceptron: [8, {layer}]}}}}
experiments: {{learning_curves: {{runs: [{{datasets: [flowers], methods: [other], batches: [16], recipes: [quick]}}]}}}}
"""
    [line] = problems(overlays=(overlay,))
    assert "recipe_defaults.network.perceptron" in line and "is not a whole number" in line


def test_an_option_that_divides_every_width_is_allowed(small):
    runs = "[{datasets: [flowers], methods: [mine], batches: [2], recipes: [quick]}]"
    study = small(
        "methods: {mine: {normalizer: gn, options: {groups: 4}}}\n"
        f"experiments: {{batch_size: {{runs: {runs}}}}}\n"
    )
    assert study.label("mine") == "mine"
    assert study.method_arguments("mine")["options"] == {"groups": 4}


def test_a_method_has_a_name_in_sentences_which_is_its_label_where_none_is_given(small):
    study = small("methods: {bn: {in_words: batch norm}}\n")
    assert (study.label("bn"), study.in_words("bn")) == ("BN", "batch norm")
    assert study.in_words("base") == study.label("base")
    run = next(run for run in study.all_runs() if run.method == "bn")
    assert study.key(run) == small().key(run)


def test_a_method_without_a_label_is_called_by_its_name(small):
    study = small("methods: {bn_slow: {normalizer: bn, options: {momentum: 0.999}}}\n")
    assert study.label("bn_slow") == "bn slow"


def test_names_that_are_no_text_are_reported_and_never_a_crash(problems):
    lines = problems(
        ("  bn: {normalizer", "  1: {label: One}\n  bn: {normalizer"),
        ("methods: [base, bn]", "methods: [bas, 3, [x]]"),
    )
    assert any("unknown method 'bas'; did you mean 'base'? (allowed: base, 1," in x for x in lines)
    assert any("is not text, since YAML reads it as 3" in line for line in lines)


@pytest.mark.parametrize("kind", ["datasets", "methods", "recipes", "batches"])
def test_a_list_within_a_list_of_names_is_reported_and_never_a_crash(problems, kind):
    groups = {"datasets": "[flowers]", "methods": "[mine]", "batches": "[2]", "recipes": "[quick]"}
    group = ", ".join(f"{k}: {'[[x], {y: z}]' if k == kind else v}" for k, v in groups.items())
    overlay = (
        "methods: {mine: {normalizer: gn, options: {groups: 4}}}\n"
        "recipes: {quick: {network: {convolutional: {widths: [[4]], head: []}}}}\n"
        f"experiments: {{batch_size: {{runs: [{{{group}}}]}}}}\n"
    )
    lines = problems(overlays=(overlay,))
    assert any(f"batch_size.runs.0.{kind}.0: a list is not" in line for line in lines)
    assert any(f"batch_size.runs.0.{kind}.1: a mapping is not" in line for line in lines)


def test_a_recipe_has_the_defaults_that_it_does_not_replace(small):
    study = small(
        "recipe_defaults: {evaluations: {first_epoch: 3, later: 7}}\n"
        "recipes: {quick: {evaluations: {first_epoch: 1}}}\n"
    )
    assert study.recipes["probed"].evaluations.later == 7
    assert study.recipes["quick"].evaluations.first_epoch == 1
    assert study.recipes["quick"].evaluations.later == 30  # replaced as a whole
    assert study.recipes["probed"].network == {"perceptron": [8, 8]}


def test_a_default_that_is_wrong_is_placed_where_it_stands(problems):
    overlay = "recipe_defaults:\n  optimizer: sdg\n  speed: 3\n"
    lines = problems(overlays=(overlay,))
    assert [line.split(": ")[:2] for line in lines] == [
        ["1.yaml:2", "recipe_defaults.optimizer"],
        ["1.yaml:3", "recipe_defaults.speed"],
    ]


def test_a_recipe_may_have_replicates_and_a_seed_of_its_own(small):
    study = small("recipes: {quick: {replicates: 20, seed: 5}}\n")
    own, plain = Run("flowers", "bn", 16, "quick"), Run("flowers", "bn", 16, "probed")
    assert (study.replicates_of(own), study.seed_of(own)) == (20, 5)
    assert (study.replicates_of(plain), study.seed_of(plain)) == (2, 1)


def test_an_overlay_that_would_write_over_another_study_is_refused(folder):
    files = [folder / "config.yaml", folder / "mine.yaml"]
    files[0].write_text(SMALL)
    files[1].write_text("seed: 2\n")
    with pytest.raises(ConfigError) as caught:
        validation.read(files)
    assert str(caught.value) == (
        "config.yaml:1: study: mine.yaml gives the study no name of its own and would write over"
        " reports/small (allowed: a line `study: <name>` in mine.yaml)"
    )
    named = {**yaml.safe_load(SMALL), "seed": 2, "study": "from_the_command_line"}
    assert validation.load(named, files).study == "from_the_command_line"
    files[1].write_text("seed: 2\nstudy: small\n")
    assert validation.read(files).study == "small"


def test_a_dataset_that_is_taken_away_is_exchanged_for_the_one_that_stands_for_it(small):
    study = small(
        "datasets: {flowers: null, flowers_redraw: null, petals: {label: petals, stands_for: flowers,"
        " source: bundled, name: iris, shape: {rows: 150, features: 4, classes: 3},"
        " split: {test: 0.2, validation: 15}, scaling: none}}\n"
    )
    assert {run.dataset for run in study.all_runs()} == {"petals"}


def test_a_stand_in_may_stay_where_no_run_of_a_study_names_what_it_stands_for():
    local = STUDIES / "local.example.yaml"
    study = validation.read([ROOT / "config.yaml", local, STUDIES / "scorecard.yaml"])
    assert study.datasets["glass_redraw"].stands_for == "bng_glass"
    assert "glass_redraw" not in {run.dataset for run in study.all_runs()}


def test_the_batch_sizes_of_an_exchanged_dataset_are_checked_too(problems):
    overlay = (
        "datasets: {flowers: null, flowers_redraw: null, petals: {label: petals, stands_for: flowers,"
        " source: bundled, name: iris, shape: {rows: 30, features: 4, classes: 3},"
        " split: {test: 10, validation: 10}, scaling: none}}\n"
    )
    lines = problems(overlays=(overlay,))
    assert lines and all("16 is more than the training rows of 'flowers'" in line for line in lines)


def test_runs_of_one_name_lie_in_one_folder_if_they_are_the_same_and_else_apart(small):
    run = Run("flowers", "bn", 16, "quick")
    first = small().folder(run)
    assert re.fullmatch(r"results/runs/flowers/bn/batch16/quick-[0-9a-f]{8}", first)
    for same in ("study: other\n", "datasets: {flowers: {label: petals}}\n", "title: Other\n"):
        assert small(same).folder(run) == first
    changes = [
        "replicates: 3\n",
        "seed: 2\n",
        "methods: {bn: {options: {momentum: 0.9}}}\n",
        "recipes: {quick: {activation: tanh}}\n",
        "recipes: {quick: {probes: [weights]}}\n",
        "recipe_defaults: {network: {perceptron: [8]}}\n",
        "datasets: {flowers: {scaling: min_max}}\n",
    ]
    folders = [small(change).folder(run) for change in changes]
    assert len({first, *folders}) == len(changes) + 1


def test_pinned_data_are_the_same_from_wherever_they_come(small):
    run, digest = Run("flowers", "bn", 16, "quick"), "a" * 64
    pinned = f"datasets: {{flowers: {{sha256: {{features: {digest}, labels: {digest}}}}}}}\n"
    elsewhere = pinned[:-3] + ", source: file, name: null, path: flowers.csv, target: kind}}\n"
    assert small(pinned).folder(run) == small(elsewhere).folder(run) != small().folder(run)


def test_the_largest_batch_allowed_is_all_training_rows(folder):
    (folder / "all.yaml").write_text(SMALL.replace("batches: [16]", "batches: [105]"))
    assert validation.read([folder / "all.yaml"]).runs("learning_curves")[0].batch == 105


def test_an_experiment_without_runs_is_refused(problems):
    [line] = problems(overlays=("experiments:\n  batch_size:\n    runs: []\n",))
    assert line.startswith("1.yaml:3: experiments.batch_size.runs: is empty")


def test_a_study_without_experiments_is_refused(problems):
    overlay = "experiments:\n  batch_size: null\n  learning_curves: null\n"
    [line] = problems(overlays=(overlay,))
    assert line.startswith("1.yaml:1: experiments: is empty")


def test_a_key_that_yaml_would_silently_overwrite_is_reported(problems):
    [line] = problems(("seed: 1\n", "seed: 1\nseed: 2\n"))
    assert (
        line == f"config.yaml:{line_of('replicates: 2')}: seed: appears twice; it is also on line 3"
    )


def test_only_the_mapping_that_counts_is_placed_where_a_key_appears_twice(problems):
    first = "  quick: {learning_rate: 0.5}\n"
    lines = problems(("recipes:\n", f"recipes:\n{first}"), ("    learning_rate: 0.1\n", ""))
    place = f"config.yaml:{line_of('  quick:') + 1}"
    assert lines == [
        f"{place}: recipes.quick: appears twice; it is also on line {line_of('  quick:')}",
        f"{place}: recipes.quick.learning_rate: is missing, and is needed here",
    ]


def test_what_lies_below_a_name_that_is_not_allowed_is_left_alone(problems):
    [line] = problems(overlays=("experiments: {landscapes: {title: 3}}\n",))
    allowed = ", ".join(experiments())
    assert line.endswith(
        f"unknown experiment 'landscapes'; did you mean 'landscape'? (allowed: {allowed})"
    )


def test_recipes_of_one_learning_rate_are_refused_where_rates_are_compared(problems):
    [line] = problems(
        ("learning_rate_reference_batch: 60", "learning_rate_reference_batch: 16"),
        overlays=(RATES,),
    )
    assert line == (
        "1.yaml:5: experiments.learning_rate.runs.0.recipes.1: 'probed' has the learning rate of"
        " 'quick' (allowed: each rate once)"
    )


def test_a_redraw_may_be_called_one_in_capitals(small):
    study = small("datasets: {flowers_redraw: {label: REDRAW of flowers}}\n")
    assert study.datasets["flowers_redraw"].label == "REDRAW of flowers"


def test_the_same_key_in_an_overlay_is_no_repetition(small):
    assert small("seed: 7\n").seed == 7


def test_a_mistake_in_an_overlay_is_placed_in_the_overlay(problems):
    overlay = "# a comment\nrecipes:\n  quick:\n    network:\n      perceptron: [8,\n      0]\n"
    [line] = problems(overlays=(overlay,))
    assert line.startswith("1.yaml:6: recipes.quick.network.perceptron.1: ")


def test_a_list_replaced_by_an_overlay_is_placed_there_though_the_old_one_was_longer(problems):
    overlay = "experiments:\n  learning_curves:\n    runs:\n    - datasets: [flowers]\n"
    lines = problems(overlays=(overlay,))
    assert len(lines) == 3 and all(line.startswith("1.yaml:4: ") for line in lines)
    assert all("is missing" in line for line in lines)


def test_every_problem_is_reported_at_once_in_the_order_of_the_file(problems):
    lines = problems(
        ("replicates: 2", "replicates: two"),
        ("normalizer: bn", "normalizer: bb"),
        ("name: iris", "name: irises"),
        ("label: flowers (redraw)", "label: more flowers"),
        ("learning_rate: 0.1", "learning_rate: 1e-4"),
        ("{epochs: 3}", "{epochs: 3, epochs: 4}"),
        ("methods: [base, bn]", "methods: [base, nb]"),
        ("batches: [2, 16]", "batches: [2, 16, 2]"),
    )
    assert [line.split(": ")[1] for line in lines] == [
        "replicates",
        "methods.bn.normalizer",
        "datasets.flowers.name",
        "datasets.flowers_redraw.label",
        "recipes.quick.learning_rate",
        "recipes.quick.budget.epochs",
        "experiments.learning_curves.runs.0.methods.1",
        "experiments.batch_size.runs.0.batches.2",
    ]
    places = [int(line.split(":")[1]) for line in lines]
    assert places == sorted(places)


@pytest.mark.parametrize("section", ["methods", "datasets", "recipes", "experiments"])
@pytest.mark.parametrize(
    "wrong", ["3", "[a, b]", "{}", "{a: 3}", "{a: [1]}", "{a: {runs: [3, {}]}}"]
)
def test_a_section_of_any_other_form_is_reported_and_never_a_crash(problems, section, wrong):
    text = re.search(rf"^{section}:\n(?:  .*\n)+", SMALL, re.MULTILINE).group()
    lines = problems((text, f"{section}: {wrong}\n"))
    assert any(f": {section}" in line for line in lines)


def test_an_empty_config_lists_what_is_missing(folder):
    with pytest.raises(ConfigError) as caught:
        validation.load({}, [])
    missing = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert missing == [
        "study",
        "title",
        "seed",
        "replicates",
        "methods",
        "datasets",
        "recipes",
        "experiments",
    ]


def test_a_value_given_on_the_command_line_is_reported_though_no_file_has_it(folder):
    (folder / "config.yaml").write_text(SMALL)
    with pytest.raises(
        ConfigError, match=r"config.yaml:1: sed: unknown key 'sed'; did you mean 'seed'"
    ):
        validation.load({**yaml.safe_load(SMALL), "sed": 1}, [folder / "config.yaml"])


# The studies of this repository


@pytest.mark.parametrize("overlay", [None, *sorted(file.name for file in STUDIES.glob("*.yaml"))])
def test_every_study_of_the_repository_is_sound(overlay):
    study = validation.read([ROOT / "config.yaml", *([STUDIES / overlay] if overlay else [])])
    assert study.figures() and study.tables()


def test_the_full_study_is_the_one_that_was_asked_for():
    study = validation.read([ROOT / "config.yaml"])
    curves, batches = study.runs("learning_curves"), study.runs("batch_size")
    sizes = [*range(1, 11), 16, 32, 60, 128, 256, 512]
    assert {(run.method, run.batch) for run in curves} == {("base", 60), ("bn", 60)}
    assert {study.recipes[run.recipe].learning_rate for run in curves} == {0.01, 0.1}
    for dataset in ("mnist", "bng_glass"):
        fixed = [
            (run.method, run.batch)
            for run in batches
            if run.dataset == dataset
            and study.recipes[run.recipe].learning_rate_reference_batch is None
        ]
        methods = ("base", "bn", "ln", "ws", "ws_scaled", "ws_bn", "ws_ln")
        assert sorted(fixed) == sorted((m, b) for m in methods for b in sizes)
    scaled = [run for run in batches if study.recipes[run.recipe].learning_rate_reference_batch]
    assert {run.dataset for run in scaled} == {"mnist"}
    assert {run.method for run in scaled} == set(methods)
    assert len(scaled) == 7 * len(sizes)
    budgets = {
        (experiment, run.dataset): study.recipes[run.recipe].budget.model_dump(exclude_none=True)
        for experiment, runs in (("learning_curves", curves), ("batch_size", batches))
        for run in runs
    }
    assert budgets == {
        ("learning_curves", "mnist"): {"steps": 50000},
        ("learning_curves", "bng_glass"): {"epochs": 20},
        ("batch_size", "mnist"): {"epochs": 5},
        ("batch_size", "bng_glass"): {"epochs": 2},
    }
    for dataset, budget in (("mnist", {"steps": 10000}), ("bng_glass", {"epochs": 5})):
        tuned = [run for run in study.runs("learning_rate") if run.dataset == dataset]
        rates = [run for run in tuned if run.batch == 60]
        settings = {run.recipe: study.recipes[run.recipe].model_dump() for run in rates}
        tried = [recipe.pop("learning_rate") for recipe in settings.values()]
        lowest = [0.003] if dataset == "mnist" else []
        assert tried == [*lowest, 0.01, 0.03, 0.1, 0.3, 1, 3, 5, 10, 20, 30, 100]
        first = next(iter(settings.values()))
        assert all(recipe == first for recipe in settings.values())
        assert {k: v for k, v in first["budget"].items() if v} == budget
        assert sorted(rates) == sorted(
            Run(dataset, method, 60, recipe)
            for method in ("base", "bn", "ln", "ws", "ws_bn")
            for recipe in settings
        )
    small = {(r.dataset, r.method, r.batch) for r in study.runs("learning_rate") if r.batch != 60}
    assert small == {("mnist", method, b) for method in ("base", "bn", "ln") for b in (2, 4)}
    assert study.replicates == 10
    published = {"perceptron": [100, 100, 100]}
    other = {"depth", "deep_initialization", "whitening_cost", "row_by_row", "small_vgg"}
    other |= {"learning_rate_factors"}
    for experiment in set(study.experiments) - other:
        for run in study.runs(experiment):
            if run.dataset == "cifar10":
                continue  # convolutions
            linear = {"deep_linear": 25} if run.dataset == "linear_map" else published
            assert study.recipes[run.recipe].network == linear
    depths = {run.recipe: study.comparison_settings(run.recipe) for run in study.runs("depth")}
    tried = {(about["activation"], about["layers"]) for about in depths.values()}
    assert tried == set(product(("sigmoid", "relu"), (1, 3, 6, 10, 20)))
    assert len(depths) == 4 * len(tried)
    runs = study.runs("deep_initialization")
    weights = {run.recipe: study.comparison_settings(run.recipe) for run in runs}
    tried = {(about["initializer"], about["layers"]) for about in weights.values()}
    assert tried == set(product(("glorot_uniform", "glorot_uniform_4"), (3, 6, 10, 20)))
    assert len(weights) == 4 * len(tried)


def test_every_experiment_has_a_small_form_that_needs_no_download():
    full = [validation.read([ROOT / "config.yaml"])]
    full += [validation.read([ROOT / "config.yaml", STUDIES / "primary.yaml"])]
    small = [
        validation.read([ROOT / "config.yaml", STUDIES / f"{name}.yaml"])
        for name in ("demo", "inside", "smoke")
    ]
    listed = {name for study in full for name in study.experiments}
    assert {name for study in small for name in study.experiments} == listed == set(experiments())
    kinds = {(f.experiment, f.kind) for study in small for f in study.figures()}
    assert kinds == {(f.experiment, f.kind) for study in full for f in study.figures()}
    used = {study.datasets[run.dataset].source for study in small for run in study.all_runs()}
    assert used.isdisjoint({"openml", "file"})


@pytest.mark.parametrize("experiment", experiments())
def test_an_experiment_brings_all_methods_that_it_needs_beside_those_of_the_config(experiment):
    over = (
        []
        if experiment in validation.read([ROOT / "config.yaml"]).experiments
        else ["primary.yaml"]
    )
    study = validation.read([ROOT / "config.yaml", *(STUDIES / name for name in over)])
    listed = set(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf8"))["methods"])
    used = {run.method for run in study.runs(experiment)}
    assert used <= listed | set(experiments()[experiment].methods)


LONG = {
    *("faults", "lp_norms", "depth", "outside_the_gradient", "whitening_cost", "input_scaling"),
    *("initialization", "deep_initialization", "correlated_batches", "row_by_row"),
    "gradient_noise",
    *("regularization", "beyond_batch", "small_vgg", "learning_rate_factors", "unseen_rows"),
}
"""Experiments that take too long for the demonstration."""


def test_the_demo_shows_every_kind_of_figure_that_the_full_study_has():
    full = validation.read([ROOT / "config.yaml"])
    demo = validation.read([ROOT / "config.yaml", STUDIES / "demo.yaml"])
    kinds = [{(f.experiment, f.kind) for f in study.figures()} for study in (demo, full)]
    assert kinds[0] == {kind for kind in kinds[1] if kind[0] not in LONG}
    assert len(demo.all_runs()) <= 70


def test_the_local_study_asks_what_the_full_study_asks():
    full = validation.read([ROOT / "config.yaml"])
    local = validation.read([ROOT / "config.yaml", STUDIES / "local.example.yaml"])
    stand_ins = {d.stands_for: name for name, d in local.datasets.items() if d.stands_for}
    renamed = [(stand_ins.get(name, name), *rest) for name, *rest in full.all_runs()]
    assert [tuple(run) for run in local.all_runs()] == renamed
    assert local.datasets["glass_redraw"].stands_for == "bng_glass"
    assert local.datasets["mnist"].sha256 == full.datasets["mnist"].sha256


def test_what_a_dataset_or_recipe_stands_for_must_be_one_of_the_config(problems):
    (line,) = problems(("    label: flowers\n", "    label: flowers\n    stands_for: mnits\n"))
    assert "datasets.flowers.stands_for: unknown dataset 'mnits'" in line


def test_the_demo_says_that_it_is_a_rehearsal_and_what_to_try_next_by_targets_that_exist():
    demo = validation.read([ROOT / "config.yaml", STUDIES / "demo.yaml"])
    assert list(demo.notices) == [demo.study]  # a study that is laid over it has another name
    notice, rows = demo.notices["demo"], demo.datasets["digits"].shape.rows
    assert f"rehearsal on {rows:,} digits" in notice and "do not quote it" in notice
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE)
    named = re.findall(r"`make ([a-z-]+)", notice)
    assert len(named) == 3 and {*named} <= {*targets}
    assert (ROOT / "reports/published/report.html").exists()
    assert coded("a <b> & `c <d>`") == "a &lt;b&gt; &amp; <code>c &lt;d&gt;</code>"


def test_classes_may_be_named_by_whole_numbers_and_columns_without_a_name_left_out(small):
    dataset = small("datasets: {flowers: {class_labels: {0: zero, '1': one}}}").datasets["flowers"]
    assert dataset.class_labels == {"0": "zero", "1": "one"}


def test_a_class_or_column_may_be_written_as_a_whole_number(small):
    words = "target: 4, classes: [0, 1, -7], columns: [1, b], drop: [0, '01']"
    overlay = f"datasets: {{flowers: {{source: file, name: null, path: x.csv, {words}}}}}"
    dataset = small(overlay).datasets["flowers"]
    assert dataset.target == "4" and dataset.classes == ["0", "1", "-7"]
    assert dataset.columns == ["1", "b"] and dataset.drop == ["0", "01"]
    file = "{label: f, source: file, name: null, path: f.csv, target: k, drop: ['', 'Unnamed: 0']}"
    assert small(f"datasets: {{flowers: {file}}}").datasets["flowers"].drop == ["", "Unnamed: 0"]


def test_what_openml_leaves_out_of_a_data_set_does_not_change_its_runs(small):
    openml = "datasets: {flowers: {source: openml, id: 61, name: null%s}}"
    plain, dropped = (small(openml % more) for more in ("", ", drop: [colour]"))
    assert "drop" not in datasets.origin("flowers", plain.datasets)
    assert datasets.origin("flowers", dropped.datasets)["drop"] == ["colour"]


def test_a_recipe_of_a_shipped_overlay_is_said_to_be_one(tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text(
        "study: mine\nonly: [batch_size]\nexperiments: {batch_size: {runs: [{datasets: [mnist],"
        " methods: [base], batches: [60], recipes: [steps4000_lr0.1, step10000_lr0.1]}]}}\n"
    )
    with pytest.raises(ConfigError) as problems:
        validation.read([ROOT / "config.yaml", own])
    first, second = str(problems.value).splitlines()[-2:]
    assert "unknown recipe 'steps4000_lr0.1', one of workflow/studies/demo.yaml" in first
    assert "did you mean 'steps10000_lr0.1'?" in second and " others)" in second
    assert len(second.partition("(allowed: ")[2]) < 150  # of some 170 recipes the nearest are named


def test_the_rates_of_the_study_of_rows_are_the_best_of_the_published_one():
    full = validation.read([ROOT / "config.yaml"])
    best = read_csv(
        ROOT / "reports/published/tables/learning_rate/mnist/all_recipes/best_rates.csv"
    )
    best = best[best["batch"] == 60].set_index("method")["learning_rate"]
    trained = {
        run.method: full.recipes[run.recipe].rate(run.batch) for run in full.runs("unseen_rows")
    }
    assert trained == best.to_dict()
