"""The report of a study: one HTML file with every figure, every table and how they were made.

Everything is in the page: figures inline, one small script that filters the claims and turns surfaces, nothing to be
fetched. Text from configs and data is escaped by the template, and the page lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import jinja2
import pandas as pd
from markupsafe import Markup

from bnlab.analysis.effects import EFFECT_COLUMNS
from bnlab.analysis.summaries import dataset_label
from bnlab.files import read_csv
from bnlab.page import ledger as ledger_page
from bnlab.page import scorecard
from bnlab.page.facts import facts, times
from bnlab.page.findings import EFFECTS, Answer, Tables, leading
from bnlab.page.findings import answers as findings_of
from bnlab.page.glossary import GLOSSARY
from bnlab.page.grids import Grid
from bnlab.page.phrases import written_out
from bnlab.page.style import NONE_LEFT
from bnlab.page.turning import turning
from bnlab.page.vectors import size_of
from bnlab.study.declaration import Experiment, Table
from bnlab.study.names import ALL_RECIPES

TEMPLATES = Path(__file__).parent / "templates"
SHORT_TABLE = 14

Functions = Callable[[str, str], Mapping[str, Callable[..., Any]]]
"""A mapping of functions by the name of the experiment and its own, such as ``GRIDS``."""


class Item(NamedTuple):
    """A figure or a table of the study: which it is, its CSV and, for a figure, its SVG."""

    experiment: str
    dataset: str
    recipe: str
    kind: str
    csv: Path
    svg: Path | None = None


class Ledger(NamedTuple):
    """What becomes of a study's ledger: claims.csv, effects.csv and scorecard.csv."""

    claims: pd.DataFrame
    effects: pd.DataFrame
    scorecard: pd.DataFrame


class Drawing(NamedTuple):
    """An image that the page shows twice and holds once: its id and its size."""

    id: str
    width: float
    height: float


