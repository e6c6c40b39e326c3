"""The report of a study: one HTML file with every figure, every table and how they were made.

Everything is in the page: figures inline, one small script that filters the ledger of claims, nothing
to be fetched. Text from configs and data is escaped by the template, and the page lets no other script
run.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from bnlab import faults as mistakes
from bnlab import ledger_page
from bnlab.config import ALL_RECIPES
from bnlab.coverage import coverage_rows
from bnlab.figures import FIGURES, NONE_LEFT
from bnlab.files import read_csv
from bnlab.statistics import rounded
from bnlab.tables import shown_label

TEMPLATES = Path(__file__).parent / "templates"
SHORT_TABLE = 14
TELLING = (
    ("learning_curves", "accuracy"),
    ("batch_size", "all_methods"),
    ("learning_rate", "heat_map"),
    ("faults", "faults"),
    ("learning_curves", "drift"),
)
"""The figures of the summary: of each of these, the first one that the study has."""


class Item(NamedTuple):
    """A figure or a table of the study: which it is, its CSV and, for a figure, its SVG."""

    experiment: str
    dataset: str
    recipe: str
    kind: str
    csv: Path
    svg: Path | None = None


class Ledger(NamedTuple):
    """The verdicts of a study: claims.csv and effects.csv."""

    claims: pd.DataFrame
    effects: pd.DataFrame


class Drawing(NamedTuple):
    """An image that the page shows twice and holds once: its id and its size."""

    id: str
    width: float
    height: float


class Grid(NamedTuple):
    """A table as shown: a heading (or none), column titles, and rows of text, the first cell naming
    the row.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]


