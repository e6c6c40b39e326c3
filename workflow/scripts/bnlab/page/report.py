"""The report of a study: one HTML file with every figure, every result table and the methods.

The page needs no other file. Figures are inline, and one small script filters claims and turns surfaces. The template
escapes text from configs and data, and the page lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pandas as pd
from markupsafe import Markup

from bnlab.analysis.effects import EFFECT_COLUMNS
from bnlab.analysis.summaries import dataset_label
from bnlab.files import read_csv
from bnlab.page import ledger as ledger_page
from bnlab.page import scorecard
from bnlab.page.confirmation import Confirmation
from bnlab.page.facts import facts, times
from bnlab.page.findings import Answer, Tables, leading
from bnlab.page.findings import answers as findings_of
from bnlab.page.glossary import GLOSSARY
from bnlab.page.grids import Grid
from bnlab.page.phrases import minus, written_out
from bnlab.page.style import NONE_LEFT
from bnlab.page.surfaces import surfaces
from bnlab.page.vectors import image
from bnlab.study.declaration import EFFECTS, Experiment, Table
from bnlab.study.names import ALL_RECIPES

TEMPLATES = Path(__file__).parent / "templates"
SHORT_TABLE = 14

Function = Callable[[str, str, str], Callable[..., Any]]
"""A function of an experiment by the name of the experiment, of a mapping such as ``GRIDS``, and its own."""

WITHOUT_LEDGER: Mapping[str, Any] = {
    "sources": {},
    "literature": [],
    "datasets": {},
    "scope": None,
    "findings": [],
    "scorecard": [],
    "digest": None,
}
"""``Inputs.about`` of a study that judges no claims."""


class Item(NamedTuple):
    """A figure or result table of the study: its key, its CSV file and, for a figure, its SVG file."""

    experiment: str
    dataset: str
    recipe: str
    kind: str
    csv: Path
    svg: Path | None = None


class Ledger(NamedTuple):
    """The judged ledger of a study: claims.csv, effects.csv, scorecard.csv, sensitivity.csv, and fresh seeds if any."""

    claims: pd.DataFrame
    effects: pd.DataFrame
    scorecard: pd.DataFrame
    sensitivity: pd.DataFrame
    fresh: Confirmation | None = None


@dataclass(frozen=True)
class Inputs:
    """Everything on the page of a study.

    Attributes:
        study: the checked config as plain data.
        experiments: declarations of the experiments, in the order of the page.
        function: functions of the experiments, of which the page needs ``GRIDS``.
        figures: every figure, in the order of the page.
        tables: every result table, in the order of the page.
        datasets: content of data.json, by name of the data set.
        runs: a row for each run, as ``tidy.run_row`` returns it.
        formulas: description of a layer, by method.
        folder: folder of the page; links to CSV files are relative to it.
        date: date of the page, such as 2026-01-31.
        version: version of bnlab.
        answers: sentences of the findings, from ``answers``.
        advice: sentences of the scorecard by heading, from ``scorecard.sentences``.
        earlier: experiments from an earlier publication, from ``publication.taken_text``; empty without any.
        ledger: the judged ledger; None for a study without claims.
        about: sources, literature, names of data sets, scope and findings of the ledger's file.
    """

    study: Mapping[str, Any]
    experiments: Mapping[str, Experiment]
    function: Function
    figures: Sequence[Item]
    tables: Sequence[Item]
    datasets: Mapping[str, Mapping[str, Any]]
    runs: pd.DataFrame
    formulas: Mapping[str, str]
    folder: Path
    date: str
    version: str
    answers: Sequence[Answer]
    advice: Mapping[str, Sequence[str]]
    earlier: str
    ledger: Ledger | None
    about: Mapping[str, Any]


def _taken(earlier: str) -> dict[str, str]:
    rules = f"{earlier}. Its numbers are those of the rules of that commit"
    return {"taken as published": rules} if earlier else {}


def render(inputs: Inputs) -> str:
    """Return the page as HTML. The CSV and SVG files of ``inputs`` must exist."""
    study, runs, ledger, about = inputs.study, inputs.runs, inputs.ledger, inputs.about
    entries = [_figure_entry(item, inputs) for item in inputs.figures]
    by_item = {entry["item"]: entry for entry in entries}
    in_summary = [by_item[item] for item in summary_items(inputs.figures, inputs.experiments)]
    entries += [_table_entry(item, inputs) for item in inputs.tables]
    titles = {name: recipe_title(recipe) for name, recipe in study["recipes"].items()}
    sections = [
        _section(name, experiment, entries, titles)
        for name, experiment in inputs.experiments.items()
    ]
    groups = {group["id"] for section in sections for group in section["groups"]}
    labels = method_labels(study)
    first, more = leading(inputs.answers, about["findings"])
    script = (TEMPLATES / "report.js").read_text("utf8")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            study=study,
            date=inputs.date,
            version=inputs.version,
            replicates=_range(runs["replicates"]),
            labels={
                name: dataset_label(dataset["label"], dataset["source"] == "redraw")
                for name, dataset in study["datasets"].items()
            },
            methods=[
                {"name": name, "label": labels[name], "formula": inputs.formulas[name]}
                for name in labels
                if name in set(runs["method"])
            ],
            recipes={name: _settings(study["recipes"][name]) for name in runs["recipe"].unique()},
            datasets=inputs.datasets,
            used=list(runs["dataset"].unique()),
            sections=sections,
            in_summary=in_summary,
            first=first,
            more=more,
            answers=inputs.answers,
            ledger=ledger
            and ledger_page.page(
                ledger.claims,
                ledger.effects,
                labels,
                groups,
                {name: s["short"] for name, s in about["sources"].items()},
                ledger.fresh,
            ),
            sensitivity=ledger and ledger_page.sensitivity(ledger.sensitivity),
            scorecard=ledger and scorecard.page(ledger.scorecard, inputs.advice),
            scope=about["scope"],
            literature=about["literature"],
            dataset_names=about["datasets"],
            glossary=GLOSSARY,
            facts=facts(runs) | _taken(inputs.earlier),
            times=times(runs),
            script=Markup(script),
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def answers(
    experiments: Mapping[str, Experiment], ledger: Ledger | None, items: Sequence[Item]
) -> list[Answer]:
    """Return the sentences of each experiment's findings, from its judged effects and published tables."""
    effects = pd.DataFrame(columns=EFFECT_COLUMNS) if ledger is None else ledger.effects

    def tables(experiment: str) -> Tables:
        def rows(kind: str) -> pd.DataFrame:
            if kind == EFFECTS:
                return effects[effects["experiment"] == experiment]
            parts = [read_csv(i.csv) for i in items if (i.experiment, i.kind) == (experiment, kind)]
            return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

        return rows

    return [
        answer._replace(findings=[_unbroken(text) for text in answer.findings])
        for answer in findings_of(experiments, tables)
    ]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["setting"] = setting
    environment.filters["zip"] = zip
    return environment


