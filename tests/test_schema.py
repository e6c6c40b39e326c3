"""The exported JSON schemas accept correct files of a user and refuse wrong ones, as in an editor."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from snakemake.utils import update_config

from bnlab.study.datasets import SOURCES
from bnlab.study.experiments import EXPERIMENTS
from bnlab.study.schema import SCHEMAS, ConfigFile, as_text
from bnlab.study.section import Section

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "workflow" / "schemas"
USERS = "local.yaml"
STUDIES = sorted(p for p in (ROOT / "workflow" / "studies").glob("*.yaml") if p.name != USERS)
FILES = {
    **{path: "config" for path in (ROOT / "config.yaml", *STUDIES)},
    ROOT / "workflow" / "claims.yaml": "ledger",
    **{path: "experiment" for path in sorted(EXPERIMENTS.glob("*/experiment.yaml"))},
}


def problems(name: str, content: Any) -> list[str]:
    """Return the problems that an editor underlines."""
    errors = Draft202012Validator(SCHEMAS[name]()).iter_errors(content)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def models(model: type[Section] = Section) -> Iterator[type[Section]]:
    for child in model.__subclasses__():
        yield child
        yield from models(child)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_file_is_what_make_schema_writes(name: str) -> None:
    schema = SCHEMAS[name]()
    Draft202012Validator.check_schema(schema)
    assert (FOLDER / f"{name}.schema.json").read_text("utf8") == as_text(schema), (
        "run `make schema`"
    )


def test_every_field_has_a_description_of_one_short_sentence_or_two() -> None:
    fields = {
        f"{model.__name__}.{name}": field.description or ""
        for model in models()
        for name, field in model.model_fields.items()
    }
    assert len(fields) > 120
    assert [name for name, text in fields.items() if not text.endswith(".")] == []
    assert [name for name, text in fields.items() if len(text.split()) > 25] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_an_editor_finds_the_schema_of_a_file_in_its_first_line_and_no_problem_in_the_file(
    path: Path,
) -> None:
    text = path.read_text(encoding="utf8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    assert (path.parent / named[1]).resolve() == FOLDER / f"{FILES[path]}.schema.json"
    assert problems(FILES[path], yaml.safe_load(text)) == []


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_a_study_laid_over_the_config_has_no_problem(path: Path) -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf8"))
    update_config(config, yaml.safe_load(path.read_text(encoding="utf8")))
    assert problems("config", config) == []


@pytest.mark.parametrize(
    ("overlay", "place"),
    [
        ("sead: 1", ""),
        ("seed: one", "seed"),
        ("replicates: 0", "replicates"),
        ("methods: {gn: {normaliser: gn}}", "methods/gn"),
        ("methods: {GN: {normalizer: gn}}", "methods"),
        ("methods: {gn: {place: before}}", "methods/gn/place"),
        ("datasets: {mine: {source: files}}", "datasets/mine/source"),
        ("datasets: {mine: {split: {test: 1.5}}}", "datasets/mine/split/test"),
        ("datasets: {mine: {sha256: {labels: 12}}}", "datasets/mine/sha256/labels"),
        ("recipes: {slow: {learning_rate: [0.1, 1.0]}}", "recipes/slow/learning_rate"),
        ("recipes: {slow: {optimizer: rmsprop}}", "recipes/slow/optimizer"),
        (
            "recipes: {'lr<learning_rate>': {dropout: [0.5, 2]}}",
            "recipes/lr<learning_rate>/dropout",
        ),
        ("experiments: {depth: {runs: [{datasets: [mnist]}]}}", "experiments/depth/runs/0"),
        ("only: depth", "only"),
    ],
)
def test_an_editor_underlines_a_mistake_where_it_stands(overlay: str, place: str) -> None:
    lines = problems("config", yaml.safe_load(overlay))
    assert {problem.partition(":")[0] for problem in lines} == {place}


@pytest.mark.parametrize(
    "overlay",
    [
        "study: mine",
        "claims: null",
        "methods: {bn: null}",
        "datasets: {mnist: {id: null, source: file, path: data}}",
        "recipes: {'<activation>_lr<learning_rate>': {activation: [relu, tanh], learning_rate: [0.1]}}",
        "recipes: {slow: {optimizer: adam}, fast: {optimizer: {sgd: {momentum: 0.9}}}}",
        "recipe_defaults: {evaluations: {rows: null}}",
    ],
)
def test_an_overlay_may_be_a_part_of_a_config(overlay: str) -> None:
    assert problems("config", yaml.safe_load(overlay)) == []


def test_the_schema_of_a_config_has_every_key_of_a_study_and_of_each_source() -> None:
    schema = SCHEMAS["config"]()
    assert schema["properties"].keys() == ConfigFile.model_fields.keys()
    dataset = schema["$defs"]["Dataset"]["properties"]
    assert [option.get("const") for option in dataset["source"]["anyOf"]] == [*SOURCES, None]
    assert "disc: Seed of the points." in dataset["seed"]["description"]
