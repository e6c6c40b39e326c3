"""Write docs/reference: config keys from the JSON schemas, classes and probes from their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bnlab import results, testing
from bnlab.files import save_source
from bnlab.networks.network import Network
from bnlab.networks.normalizer import Normalizer
from bnlab.study.declaration import COMMON, Quantity
from bnlab.study.experiments import experiments
from bnlab.study.registry import shipped
from bnlab.study.schema import SCHEMAS
from bnlab.training.probe import EndProbe, StepProbe

FOLDER = Path(__file__).parents[1] / "reference"
NOTE = "<!-- Written by `make schema`. -->"
SECTIONS = ("Args", "Attributes", "Returns", "Raises")
"""Parts of a docstring that are lists of names."""
SIMPLE = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
}
INTRODUCTIONS = {
    "config": "# Config keys\n\n`config.yaml` is the full study, and an overlay names what differs. "
    "Every key may be left out of an overlay, and `null` takes it away.",
    "ledger": "# Ledger keys\n\nThe keys of `workflow/claims.yaml`, or of a ledger of your own. "
    "[A claim](../how-to/claim.md) has an example.",
    "experiment": "# Keys of experiments\n\nThe keys of an `experiment.yaml`. "
    "[Contributing](../../CONTRIBUTING.md#an-experiment-in-thirty) has an example.",
}


def keys_page(name: str) -> str:
    """Return the page of a schema: the keys at the top of its files, then those of each part."""
    schema = SCHEMAS[name]()
    parts = {title: part for title, part in schema["$defs"].items() if title != "Family"}
    return "\n\n".join(
        [
            NOTE,
            INTRODUCTIONS[name],
            _keys(schema),
            *(text for title, part in sorted(parts.items()) for text in _part(title, part)),
        ]
    )


def _part(title: str, part: Mapping[str, Any]) -> list[str]:
    return [f"## {title}", part["description"], _keys(part)]


def _keys(schema: Mapping[str, Any]) -> str:
    """Return a table of the keys of a mapping."""
    lines = ["| key | value | meaning |", "| --- | --- | --- |"]
    for key, value in schema["properties"].items():
        cells = (f"`{key}`", _value(value), value.get("description", ""))
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join(lines)


def _value(schema: Mapping[str, Any]) -> str:
    """Return the values that a schema allows, in words."""
    if "$ref" in schema:
        title = schema["$ref"].rpartition("/")[2]
        title = "Recipe" if title == "Family" else title
        return f"[{title}](#{title.lower()})"
    if "anyOf" in schema:
        values = [_value(option) for option in schema["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(values))
    constants = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if constants:
        return ", ".join(f"`{_yaml(value)}`" for value in constants if value is not None)
    types = schema.get("type", [])
    kinds = [kind for kind in ([types] if isinstance(types, str) else types) if kind != "null"]
    if kinds == ["array"]:
        return f"list of {_value(schema.get('items', {})) or 'values'}"
    if "object" in kinds:
        inner = [_value(value) for value in schema.get("patternProperties", {}).values()]
        of = " or ".join(dict.fromkeys(filter(None, inner)))
        return f"by name: {of}" if of else "mapping"
    return " or ".join(SIMPLE[kind] for kind in kinds) + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    words = {
        "minimum": "from {}",
        "exclusiveMinimum": "above {}",
        "maximum": "to {}",
        "exclusiveMaximum": "below {}",
    }
    bounds = [words[key].format(schema[key]) for key in words if key in schema]
    return f", {' '.join(bounds)}" if bounds else ""


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def classes_page() -> str:
    """Return the page of public classes: reading of results, base classes, and every kernel, normalizer and network."""
    own = [attribute for attribute in vars(results.Study) if not attribute.startswith("_")]
    return "\n\n".join(
        [
            NOTE,
            "# Classes",
            "## bnlab.results",
            *_documented(results.load, "load"),
            *_documented(results.Study, "Study"),
            "**Tables:**",
            "\n".join(
                f"- `{name}`: {_summary(getattr(results.Study, name))}"
                for name in own
                if name != "table"
            ),
            *_documented(results.Study.table, "Study.table"),
            "## Base classes",
            *_documented(Normalizer, "Normalizer"),
            *_methods(Normalizer, "build", "normalize", "own_axes", "vector", "variable", "move"),
            *_documented(Network, "Network"),
            *_methods(Network, "build", "call", "add", "add_logits", "target", "loss"),
            *_documented(StepProbe, "StepProbe"),
            *_methods(StepProbe, "measure", "nothing"),
            *_documented(EndProbe, "EndProbe"),
            *_methods(EndProbe, "keep"),
            *_documented(testing.NormalizerTests, "NormalizerTests"),
            *_documented(testing.NetworkTests, "NetworkTests"),
            "## Kernels",
            "A method names one under `kernel`.",
            *_shipped("kernel"),
            "## Normalizers",
            "A method names one under `normalizer`, and its options under `options`.",
            *_shipped("normalizer"),
            "## Networks",
            "A recipe names one under `network`, with its settings.",
            *_shipped("network"),
        ]
    )


def probes_page() -> str:
    """Return the page of probes: the formula, columns and source of each."""
    return "\n\n".join(
        [
            NOTE,
            "# Probes",
            "A recipe names them under `probes`. Each leaves a table `<probe>.parquet` in a run's folder, with "
            "`step` and `replicate` after these columns; `predictions` and `weights` leave arrays. "
            "[A probe](../how-to/probe.md) says how to add one.",
            *_shipped("probe", "##"),
        ]
    )


def quantities_page() -> str:
    """Return the page of quantities, which tests of claims name: common ones, then those of each experiment."""
    own = {
        name: {key: q for key, q in declaration.quantities.items() if key not in COMMON}
        for name, declaration in experiments().items()
    }
    return "\n\n".join(
        [
            NOTE,
            "# Experiments and quantities",
            "A test of a claim names an experiment and one of its quantities. Settings are what the test gives; "
            "those of recipes stand under `where`.",
            "## Of every experiment",
            _quantities(COMMON),
            *(
                text
                for name, declaration in sorted(experiments().items())
                for text in (f"## {name}", declaration.question, _quantities(own[name]))
                if text
            ),
        ]
    )


def _quantities(quantities: Mapping[str, Quantity]) -> str:
    """Return a table of quantities, empty for none."""
    lines = ["| quantity | in words | unit | settings |", "| --- | --- | --- | --- |"]
    for name, quantity in quantities.items():
        settings = ", ".join(f"`{setting}`" for setting in quantity.takes)
        unit = "share of replicates" if quantity.is_share else quantity.unit
        lines.append(f"| `{name}` | {_cell(quantity.label)} | {unit} | {settings} |")
    return "\n".join(lines) if quantities else ""


def _shipped(kind: str, level: str = "###") -> Iterator[str]:
    """Yield heading, options and docstring of the library's classes of a kind."""
    for name, reference in shipped(kind).items():
        cls = reference.load()
        yield f"{level} {name}"
        parameters = inspect.signature(cls).parameters.values()
        options = [p for p in parameters if p.name not in ("run", "args", "kwargs")]
        if options:
            texts = [f"`{option}`".replace("'", "") for option in options]
            yield f"Options: {', '.join(texts)}."
        yield from _paragraphs(cls)


