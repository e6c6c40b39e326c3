"""Every experiment has the functions that it declares, and its functions read what runs record."""

from __future__ import annotations

import csv
import inspect
from pathlib import Path

import pytest
import synthetic
from pydantic import ValidationError

from bnlab.experiments import functions, module_file
from bnlab.study import registry
from bnlab.study.declaration import COMMON, SOURCES, TIMING, Experiment
from bnlab.study.experiments import experiments
from bnlab.study.finding import OUTCOMES
from bnlab.study.names import LEADING_COLUMNS
from bnlab.training.probe import StepProbe

EXPERIMENTS = experiments()
every_experiment = pytest.mark.parametrize("experiment", EXPERIMENTS)


@every_experiment
@pytest.mark.parametrize("mapping", ["TABLES", "QUANTITIES", "FIGURES", "GRIDS"])
def test_the_functions_of_an_experiment_are_those_that_it_declares(experiment, mapping):
    about = EXPERIMENTS[experiment]
    names = {
        "TABLES": about.kinds,
        "QUANTITIES": [name for name in about.quantities if name not in COMMON],
        "FIGURES": about.figures,
        "GRIDS": about.tables,
    }[mapping]
    there = functions(experiment, mapping)
    assert set(names) - set(there) == set()
    assert all(callable(there[name]) for name in names)
    if module_file(experiment, mapping).stem in ("analysis", "page"):
        assert set(there) - set(names) == set()


@every_experiment
def test_a_table_takes_the_sources_that_its_declaration_reads(experiment):
    about = EXPERIMENTS[experiment]
    for kind, function in functions(experiment, "TABLES").items():
        if kind in about.kinds:
            inspect.signature(function).bind(*about.item(kind).reads)


@every_experiment
def test_every_source_that_an_experiment_reads_is_recorded_by_some_run(experiment):
    about, probes = EXPERIMENTS[experiment], registry.shipped("probe")
    tables = {name for name, probe in probes.items() if issubclass(probe.load(), StepProbe)}
    items = [*about.figures.values(), *about.tables.values(), *about.quantities.values()]
    read = {source for item in items for source in item.reads}
    assert read <= {*SOURCES, TIMING, *tables}


@every_experiment
def test_a_quantity_in_points_is_a_difference_where_its_words_say_so(experiment):
    for name, about in EXPERIMENTS[experiment].quantities.items():
        if about.unit == "points":
            words = (" minus ", "change of test accuracy")
            says = any(word in f" {about.label} " for word in words)
            assert (about.is_difference, about.unit_of_values) == (
                says,
                "points" if says else "%",
            ), name


@every_experiment
def test_the_interval_of_an_accuracy_stays_within_0_and_1(experiment):
    for name, about in EXPERIMENTS[experiment].quantities.items():
        if about.unit == "points" and not (about.is_difference or about.is_share):
            assert about.scale == "logit", name


TABLES = [(name, kind) for name, about in EXPERIMENTS.items() for kind in about.kinds]
PUBLISHED = Path(__file__).parents[1] / "reports" / "published" / "tables"


@pytest.mark.parametrize(("experiment", "kind"), TABLES)
def test_a_table_has_the_columns_that_its_declaration_names(experiment, kind):
    sources, recipe = synthetic.sources()[experiment], synthetic.recipe(experiment)
    names = ("digits", recipe, "Digits", synthetic.LABELS)
    table = synthetic.tabulated(experiment, kind, sources, *names)
    assert list(table) == [*LEADING_COLUMNS, *EXPERIMENTS[experiment].item(kind).columns]


@every_experiment
def test_a_published_table_has_them_too(experiment):
    for file in (PUBLISHED / experiment).glob("*/*/*.csv"):
        with file.open(encoding="utf8") as lines:
            header = next(csv.reader(lines))
        if file.stem in EXPERIMENTS[experiment].kinds:  # others are of an earlier version
            assert header == EXPERIMENTS[experiment].columns(file.stem), file


def test_a_finding_for_each_value_of_no_column_of_its_table_is_refused():
    about = EXPERIMENTS["learning_rate"].model_dump()
    finding = about["findings"][2] | {"each": "batches"}
    words = {name: f"{{batches}} {finding[name]}".replace("{batch}", "") for name in OUTCOMES}
    about["findings"] = [finding | words]
    with pytest.raises(ValidationError, match="unknown column 'batches' of best_rates in findings"):
        Experiment.model_validate(about)


@pytest.mark.parametrize("part", ["findings", "compare"])
def test_a_finding_or_a_question_that_names_no_column_of_its_table_is_refused(part):
    about = EXPERIMENTS["learning_rate"].model_dump()
    if part == "findings":
        about["findings"][2]["decided_by"]["column"] = "less_bas"
    else:
        about["compare"]["learning_rate"]["y"] = "meen"
    with pytest.raises(
        ValidationError, match=rf"unknown column '\w+' of \w+ in {part}; did you mean"
    ):
        Experiment.model_validate(about)


def test_columns_that_nobody_has_declared_are_not_checked():
    about = EXPERIMENTS["learning_rate"].model_dump()
    about["tables"]["best_rates"]["columns"] = []
    about["findings"][2]["decided_by"]["column"] = "less_bas"
    assert Experiment.model_validate(about).lacking("best_rates", ["less_bas"]) == []
