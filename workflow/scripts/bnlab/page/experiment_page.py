"""The page of an experiment: its question, findings, figures and result tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bnlab.files import read_csv, read_text
from bnlab.page.contents import Function, Inputs, Item, relative, unbroken
from bnlab.page.facts import raised
from bnlab.page.grids import Grid
from bnlab.page.layout import Page, experiment_path, render
from bnlab.page.links import Decided
from bnlab.page.settings import differences, recipe_title
from bnlab.page.style import NONE_LEFT
from bnlab.page.surfaces import surfaces
from bnlab.page.vectors import image
from bnlab.page.verdicts import verdict_of
from bnlab.study.declaration import Table
from bnlab.study.names import ALL_RECIPES
from bnlab.study.section import unique

SHORT_TABLE = 14


def experiment_page(name: str, inputs: Inputs, decided: Mapping[str, Sequence[Decided]]) -> str:
    """Return the page of an experiment as HTML. The CSV and SVG files of ``inputs`` must exist.

    Args:
        name: name of the experiment.
        inputs: what all pages are made from.
        decided: the claims that figures and tables decide, by their ids.
    """
    experiment = inputs.experiments[name]
    page = Page(experiment_path(name), experiment.title, ("experiment", "toolbar"))
    figures = [_figure_entry(i, inputs, page) for i in inputs.figures if i.experiment == name]
    tables = [_table_entry(i, inputs, page) for i in inputs.tables if i.experiment == name]
    return render(
        page,
        inputs,
        "experiment.html.j2",
        experiment=experiment,
        raised=raised(_runs_of_methods(name, inputs), inputs.method_labels),
        notes=unique(note for each in [*figures, *tables] for note in each["notes"]),
        findings=[text for a in inputs.answers if a.name == name for text in a.findings],
        groups=_groups(name, inputs, [*figures, *tables]),
        decided=decided,
        neighbours=_neighbours(name, inputs),
        verdict=verdict_of,
    )


def _runs_of_methods(name: str, inputs: Inputs) -> pd.DataFrame:
    """Return the runs of the study with a method that the experiment trains."""
    groups = inputs.study["experiments"][name]["runs"]
    methods = {method for group in groups for method in group["methods"]}
    return inputs.runs[inputs.runs["method"].isin(methods)]


def _neighbours(name: str, inputs: Inputs) -> list[tuple[str, str, str]]:
    """Return direction, file and title of the experiments before and after one, in the order to read."""
    order = inputs.reading_order
    place = order.index(name)
    around = [("Before", order[max(place - 1, 0) : place]), ("Next", order[place + 1 : place + 2])]
    return [
        (words, f"{other}.html", inputs.experiments[other].title)
        for words, names in around
        for other in names
    ]


def _groups(name: str, inputs: Inputs, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return figures and tables by data set and recipe."""
    recipes: Mapping[str, Any] = inputs.study["recipes"]
    across = "learning rates" if inputs.experiments[name].across == "rates" else "settings"
    groups: dict[str, dict[str, Any]] = {}
    for entry in entries:
        item = entry["item"]
        known = recipes.get(item.recipe)
        title = recipe_title(known) if known else f"all {across}"
        about = {
            "id": item.group,
            "title": f"{inputs.dataset_labels[item.dataset]}, {title}",
            "recipe": item.recipe if known else None,
            "entries": [],
        }
        groups.setdefault(item.group, about)["entries"].append(entry)
    by_title: dict[str, list[dict[str, Any]]] = {}
    for group in groups.values():
        if group["recipe"]:
            by_title.setdefault(group["title"], []).append(group)
    for alike in by_title.values():
        words = differences([recipes[group["recipe"]] for group in alike])
        for group, text in zip(alike, words, strict=True):
            group["title"] += text and f", {text}"
    return list(groups.values())


def _figure_entry(item: Item, inputs: Inputs, page: Page) -> dict[str, Any]:
    assert item.svg is not None
    figure, table = inputs.experiments[item.experiment].figures[item.kind], read_csv(item.csv)
    return _entry(item, figure, table, inputs, page) | {
        "image": image(read_text(item.svg)),
        "alt": alt_text(figure.title, table),
        "surfaces": surfaces(table) if figure.interactive and not table.empty else None,
    }


def _table_entry(item: Item, inputs: Inputs, page: Page) -> dict[str, Any]:
    declaration, table = inputs.experiments[item.experiment].tables[item.kind], read_csv(item.csv)
    table_grids = grids(inputs.function, item.experiment, item.kind, table)
    return _entry(item, declaration, table, inputs, page) | {
        "grids": table_grids,
        "open": sum(len(grid.rows) for grid in table_grids) <= SHORT_TABLE,
    }


def _entry(
    item: Item, declaration: Table, table: pd.DataFrame, inputs: Inputs, page: Page
) -> dict[str, Any]:
    return {
        "item": item,
        "title": declaration.title,
        "caption": _paragraphs(declaration.caption),
        "notes": replicate_notes(table),
        "csv": relative(item.csv, inputs.folder / page.path),
    }


def grids(function: Function, experiment: str, kind: str, table: pd.DataFrame) -> list[Grid]:
    """Return the grids of a result table, with numbers rounded to their uncertainty; empty grids are left out."""
    return [grid for grid in function(experiment, "GRIDS", kind)(table) if grid.rows]


def replicate_notes(table: pd.DataFrame) -> list[str]:
    """Return sentences on replicates that diverged or failed, if a table has any."""
    notes = []
    if "diverged" in table and (table["diverged"] > 0).any():
        notes.append(
            "Replicates that diverged count as ones that guess in accuracies and losses. "
            "They are left out of what probes measure."
        )
    if "failed" in table and (table["failed"] > 0).any():
        notes.append("Replicates that failed, ending at chance, are in the means, and counted too.")
    return notes


def _paragraphs(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return [unbroken(part) for part in parts if part]


def alt_text(title: str, table: pd.DataFrame) -> str:
    """Return the text for readers who do not see a figure: its title, data set and recipe."""
    if table.empty:
        return f"{title}: {NONE_LEFT}."
    return f"{title}, {table['dataset_label'].iloc[0]}, {_recipe(table['recipe'].iloc[0])}."


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else f"recipe {name}"