def _documented(item: Any, name: str) -> list[str]:
    signature = (
        "" if inspect.isclass(item) else re.sub(r"'|self, ", "", str(inspect.signature(item)))
    )
    return [f"### {name}", *([f"`{name}{signature}`"] if signature else []), *_paragraphs(item)]


def _methods(cls: type, *names: str) -> list[str]:
    signatures = {
        name: re.sub(r"'|self(?:, )?", "", str(inspect.signature(getattr(cls, name))))
        for name in names
    }
    return [
        "\n".join(f"- `{name}{signatures[name]}`: {_summary(getattr(cls, name))}" for name in names)
    ]


def _summary(item: Any) -> str:
    return _marked((inspect.getdoc(item) or "").split("\n\n")[0])


def _paragraphs(item: Any) -> list[str]:
    """Return a docstring as Markdown: its sections as lists, indented formulas as code."""
    return [_section(paragraph) for paragraph in (inspect.getdoc(item) or "").split("\n\n")]


def _section(paragraph: str) -> str:
    heading, _, body = paragraph.partition("\n")
    if heading.removesuffix(":") in SECTIONS:
        entries = re.sub(r"\n {8,}", " ", f"\n{body}").strip().split("\n")
        entries = [re.sub(r"^(\w+(?:, \w+)*): ", r"`\1`: ", entry.strip()) for entry in entries]
        return "\n".join([f"**{heading}**", "", *(f"- {_marked(entry)}" for entry in entries)])
    if paragraph.startswith("    "):
        return f"```text\n{inspect.cleandoc(paragraph)}\n```"
    return _marked(paragraph)


def _marked(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


PAGES: Mapping[str, Callable[[], str]] = {
    **{f"{name}.md": partial(keys_page, name) for name in INTRODUCTIONS},
    "quantities.md": quantities_page,
    "classes.md": classes_page,
    "probes.md": probes_page,
}
"""Text of each page, by its file."""

if __name__ == "__main__":
    for file, page in PAGES.items():
        save_source(FOLDER / file, page() + "\n")