def render(
    study: Mapping[str, Any],
    declared: Mapping[str, Experiment],
    functions: Functions,
    figures: Sequence[Item],
    tables: Sequence[Item],
    datasets: Mapping[str, Mapping[str, Any]],
    runs: pd.DataFrame,
    formulas: Mapping[str, str],
    folder: Path,
    made: Mapping[str, str],
    answered: Sequence[Answer],
    advice: Mapping[str, Sequence[str]],
    taken: str,
    ledger: Ledger | None = None,
    about: Mapping[str, Any] | None = None,
) -> str:
    """The page as HTML.

    Args:
        study: the checked config as plain data.
        declared: what its experiments offer, in the order in which they are shown.
        functions: their mappings of functions, of which ``GRIDS`` are needed.
        figures: every figure, in the order in which they are shown.
        tables: every result table, likewise.
        datasets: what data.json says, by name of dataset.
        runs: what each run was and cost, as ``tidy.run_row`` says it.
        formulas: what a layer computes, by method.
        folder: where the page will lie; links to CSV files are relative to it.
        made: date and version.
        answered: what ``answers`` found.
        advice: the scorecard's sentences by heading, as ``scorecard.sentences`` returns them.
        taken: what is shown as an earlier publication had it, in words; empty without such.
        ledger: the verdicts, if the study has any.
        about: sources, literature, names of datasets, scope and findings, as the ledger's file says them.
    """
    about = about or {
        "sources": {},
        "literature": [],
        "datasets": {},
        "scope": None,
        "findings": [],
    }
    environment = _environment()
    shown = [_shown_figure(item, declared, folder) for item in figures]
    in_summary = _summary_figures(shown, declared)
    shown += [_shown_table(item, declared, functions, folder) for item in tables]
    titles = {name: recipe_title(recipe) for name, recipe in study["recipes"].items()}
    sections = [_section(name, about, shown, titles) for name, about in declared.items()]
    places = {group["id"] for section in sections for group in section["groups"]}
    labels = method_labels(study)
    first, more = leading(answered, about["findings"])
    script = (TEMPLATES / "report.js").read_text("utf8")
    return environment.get_template("report.html.j2").render(
        study=study,
        replicates=_range(runs["replicates"]),
        labels={
            name: dataset_label(dataset["label"], dataset["source"] == "redraw")
            for name, dataset in study["datasets"].items()
        },
        methods=[
            {"name": name, "label": labels[name], "formula": formulas[name]}
            for name in labels
            if name in set(runs["method"])
        ],
        recipes={name: _stated(study["recipes"][name]) for name in runs["recipe"].unique()},
        datasets=datasets,
        used=list(runs["dataset"].unique()),
        sections=sections,
        in_summary=in_summary,
        answers=first,
        more=more,
        answered=answered,
        ledger=ledger
        and ledger_page.page(
            ledger.claims,
            ledger.effects,
            labels,
            places,
            {name: s["short"] for name, s in about["sources"].items()},
        ),
        scorecard=ledger and scorecard.page(ledger.scorecard, advice),
        scope=about["scope"],
        literature=about["literature"],
        called=about["datasets"],
        glossary=GLOSSARY,
        made=made,
        facts=facts(runs) | ({"taken as published": taken} if taken else {}),
        times=times(runs),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def answers(
    declared: Mapping[str, Experiment], ledger: Ledger | None, items: Sequence[Item]
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

    unbroken = findings_of(declared, tables)
    return [a._replace(findings=[_unbroken(text) for text in a.findings]) for a in unbroken]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["plain"] = _plain
    environment.filters["zip"] = zip
    return environment


def method_labels(study: Mapping[str, Any]) -> dict[str, str]:
    """What each method of a checked config, as plain data, is called in print."""
    return {
        name: method["label"] or name.replace("_", " ") for name, method in study["methods"].items()
    }


def grids(functions: Functions, experiment: str, kind: str, table: pd.DataFrame) -> list[Grid]:
    """A result table as it is shown, numbers rounded to their uncertainty."""
    return [grid for grid in functions(experiment, "GRIDS")[kind](table) if grid.rows]


def _shown_figure(item: Item, declared: Mapping[str, Experiment], folder: Path) -> dict[str, Any]:
    assert item.svg is not None
    figure, table = declared[item.experiment].figures[item.kind], read_csv(item.csv)
    shown = _shown(item, figure, table, folder)
    return shown | {
        "image": quote(item.svg.read_text("utf8"), safe=" =:/;,()'"),
        "alt": alt_text(figure.title, table),
        "drawing": None,
        "turning": turning(table) if figure.interactive and not table.empty else None,
    }


def _shown_table(
    item: Item, declared: Mapping[str, Experiment], functions: Functions, folder: Path
) -> dict[str, Any]:
    table = read_csv(item.csv)
    laid_out = grids(functions, item.experiment, item.kind, table)
    return _shown(item, declared[item.experiment].tables[item.kind], table, folder) | {
        "grids": laid_out,
        "open": sum(len(grid.rows) for grid in laid_out) <= SHORT_TABLE,
    }


def lost(table: pd.DataFrame) -> list[str]:
    """What a caption says of replicates that diverged or failed, where there are any."""
    said = []
    if "diverged" in table and (table["diverged"] > 0).any():
        said.append("Replicates that diverged are left out of means, and counted.")
    if "failed" in table and (table["failed"] > 0).any():
        said.append("Replicates that failed, ending at chance, are in the means, and counted too.")
    return said


def _shown(item: Item, about: Table, table: pd.DataFrame, folder: Path) -> dict[str, Any]:
    return {
        "item": item,
        "id": f"{item.experiment}-{item.dataset}-{item.recipe}-{item.kind}",
        "title": about.title,
        "caption": [*_paragraphs(about.caption), *lost(table)],
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


def summary_items(figures: Sequence[Item], declared: Mapping[str, Experiment]) -> list[Item]:
    """The summary's figures: the first one ``in_summary`` of each experiment, then the second of each.

    Of several about other data or recipes it is the first.
    """
    first: dict[tuple[str, str], Item] = {}
    for item in figures:
        first.setdefault((item.experiment, item.kind), item)
    of_each = [
        [
            first[name, kind]
            for kind, figure in about.figures.items()
            if figure.in_summary and (name, kind) in first
        ]
        for name, about in declared.items()
    ]
    return [item for row in zip_longest(*of_each) for item in row if item]


def _summary_figures(
    shown: Sequence[dict[str, Any]], declared: Mapping[str, Experiment]
) -> list[dict[str, Any]]:
    """The figures of the summary, marked as images that the page holds once and shows twice."""
    by_item = {entry["item"]: entry for entry in shown}
    chosen = [by_item[item] for item in summary_items(list(by_item), declared)]
    for entry in chosen:
        size = size_of(entry["item"].svg.read_text("utf8"))
        entry["drawing"] = Drawing(f"image-{entry['id']}", *size)
    return chosen


def _section(
    name: str, about: Experiment, shown: list[dict[str, Any]], titles: Mapping[str, str]
) -> dict[str, Any]:
    """An experiment with its figures and tables, grouped by dataset and recipe."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in (entry for entry in shown if entry["item"].experiment == name):
        groups.setdefault((entry["item"].dataset, entry["item"].recipe), []).append(entry)
    return {
        "name": name,
        "title": about.title,
        "question": about.question,
        "groups": [
            {
                "id": f"{name}-{dataset}-{recipe}",
                "dataset": dataset,
                "title": titles.get(
                    recipe, f"all {'learning rates' if about.across == 'rates' else 'settings'}"
                ),
                "recipe": recipe,
                "shown": part,
            }
            for (dataset, recipe), part in groups.items()
        ],
    }


def recipe_title(recipe: Mapping[str, Any]) -> str:
    """``learning rate 0.01, 50,000 steps``."""
    reference = recipe["learning_rate_reference_batch"]
    rate = f"learning rate {written_out(recipe['learning_rate'])}"
    if reference:
        rate += f" at batch {reference} and proportional to it"
    (budget,) = (f"{n:,} {unit}" for unit, n in recipe["budget"].items() if n)
    return f"{rate}, {budget}"


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else f"recipe {name}"


def _range(numbers: Iterable[int]) -> str:
    known = sorted(set(numbers))
    return " to ".join(map(str, dict.fromkeys([known[0], known[-1]])))


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _stated(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's settings, those of its network under the network's name."""
    ((network, settings),) = recipe["network"].items()
    return {network: settings} | {k: v for k, v in recipe.items() if k != "network"}


def _plain(value: Any) -> str:
    """A setting as a reader writes it: lists with ×, mappings as words, None as a dash."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(
            f"{_plain(v)} {k.replace('_', ' ')}" for k, v in value.items() if v is not None
        )
    if isinstance(value, list | tuple):
        return " × ".join(_plain(v) for v in value) or "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