def render(
    study: Mapping[str, Any],
    figures: Sequence[Item],
    tables: Sequence[Item],
    datasets: Mapping[str, Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
    captions: Mapping[tuple[str, str], str],
    formulas: Mapping[str, str],
    folder: Path,
    coverage: pd.DataFrame,
    coverage_caption: str,
    ledger: Ledger | None = None,
) -> str:
    """The page as HTML.

    Args:
        study: the checked config as plain data.
        figures: every figure, in the order in which they are shown.
        tables: every result table, likewise.
        datasets: what data.json says, by name of dataset.
        runs: what run.json says, for each run.
        captions: text by experiment and kind, blank lines between paragraphs.
        formulas: one sentence on each Keras layer class, by its name.
        folder: where the page will lie; links to CSV files are relative to it.
        coverage: how often intervals contain the truth, as ``coverage.simulate`` returns it.
        coverage_caption: text on it, blank lines between paragraphs.
        ledger: the verdicts, if the study has any.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["plain"] = _plain
    shown = [_shown_figure(item, captions, folder) for item in figures]
    telling = _telling(shown)
    shown += [_shown_table(item, captions, folder) for item in tables]
    sections = [_section(name, study, shown) for name in study["experiments"]]
    places = {group["id"] for section in sections for group in section["groups"]}
    method_labels = {name: method["label"] for name, method in study["methods"].items()}
    titles, *rows = coverage_rows(coverage)
    script = (TEMPLATES / "report.js").read_text("utf8")
    return environment.get_template("report.html.j2").render(
        study=study,
        labels={
            name: shown_label(dataset["label"], dataset["source"] == "redraw")
            for name, dataset in study["datasets"].items()
        },
        methods=_methods(study, runs, formulas),
        recipes={name: study["recipes"][name] for name in _used(runs, "recipe")},
        datasets=datasets,
        sections=sections,
        telling=telling,
        ledger=ledger and ledger_page.page(*ledger, method_labels, places),
        coverage=Grid("", titles, rows),
        coverage_caption=_paragraphs(coverage_caption),
        facts=_facts(runs),
        times=_times(runs),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def record(
    study: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What study.json says: the config as checked, seeds, digests of the data, versions, machines.

    Values that differ between runs are all listed.
    """
    return {
        "config": study,
        "seeds": sorted({run["seed"] for run in runs}),
        "data": {
            name: {key: data[key] for key in ("source", "is_redraw", "shape", "split", "digest")}
            for name, data in datasets.items()
        },
        "runs": len(runs),
        "replicates": sum(run["replicates"] for run in runs),
        "diverged": _diverged(runs),
        **{
            key: list({str(run[key]): run[key] for run in runs}.values())
            for key in ("device", "versions", "hardware")
        },
    }


def formulas(layers: str) -> dict[str, str]:
    """The first paragraph of each class' docstring in the source text of ``layers.py``."""
    classes = [node for node in ast.parse(layers).body if isinstance(node, ast.ClassDef)]
    documented = {node.name: ast.get_docstring(node) or "" for node in classes}
    return {name: " ".join(text.split("\n\n")[0].split()) for name, text in documented.items()}


def grids(experiment: str, kind: str, table: pd.DataFrame) -> list[Grid]:
    """A result table as it is shown, numbers rounded to their uncertainty; a kind without its own
    form, as it is.
    """
    present = GRIDS.get((experiment, kind), _as_it_is)
    return [grid for grid in present(table) if grid.rows]


def _final(table: pd.DataFrame) -> list[Grid]:
    """For each batch size a row per split and metric; a column per method and per difference."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods = _labels(part)
        compared = [name for name in methods if (_of(part, name)["pairs"] > 0).any()]
        cells = {(r.split, r.metric, r.method_label): r for r in _rows(part)}
        rows = []
        for split, metric in _pairs(part):
            values = [_cell(cells[split, metric, m], with_diverged=False) for m in methods]
            differences = [_difference(cells[split, metric, m]) for m in compared]
            rows.append([f"{split} {_unit(metric)}", *values, *differences])
        counts = [_of(part, name).iloc[0] for name in methods]
        diverged = [f"{row['diverged']} of {row['replicates']}" for row in counts]
        rows.append(["diverged", *diverged, *([""] * len(compared))])
        columns = ["", *methods, *(f"{name} less {_reference(part)}" for name in compared)]
        shown.append(Grid(f"batch {batch}" if table["batch"].nunique() > 1 else "", columns, rows))
    return shown


def _steps(table: pd.DataFrame) -> list[Grid]:
    """A row per split and accuracy; per method the median step and how many got there, then the
    ratios to base.
    """
    methods = _labels(table)
    compared = [name for name in methods if (_of(table, name)["pairs"] > 0).any()]
    columns = ["first step at", *methods, *(f"{name} / {_reference(table)}" for name in compared)]
    grid = []
    for (batch, split, level), group in table.groupby(["batch", "split", "level"], sort=True):
        by_label = {r.method_label: r for r in _rows(group)}
        name = f"{float(str(level)) * 100:g} % {split} accuracy"
        cells = [_median(by_label[m]) if m in by_label else "" for m in methods]
        ratios = [_ratio(by_label[m]) if m in by_label else "" for m in compared]
        several = table["batch"].nunique() > 1
        grid.append([f"{name}, batch {batch}" if several else name, *cells, *ratios])
    return [Grid("", columns, grid)]


def _classes(table: pd.DataFrame) -> list[Grid]:
    """For AUC and for average precision, a row per class: its rows, each method, each difference
    from base.
    """
    shown = []
    for (batch, metric), part in table.groupby(["batch", "metric"], sort=False):
        methods = _labels(part)
        compared = [name for name in methods if (_of(part, name)["pairs"] > 0).any()]
        several = table["batch"].nunique() > 1
        title = SCORES[str(metric)] + (f", batch {batch}" if several else "")
        columns = [
            "class",
            "test rows",
            *methods,
            *(f"{m} less {_reference(table)}" for m in compared),
        ]
        rows = []
        for (_, name, count), group in part.groupby(["class", "class_name", "count"], sort=False):
            by_label = {r.method_label: r for r in _rows(group)}
            cells = [_cell(by_label[m]) for m in methods]
            rows.append(
                [str(name), f"{count:,}", *cells, *(_difference(by_label[m]) for m in compared)]
            )
        shown.append(Grid(title, columns, rows))
    return shown


def _timing(table: pd.DataFrame) -> list[Grid]:
    columns = ["method", "batch", "seconds per 1,000 steps", "repeats"]
    columns += [f"ratio to {_reference(table)}"]
    rows = [
        [
            r.method_label,
            f"{r.batch}",
            rounded(r.mean, (r.high - r.low) / 2),
            str(r.repeats),
            _ratio(r),
        ]
        for r in _rows(table)
    ]
    return [Grid("", columns, rows)]


def _by_batch(table: pd.DataFrame) -> list[Grid]:
    """A grid for test accuracy and one for validation loss: a row per batch size, a column per
    method.
    """
    curves = [("test", "accuracy"), ("validation", "loss")]
    return [
        _cross(_part(table, split, metric), f"{split} {_unit(metric)}".capitalize(), _cell)
        for split, metric in curves
    ]


def _differences(table: pd.DataFrame) -> list[Grid]:
    return [
        _cross(
            part,
            f"{split} {_unit(metric)} less that of {reference}".capitalize(),
            lambda row: f"{_difference(row)}{_missing_pairs(row)}",
        )
        for (reference, split, metric), part in table.groupby(
            ["reference", "split", "metric"], sort=False
        )
    ]


def _inference(table: pd.DataFrame) -> list[Grid]:
    kinds = table["method_label"] + ", " + table["statistics"].astype(str)
    return _by_batch(table.assign(method_label=kinds))


def _stability(table: pd.DataFrame) -> list[Grid]:
    columns = ["method", "batch sizes", "best less worst (points)", "points per doubling"]
    columns += ["best at", "worst at", "diverged"]
    rows = [
        [
            r.method_label,
            f"{r.smallest_batch} to {r.largest_batch}",
            rounded(r.range * 100, (r.range_high - r.range_low) * 50),
            rounded(r.slope * 100, (r.slope_high - r.slope_low) * 50),
            _count(r.best_batch),
            _count(r.worst_batch),
            f"{r.diverged} of {r.replicates}",
        ]
        for r in _rows(table)
    ]
    return [Grid("", columns, rows)]


def _rates(table: pd.DataFrame) -> list[Grid]:
    """A row per learning rate, a column per method; where replicates diverged, how many and the p of
    the comparison with base.
    """
    shown = []
    for batch, part in table.groupby("batch"):
        methods = _labels(part)
        rows = []
        for rate, group in part.groupby("learning_rate"):
            by_label = {r.method_label: _at_rate(r) for r in _rows(group)}
            rows.append([f"{rate:g}", *(by_label.get(name, "") for name in methods)])
        heading = "Test accuracy (%)" + _of_batch(table, batch)
        shown.append(Grid(heading, ["learning rate", *methods], rows))
    return shown


def _at_rate(row: Any) -> str:
    gone = f"{row.diverged} diverged" if row.diverged else ""
    compared = np.isfinite(row.divergence_p) and row.divergence_p < 1
    p = f"p = {row.divergence_p:.2g}" if compared else ""
    notes = ", ".join(filter(None, ["chosen" if row.chosen else "", gone, p]))
    text = rounded(row.mean * 100, (row.high - row.low) * 50)
    return f"{text} ({notes})" if notes else text


def _best_rates(table: pd.DataFrame) -> list[Grid]:
    """A row per method: its chosen rate, its accuracy there, and what that is less base's and bn's."""
    shown = []
    for batch, part in table.groupby("batch"):
        references = [name for name in ("base", "bn") if (part[f"{name}_pairs"] > 0).any()]
        labels = {r.method: r.method_label for r in _rows(part)}
        columns = ["method", "chosen rate", "test accuracy"]
        columns += [f"less {labels[name]} (points)" for name in references]
        rows = [
            [
                r.method_label,
                f"{r.learning_rate:g}",
                _percent(r),
                *(_less(r, name) for name in references),
                str(r.tried),
            ]
            for r in _rows(part)
        ]
        shown.append(Grid(_of_batch(table, batch, "batch"), [*columns, "rates tried"], rows))
    return shown


def _less(row: Any, reference: str) -> str:
    values, name = row._asdict(), f"less_{reference}"
    half = (values[f"{name}_high"] - values[f"{name}_low"]) / 2
    text = _signed(rounded(values[name] * 100, half * 100))
    pairs = values[f"{reference}_pairs"]
    return text if pairs in (0, row.replicates) else f"{text}, {pairs} of {row.replicates} pairs"


def _of_batch(table: pd.DataFrame, batch: Any, before: str = ", batch") -> str:
    return f"{before} {batch}" if table["batch"].nunique() > 1 else ""


def _compatibility(table: pd.DataFrame) -> list[Grid]:
    """A row a mistake, in the order of their codes: what it does, how it began, where it was, the verdict."""
    columns = ["mistake", "what it does", "train accuracy in epoch 3 (%)", "test accuracy (%)"]
    columns += ["at epoch", "verdict"]
    ordered = sorted(_rows(table), key=lambda row: mistakes.place(row.code))
    rows = [
        [
            mistakes.title(r) if np.isfinite(r.epoch) else r.code,
            r.does,
            rounded(r.early * 100, (r.early_high - r.early_low) * 50),
            _quoted(r),
            _count(r.epoch),
            mistakes.verdict(r),
        ]
        for r in ordered
    ]
    return [Grid("", columns, rows)]


def _quoted(row: Any) -> str:
    if not np.isfinite(row.epoch):
        return "–"
    accuracy = rounded(row.mean * 100, (row.high - row.low) * 50)
    notes = [] if row.quoted == "test" else [f"{row.quoted} accuracy"]
    notes += [f"{row.diverged:.0f} of {row.replicates:.0f} diverged"] if row.diverged else []
    return f"{accuracy} ({', '.join(notes)})" if notes else accuracy


def _as_it_is(table: pd.DataFrame) -> list[Grid]:
    return [Grid("", [str(c) for c in table], [[str(v) for v in row] for row in table.to_numpy()])]


GRIDS: dict[tuple[str, str], Callable[[pd.DataFrame], list[Grid]]] = {
    ("learning_curves", "final"): _final,
    ("learning_curves", "steps_to_accuracy"): _steps,
    ("learning_curves", "classes"): _classes,
    ("learning_curves", "timing"): _timing,
    ("batch_size", "final"): _by_batch,
    ("batch_size", "differences"): _differences,
    ("batch_size", "inference"): _inference,
    ("batch_size", "stability"): _stability,
    ("learning_rate", "best_rates"): _best_rates,
    ("learning_rate", "rates"): _rates,
    ("faults", "compatibility"): _compatibility,
}

SCORES = {"auc": "Area under the ROC curve", "average_precision": "Average precision"}

TITLES = {
    "final": "Final accuracy and loss",
    "steps_to_accuracy": "Steps to an accuracy",
    "classes": "Quality class by class",
    "timing": "Time for 1,000 steps",
    "differences": "Paired differences",
    "inference": "Inference statistics",
    "stability": "Dependence on the batch size",
    "best_rates": "Each method at its best learning rate",
    "rates": "Every learning rate",
    "compatibility": "Which mistakes are compatible",
}


def _shown_figure(
    item: Item, captions: Mapping[tuple[str, str], str], folder: Path
) -> dict[str, Any]:
    assert item.svg is not None
    title = FIGURES[item.experiment, item.kind].title
    table = read_csv(item.csv)
    return _shown(item, title, captions, folder) | {
        "image": base64.b64encode(item.svg.read_bytes()).decode(),
        "alt": alt_text(title, item.kind, table),
        "drawing": None,
    }


def _shown_table(
    item: Item, captions: Mapping[tuple[str, str], str], folder: Path
) -> dict[str, Any]:
    shown = grids(item.experiment, item.kind, read_csv(item.csv))
    title = TITLES.get(item.kind, item.kind.replace("_", " ").capitalize())
    return _shown(item, title, captions, folder) | {
        "grids": shown,
        "open": sum(len(grid.rows) for grid in shown) <= SHORT_TABLE,
    }


def _shown(
    item: Item, title: str, captions: Mapping[tuple[str, str], str], folder: Path
) -> dict[str, Any]:
    caption = captions.get((item.experiment, item.kind), "")
    return {
        "item": item,
        "id": f"{item.experiment}-{item.dataset}-{item.recipe}-{item.kind}",
        "title": title,
        "caption": _paragraphs(caption),
        "csv": _relative(item.csv, folder),
    }


def _paragraphs(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return [part.replace(" %", "\N{NO-BREAK SPACE}%") for part in parts if part]


def alt_text(title: str, kind: str, table: pd.DataFrame) -> str:
    """What a figure shows in words: its title, data and, where a few numbers say it, those."""
    if table.empty:
        return f"{title}: {NONE_LEFT}."
    text = f"{title}, {table['dataset_label'].iloc[0]}, {_recipe(table['recipe'].iloc[0])}."
    if kind == "accuracy":
        return f"{text} {_ends(table)}"
    if kind == "drift":
        return f"{text} {_drifts(table)}"
    if kind == "heat_map":
        best = [
            f"{r.method_label} {_percent(r)} at {r.learning_rate:g}"
            for r in _rows(table[table["chosen"]])
        ]
        return f"{text} Test accuracy at the chosen rate: {', '.join(best)}."
    if kind == "rate_range":
        widths = [f"{r.method_label} {f'{r.mean:.2g}' if r.n else NONE_LEFT}" for r in _rows(table)]
        return f"{text} Decades of good learning rates: {', '.join(widths)}."
    if kind == "faults":
        runs = table[table["code"] != mistakes.NO_CODE].drop_duplicates(mistakes.RUN)
        said = [f"{mistakes.title(r)} {mistakes.verdict(r)}" for r in _rows(runs)]
        return f"{text} Verdicts: {'; '.join(said)}."
    if {"split", "metric"} <= set(table.columns):
        test = _part(table, "test", "accuracy")
        names = ["method_label", "statistics"] if "statistics" in table else ["method_label"]
        curves = [
            f"{' '.join(map(str, key))} {_percent(first)} at {first.batch}, "
            f"{_percent(last)} at {last.batch}"
            for key, curve in test.groupby(names, sort=False)
            for first, *_, last in [[*_rows(curve), *_rows(curve)]]
        ]
        return f"{text} Test accuracy at the smallest and largest batch: {'; '.join(curves)}."
    return text


def _ends(table: pd.DataFrame) -> str:
    last = _of_split(table, "test").groupby("method_label", sort=False).tail(1)
    ends = [f"{r.method_label} {_percent(r)}" for r in _rows(last)]
    return f"Final test accuracy: {', '.join(ends)}."


def _drifts(table: pd.DataFrame) -> str:
    first = table[table["quantity"] == "activation"].drop_duplicates("method_label")
    means = [f"{r.method_label} {f'{r.average:.2g}' if r.n else NONE_LEFT}" for r in _rows(first)]
    return f"Mean drift of activations: {', '.join(means)}."


def _extremes(table: pd.DataFrame) -> str:
    """The best and the worst method at the smallest and at the largest batch."""
    test = _part(table, "test", "accuracy").dropna(subset="mean")
    said = []
    for batch in sorted({test["batch"].min(), test["batch"].max()}):
        best, *_, worst = [
            f"{r.method_label} {_percent(r)}"
            for r in _rows(test[test["batch"] == batch].sort_values("mean", ascending=False))
        ] * 2
        said.append(f"at batch {batch} {best} to {worst}")
    return f"Test accuracy from the best method to the worst: {'; '.join(said)}."


SAID: dict[str, Callable[[pd.DataFrame], str]] = {
    "accuracy": _ends,
    "drift": _drifts,
    "all_methods": _extremes,
}
"""What the summary says of a figure in numbers, by its kind."""


def _telling(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures of the summary, marked as images that the page holds once and shows twice."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in shown:
        first.setdefault((entry["item"].experiment, entry["item"].kind), entry)
    chosen = [first[key] for key in TELLING if key in first]
    for entry in chosen:
        item, table = entry["item"], read_csv(entry["item"].csv)
        say = SAID.get(item.kind)
        if table.empty:
            entry["said"] = f"{NONE_LEFT.capitalize()}."
        else:
            entry["said"] = say(table) if say else " ".join(entry["caption"][-1:])
        entry["drawing"] = Drawing(f"image-{entry['id']}", *_size(item.svg.read_text("utf8")))
    return chosen


def _size(svg: str) -> tuple[float, float]:
    """Width and height of an SVG by its viewBox."""
    box = re.search(r'<svg[^>]*viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', svg)
    assert box
    return float(box[1]), float(box[2])


def _section(name: str, study: Mapping[str, Any], shown: list[dict[str, Any]]) -> dict[str, Any]:
    """An experiment with its figures and tables, grouped by dataset and recipe."""
    of_experiment = [entry for entry in shown if entry["item"].experiment == name]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in of_experiment:
        groups.setdefault((entry["item"].dataset, entry["item"].recipe), []).append(entry)
    return {
        "name": name,
        "title": study["experiments"][name]["title"],
        "question": study["experiments"][name]["question"],
        "groups": [
            {
                "id": f"{name}-{dataset}-{recipe}",
                "dataset": dataset,
                "recipe": _recipe(recipe),
                "shown": part,
            }
            for (dataset, recipe), part in groups.items()
        ],
    }


def _recipe(name: str) -> str:
    return "all recipes" if name == ALL_RECIPES else f"recipe {name}"


def _methods(
    study: Mapping[str, Any], runs: Iterable[Mapping[str, Any]], formulas: Mapping[str, str]
) -> list[dict[str, str]]:
    used = set(_used(runs, "method"))
    return [
        {"name": name, "label": method["label"], "formula": formulas.get(method["layer"], "")}
        for name, method in study["methods"].items()
        if name in used
    ]


def _facts(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Machine, versions and counts, each with every value that occurs."""
    diverged = _diverged(runs)
    replicates = sum(run["replicates"] for run in runs)
    facts = {
        "runs": f"{len(runs):,} (each a dataset, method, batch size and recipe)",
        "replicates trained": f"{replicates:,}, of which {diverged:,} diverged",
        "device": _values(run["device"] for run in runs),
    }
    for part in ("hardware", "versions"):
        for name in dict.fromkeys(name for run in runs for name in run[part]):
            facts[name.replace("_", " ")] = _values(run[part].get(name) for run in runs)
    peak = max(run["peak_memory_mb"] for run in runs)
    return facts | {"peak memory of a job": f"{peak:,.0f} MB"}


def _diverged(runs: Iterable[Mapping[str, Any]]) -> int:
    return sum(step is not None for run in runs for step in run["diverged_at"])


def _times(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    parts = dict.fromkeys(name for run in runs for name in run["seconds"])
    sums = {name: sum(run["seconds"].get(name, 0.0) for run in runs) for name in parts}
    return [
        (name, _duration(value)) for name, value in (sums | {"total": sum(sums.values())}).items()
    ]


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _values(values: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(map(str, values)))


def _used(runs: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return list(dict.fromkeys(run[key] for run in runs))


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


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


def _cross(table: pd.DataFrame, title: str, cell: Callable[[Any], str]) -> Grid:
    methods = _labels(table)
    rows = []
    for batch, group in table.sort_values("batch", kind="stable").groupby("batch"):
        by_label: dict[str, Any] = {r.method_label: r for r in _rows(group)}
        rows.append([f"{batch}", *(cell(by_label[m]) if m in by_label else "" for m in methods)])
    return Grid(title, ["batch", *methods], rows)


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    return table.itertuples()


def _part(table: pd.DataFrame, split: str, metric: str) -> pd.DataFrame:
    return table[(table["split"] == split) & (table["metric"] == metric)]


def _of_split(table: pd.DataFrame, split: str) -> pd.DataFrame:
    return table[table["split"] == split]


def _of(table: pd.DataFrame, label: str) -> pd.DataFrame:
    return table[table["method_label"] == label]


def _labels(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["method_label"]))


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(table["split"], table["metric"], strict=True)))