def method_labels(study: Mapping[str, Any]) -> dict[str, str]:
    """Return the label of each method of a checked config, by name."""
    return {
        name: method["label"] or name.replace("_", " ") for name, method in study["methods"].items()
    }


def grids(function: Function, experiment: str, kind: str, table: pd.DataFrame) -> list[Grid]:
    """Return the grids of a result table, with numbers rounded to their uncertainty; empty grids are left out."""
    return [grid for grid in function(experiment, "GRIDS", kind)(table) if grid.rows]


def _figure_entry(item: Item, inputs: Inputs) -> dict[str, Any]:
    assert item.svg is not None
    figure, table = inputs.experiments[item.experiment].figures[item.kind], read_csv(item.csv)
    return _entry(item, figure, table, inputs.folder) | {
        "image": image(item.svg.read_text("utf8")),
        "alt": alt_text(figure.title, table),
        "surfaces": surfaces(table) if figure.interactive and not table.empty else None,
    }


def _table_entry(item: Item, inputs: Inputs) -> dict[str, Any]:
    declaration, table = inputs.experiments[item.experiment].tables[item.kind], read_csv(item.csv)
    table_grids = grids(inputs.function, item.experiment, item.kind, table)
    return _entry(item, declaration, table, inputs.folder) | {
        "grids": table_grids,
        "open": sum(len(grid.rows) for grid in table_grids) <= SHORT_TABLE,
    }


