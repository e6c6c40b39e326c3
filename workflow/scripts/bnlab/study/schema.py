"""JSON schemas of the files that a user writes, exported from the models for editors and other tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from bnlab.study.card import Card
from bnlab.study.config import Study
from bnlab.study.declaration import Experiment
from bnlab.study.ledger import Ledger
from bnlab.study.recipes import Recipe
from bnlab.study.section import NAME, Names, Section

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FAMILY = r"^(?=.*<[a-z0-9_]+>)[a-z<][a-z0-9_.<>]*$"
"""Pattern of the names of families, which have settings in angle brackets."""
NULL: Schema = {"type": "null"}


class ConfigFile(Study):
    """A config file, whole or laid over another: mappings are merged, lists replaced, and null takes a key away."""

    recipe_defaults: Recipe
    """Settings of every recipe that does not give its own."""
    only: Names
    """Names of the experiments that the study makes; left out: all of `experiments`."""


def config_schema() -> Schema:
    """Return the schema of a config file; outside of lists no key is required and every one may be null."""
    schema = _exported(ConfigFile)
    definitions, top = schema["$defs"], schema["properties"]
    datasets, recipes = top["datasets"]["patternProperties"], top["recipes"]["patternProperties"]
    sources = [entry["$ref"].rpartition("/")[2] for entry in datasets[NAME]["oneOf"]]
    definitions["Dataset"] = _merged([definitions.pop(source) for source in sources])
    datasets[NAME] = {"$ref": "#/$defs/Dataset"}
    _soften(schema)
    for name, part in definitions.items():
        if name != "RunGroup":  # an entry of a list is replaced as a whole
            _soften(part)
    definitions["RunGroup"]["properties"]["recipes"]["items"]["pattern"] = f"{NAME}|{FAMILY}"
    definitions["Family"] = _family(definitions["Recipe"])
    recipes[FAMILY] = {"$ref": "#/$defs/Family"}
    return schema


def ledger_schema() -> Schema:
    """Return the schema of a ledger of claims."""
    return _exported(Ledger)


def experiment_schema() -> Schema:
    """Return the schema of the declaration of an experiment."""
    return _exported(Experiment)


def card_schema() -> Schema:
    """Return the schema of scorecard.json."""
    return _exported(Card)


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "config": config_schema,
    "ledger": ledger_schema,
    "experiment": experiment_schema,
    "scorecard": card_schema,
}
"""Schemas by the name of their file, `<name>.schema.json`."""


def as_text(schema: Schema) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without titles of fields, which repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _exported(model: type[Section]) -> Schema:
    """Return the schema of a model, with descriptions on one line; a mapping allows no key outside its pattern."""
    schema = model.model_json_schema(schema_generator=_Generator)
    for node in _nodes(schema):
        if isinstance(node.get("description"), str):
            node["description"] = " ".join(node["description"].split())
        if "patternProperties" in node:
            node["additionalProperties"] = False
    return {"$schema": DIALECT, **schema}


def _nodes(value: Any) -> Iterator[Schema]:
    """Yield every mapping inside a schema, itself included."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _merged(sources: list[Schema]) -> Schema:
    """Return one schema for data sets of all sources, since an overlay need not name the source of what it changes."""
    by_source = {
        source["properties"]["source"]["const"]: source["properties"] for source in sources
    }
    merged: dict[str, Schema] = {}
    for name in dict.fromkeys(name for properties in by_source.values() for name in properties):
        own = {source: of[name] for source, of in by_source.items() if name in of}
        texts = {source: setting["description"] for source, setting in own.items()}
        merged[name] = _either(*own.values())
        if len(own) < len(by_source) or len(set(texts.values())) > 1:
            merged[name]["description"] = " ".join(f"{s}: {text}" for s, text in texts.items())
    return {
        "title": "Dataset",
        "description": "A data set.",
        "type": "object",
        "additionalProperties": False,
        "properties": merged,
    }


def _family(recipe: Schema) -> Schema:
    """Return the schema of a family of recipes, each of whose settings may be a list of values."""
    settings = {
        name: _either(setting, {"type": "array", "minItems": 1, "items": _either(setting)})
        for name, setting in recipe["properties"].items()
    }
    return recipe | {"title": "Family", "properties": settings}


def _either(schema: Schema, *others: Schema) -> Schema:
    """Return a schema that allows the others too, with the description and default of the first."""
    texts = {key: schema[key] for key in ("description", "default") if key in schema}
    options: list[Schema] = []
    for other in (schema, *others):
        own = {key: value for key, value in other.items() if key not in texts}
        options += [own] if own not in options else []
    return texts | (options[0] if len(options) == 1 else {"anyOf": options})


def _soften(schema: Schema) -> None:
    """Let a mapping or value be null, and every key in it be left out or null."""
    schema.pop("required", None)
    for kind in ("properties", "patternProperties"):
        for value in schema.get(kind, {}).values():
            _soften(value)
    options = [option for option in schema.pop("anyOf", []) if option != NULL]
    if len(options) == 1:
        schema.update(options[0])
    elif options:
        schema["anyOf"] = [*options, NULL]
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*types, "null"]