def _reference(table: pd.DataFrame) -> str:
    labels = table.loc[table["method"] == "base", "method_label"]
    return str(labels.iloc[0]) if len(labels) else "base"


def _unit(metric: Any) -> str:
    return f"{metric} (%)" if metric == "accuracy" else metric


def _scale(row: Any) -> float:
    return 100.0 if row.metric == "accuracy" else 1.0


def _cell(row: Any, with_diverged: bool = True) -> str:
    scale = _scale(row)
    if row.replicates and row.diverged == row.replicates:
        return "all diverged"
    text = rounded(row.mean * scale, (row.high - row.low) / 2 * scale)
    return f"{text} ({row.diverged} diverged)" if with_diverged and row.diverged else text


def _percent(row: Any) -> str:
    if row.replicates and row.diverged == row.replicates:
        return "all diverged"
    accuracy = rounded(row.mean * 100, (row.high - row.low) * 50)
    return f"{accuracy} %" + (f" ({row.diverged} diverged)" if row.diverged else "")


def _difference(row: Any) -> str:
    scale = _scale(row)
    half = (row.difference_high - row.difference_low) / 2
    return _signed(rounded(row.difference * scale, half * scale))


def _signed(text: str) -> str:
    return text.replace("-", "−", 1) if text.startswith(("-", "–")) else f"+{text}"


def _ratio(row: Any) -> str:
    if not row.pairs:
        return "–"
    half = (row.ratio_high - row.ratio_low) / 2
    places = 2 if not np.isfinite(half) or half == 0 else max(0, 1 - int(np.floor(np.log10(half))))
    text = f"{row.ratio:.{places}f}"
    if np.isfinite(half):
        text += f" ({row.ratio_low:.{places}f} to {row.ratio_high:.{places}f})"
    return f"{text}{_missing_pairs(row)}"


def _missing_pairs(row: Any) -> str:
    total = getattr(row, "replicates", row.pairs)
    return "" if row.pairs == total else f", {row.pairs} of {total} pairs"


def _median(row: Any) -> str:
    median = f"{row.median:,.0f}" if np.isfinite(row.median) else f"> {row.steps:,}"
    reached = f"{row.reached} of {row.replicates} reached"
    return (
        f"{median} ({reached}, {row.diverged} diverged)"
        if row.diverged
        else f"{median} ({reached})"
    )


def _count(value: float) -> str:
    return f"{value:.0f}" if np.isfinite(value) else "–"