def replicate_notes(table: pd.DataFrame) -> list[str]:
    """Return sentences for the caption on replicates that diverged or failed, if there are any."""
    notes = []
    if "diverged" in table and (table["diverged"] > 0).any():
        notes.append(
            "Replicates that diverged count as ones that guess in accuracies and losses. "
            "They are left out of what probes measure."
        )
    if "failed" in table and (table["failed"] > 0).any():
        notes.append("Replicates that failed, ending at chance, are in the means, and counted too.")
    return notes


def _entry(item: Item, declaration: Table, table: pd.DataFrame, folder: Path) -> dict[str, Any]:
    return {
        "item": item,
        "id": f"{item.experiment}-{item.dataset}-{item.recipe}-{item.kind}",
        "title": declaration.title,
        "caption": [*_paragraphs(declaration.caption), *replicate_notes(table)],
        "csv": _relative(item.csv, folder),
    }


def _paragraphs(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return [_unbroken(part) for part in parts if part]


def _unbroken(text: str) -> str:
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def alt_text(title: str, table: pd.DataFrame) -> str:
    """Return the text for readers who do not see a figure: its title, data set and recipe."""
    if table.empty:
        return f"{title}: {NONE_LEFT}."
    return f"{title}, {table['dataset_label'].iloc[0]}, {_recipe(table['recipe'].iloc[0])}."


def summary_items(figures: Sequence[Item], experiments: Mapping[str, Experiment]) -> list[Item]:
    """Return the figures of the summary: the first one ``in_summary`` of each experiment, then the second of each.

    A figure of several data sets or recipes is shown for the first of them.
    """
    first: dict[tuple[str, str], Item] = {}
    for item in figures:
        first.setdefault((item.experiment, item.kind), item)
    of_each = [
        [
            first[name, kind]
            for kind, figure in experiment.figures.items()
            if figure.in_summary and (name, kind) in first
        ]
        for name, experiment in experiments.items()
    ]
    return [item for row in zip_longest(*of_each) for item in row if item]


def _section(
    name: str, experiment: Experiment, entries: list[dict[str, Any]], titles: Mapping[str, str]
) -> dict[str, Any]:
    """Return the section of an experiment: its figures and tables, grouped by data set and recipe."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in (entry for entry in entries if entry["item"].experiment == name):
        groups.setdefault((entry["item"].dataset, entry["item"].recipe), []).append(entry)
    all_recipes = f"all {'learning rates' if experiment.across == 'rates' else 'settings'}"
    return {
        "name": name,
        "title": experiment.title,
        "question": experiment.question,
        "groups": [
            {
                "id": f"{name}-{dataset}-{recipe}",
                "dataset": dataset,
                "title": titles.get(recipe, all_recipes),
                "recipe": recipe,
                "entries": part,
            }
            for (dataset, recipe), part in groups.items()
        ],
    }


def recipe_title(recipe: Mapping[str, Any]) -> str:
    """Return the title of a recipe, such as ``learning rate 0.01, 50,000 steps``."""
    reference = recipe["learning_rate_reference_batch"]
    rate = f"learning rate {written_out(recipe['learning_rate'])}"
    if reference:
        rate += f" at batch {reference} and proportional to it"
    (budget,) = (_amount(n, unit) for unit, n in recipe["budget"].items() if n)
    return f"{rate}, {budget}"


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else f"recipe {name}"


def _range(numbers: Iterable[int]) -> str:
    known = sorted(set(numbers))
    return " to ".join(map(str, dict.fromkeys([known[0], known[-1]])))


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _settings(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe, those of its network under the network's name."""
    ((network, settings),) = recipe["network"].items()
    return {network: settings} | {k: v for k, v in recipe.items() if k != "network"}


def _amount(value: Any, plural: str) -> str:
    """Return ``1 epoch`` or ``50,000 steps``."""
    return f"{setting(value)} {plural.removesuffix('s') if value == 1 else plural}"


def setting(value: Any) -> str:
    """Return a setting as a reader writes it: lists with ×, mappings as amounts, None as a dash, a true minus."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(_amount(v, k.replace("_", " ")) for k, v in value.items() if v is not None)
    if isinstance(value, list | tuple):
        return " × ".join(map(setting, value)) or "–"
    if isinstance(value, float):
        return minus(written_out(value, 12))
    return minus(f"{value:,}") if isinstance(value, int) else str(value)
