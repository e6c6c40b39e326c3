"""Rehearsal of an experiment: its runs for a few steps on made-up rows, then all that it makes of them."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from bnlab.analysis import tidy
from bnlab.analysis.claims import rows_at
from bnlab.analysis.samples import Setting, measure
from bnlab.analysis.statistics import FEWEST
from bnlab.analysis.summaries import dataset_label, published
from bnlab.experiments import function, functions
from bnlab.experiments import quantity as quantity_of
from bnlab.files import read_csv, save_arrays, save_csv, save_json, save_parquet
from bnlab.networks import loading
from bnlab.page import compare, findings, style
from bnlab.page.contents import Item as PageItem
from bnlab.page.experiment_page import grids
from bnlab.study import training
from bnlab.study.config import Run, Study
from bnlab.study.datasets import AnyDataset
from bnlab.study.declaration import EFFECTS, TIMING
from bnlab.study.experiments import EXPERIMENTS, MODULES
from bnlab.study.ledger import Effect
from bnlab.study.names import ALL_RECIPES
from bnlab.training.run import Run as TrainingRun
from bnlab.training.run import train
from bnlab.training.settings import Settings, Split

REPLICATES, STEPS, APART = FEWEST, 12, 3.0
"""Replicates and steps of a run, and the distance of made-up classes in standard deviations."""


@dataclass
class Rehearsal:
    """Results of an experiment on made-up rows.

    Attributes:
        done: number of figures, tables, findings and quantities that were made, by name.
        sentences: printed findings.
        problems: errors, one sentence each.
    """

    done: dict[str, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def attempt(
        self, kind: str, what: str, experiment: str, *tables: pd.DataFrame
    ) -> Iterator[None]:
        """Count what the body makes, or note its error with the line of the experiment's own file."""
        try:
            yield
            self.done[kind] = self.done.get(kind, 0) + 1
        except Exception as error:
            problem = sentence(error, what, experiment, tables)
            if problem not in self.problems:
                self.problems.append(problem)


def sentence(error: Exception, what: str, experiment: str, tables: tuple[pd.DataFrame, ...]) -> str:
    """Return an error with the line of the experiment's own file, and the columns that a missing one is not among."""
    own = str(EXPERIMENTS / experiment)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(own)]
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}: " if frames else ""
    text = f"{place}{what}: {type(error).__name__}: {error}"
    if isinstance(error, KeyError | AttributeError) and tables:
        listed = "; ".join(", ".join(map(str, table.columns)) for table in tables)
        text += f" (the columns that it has: {listed})"
    return text


def rehearse(study: Study, experiment: str, say: Callable[[str], None]) -> Rehearsal:
    """Train each run of an experiment for a few steps on made-up rows, and make its tables, figures and sentences.

    Args:
        study: a checked study that has the experiment.
        experiment: its name.
        say: is told each run.
    """
    result = Rehearsal()
    with tempfile.TemporaryDirectory() as folder:
        sources = _tidy(study, experiment, Path(folder) / "runs", say)
        tables = _tables(study, experiment, sources, Path(folder), result)
        _shown(study, experiment, tables, Path(folder), result)
        _told(study, experiment, tables, result)
        _measured(study, experiment, sources, result)
    return result


def made_up(dataset: AnyDataset, rows: int) -> Split:
    """Return rows of normal features whose classes lie ``APART``, in the shape of a data set."""
    shape, rng = dataset.shape, np.random.default_rng(1)
    centres = rng.normal(0, APART / np.sqrt(shape.features), (shape.classes, shape.features))
    parts: list[np.ndarray] = []
    few = max(20, 4 * shape.classes)
    for count in (rows, few, few):
        y = np.arange(count) % shape.classes
        x = (rng.normal(size=(count, shape.features)) + centres[y]).astype("float32")
        parts += [x.reshape(-1, *shape.image) if shape.image else x, y]
    names = np.array([f"class {number}" for number in range(1, shape.classes + 1)])
    return Split._make([*parts, names])


def _tidy(
    study: Study, experiment: str, folder: Path, say: Callable[[str], None]
) -> dict[str, pd.DataFrame]:
    """Return the tidy tables of an experiment whose runs are trained for a few steps."""
    wanted, datasets = set(study.runs(experiment)), {}
    before, last = None, None
    for job, runs in training.jobs(study, {}).items():
        for run in (run for run in runs if run in wanted):
            if run.dataset not in datasets:
                largest = max(each.batch for each in wanted if each.dataset == run.dataset)
                datasets[run.dataset] = made_up(study.datasets[run.dataset], max(60, 2 * largest))
            before = before if last == job[:2] else None
            say(run.path)
            before = _train(study, run, datasets[run.dataset], folder / run.path, before)
            last = job[:2]
    about = {
        name: {
            "class_names": [str(each) for each in split.class_names],
            "class_counts": {"test": np.bincount(split.y_test).tolist()},
        }
        for name, split in datasets.items()
    }
    by = study.declaration(experiment).by
    recipes = {run.recipe: study.comparison_settings(run.recipe) for run in wanted}
    compared = {recipe: {name: of[name] for name in by} for recipe, of in recipes.items()}
    folders = {
        source: [folder / run.path for run in runs]
        for source, runs in study.sources(experiment).items()
    }
    tables = tidy.gathered(folders, about, compared)
    return tables | ({TIMING: _timing(study, experiment)} if study.timed(experiment) else {})


def _train(
    study: Study, run: Run, split: Split, folder: Path, before: TrainingRun | None
) -> TrainingRun:
    """Train a run for a few steps, and write what tidy tables read of it."""
    order = training.order(study, run, "")
    settings = replace(Settings(**order["settings"]), steps=STEPS, first_epoch=2, later=2)
    trained = TrainingRun(
        split,
        loading.network(*order["network"]),
        loading.method(**study.method_arguments(run.method)),
        settings,
        run.batch,
        order["seed"],
        {name: loading.load(path) for name, path in order["probes"].items()},
        before,
    )
    result = train(trained, REPLICATES)
    save_parquet(folder / "history.parquet", result.history)
    for name, record in result.records.items():
        if isinstance(record, dict):
            save_arrays(folder / f"{name}.npz", record)
        else:
            save_parquet(folder / f"{name}.parquet", record)
    about = {"learning_rate": settings.learning_rate, "diverged_at": result.diverged_at}
    save_json(folder / "run.json", run._asdict() | about)
    return trained


def _timing(study: Study, experiment: str) -> pd.DataFrame:
    """Return made-up times of the methods that an experiment times."""
    rng, rows = np.random.default_rng(2), []
    for dataset, batch, recipe in study.timed(experiment):
        lead = {"dataset": dataset, "batch": batch, "recipe": recipe}
        lead |= study.comparison_settings(recipe)
        rate = study.recipes[recipe].rate(batch)
        for method in study.timed_methods(experiment, dataset, batch, recipe):
            for process in range(1, REPLICATES + 1):
                seconds = rng.uniform(0.5, 0.6)
                own = {"learning_rate": rate, "method": method, "repeat": 0, "process": process}
                rows.append(lead | own | {"seconds_per_1000_steps": seconds})
    return pd.DataFrame(rows)


def _tables(
    study: Study,
    experiment: str,
    sources: Mapping[str, pd.DataFrame],
    folder: Path,
    result: Rehearsal,
) -> dict[PageItem, pd.DataFrame]:
    """Make the published tables, those behind figures too."""
    labels = {name: study.label(name) for name in study.methods}
    tables: dict[PageItem, pd.DataFrame] = {}
    for what, items in (("figure", study.figures()), ("table", study.tables())):
        for item in (each for each in items if each.experiment == experiment):
            if any(item[:4] == known[:4] for known in tables):
                continue
            dataset = study.datasets[item.dataset]
            label = dataset_label(dataset.label, dataset.source == "redraw")
            read = [sources[n] for n in study.declaration(experiment).item(item.kind).reads]
            with result.attempt("tables", f"the table of {what} {item.kind}", experiment, *read):
                make = function(experiment, "TABLES", item.kind)
                table = published(make, read, item.dataset, item.recipe, label, labels)
                path = folder / "tables" / item.dataset / item.recipe / f"{item.kind}.csv"
                save_csv(path, table)
                tables[PageItem(*item, csv=path)] = read_csv(path)
    return tables


def _shown(
    study: Study,
    experiment: str,
    tables: Mapping[PageItem, pd.DataFrame],
    folder: Path,
    result: Rehearsal,
) -> None:
    """Draw each figure, and lay out each result table."""
    about = study.declaration(experiment)
    for item, table in tables.items():
        if item.kind in about.figures:
            with result.attempt("figures", f"figure {item.kind}", experiment, table):
                figure = style.draw(function(experiment, "FIGURES", item.kind), table)
                style.save(figure, folder / "figure.svg", folder / "figure.png")
        if item.kind in about.tables:
            with result.attempt("result tables", f"result table {item.kind}", experiment, table):
                grids(function, experiment, item.kind, table)


def _told(
    study: Study, experiment: str, tables: Mapping[PageItem, pd.DataFrame], result: Rehearsal
) -> None:
    """Print each finding, and make the data of the Compare chart."""
    about = study.declaration(experiment)

    def of_kind(kind: str) -> pd.DataFrame:
        rows = [table for item, table in tables.items() if item.kind == kind]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()

    for finding in about.findings:
        used = finding.decided_by.table
        if used == EFFECTS:
            continue
        with result.attempt("findings", f"finding '{finding.question}'", experiment, of_kind(used)):
            result.sentences += findings.sentences(finding, of_kind)
    if about.compare:
        kinds = [of_kind(each.table) for each in about.compare.values()]
        with result.attempt("questions", "the Compare chart", experiment, *kinds):
            names = {
                run.dataset: study.datasets[run.dataset].label for run in study.runs(experiment)
            }
            methods = {name: (study.label(name), None) for name in study.methods}
            titles = dict.fromkeys([*study.recipes, ALL_RECIPES], "")
            compare.chart({experiment: about}, dict.fromkeys(tables, ""), names, methods, titles)


def _measured(
    study: Study, experiment: str, sources: Mapping[str, pd.DataFrame], result: Rehearsal
) -> None:
    """Measure each quantity of the experiment's own for each method of its first data set."""
    about = study.declaration(experiment)
    for name in functions(experiment, "QUANTITIES"):
        if name not in about.quantities:
            file = f"{experiment}/{MODULES['QUANTITIES']}.py"
            result.problems.append(f"{file} has the quantity {name}, which experiment.yaml lacks")
    own = [name for name in about.quantities if name in functions(experiment, "QUANTITIES")]
    for name in own:
        reads = [sources[each] for each in about.quantities[name].reads if each in sources]
        if len(reads) < len(about.quantities[name].reads):
            continue
        batches = {run.batch for run in _first_runs(study, experiment)}
        if "batches" in about.quantities[name].takes and len(batches) < 2:
            continue
        with result.attempt("quantities", f"quantity {name}", experiment, *reads):
            effect, where = _effect(study, experiment, name)
            here = rows_at(sources, where, effect, study)
            measure(effect, where, study, here, quantity_of(experiment, name))


def _first_runs(study: Study, experiment: str) -> list[Run]:
    """Return the runs of an experiment with the data set and the recipe of its first one."""
    runs = study.runs(experiment)
    first = runs[0]
    return [run for run in runs if (run.dataset, run.recipe) == (first.dataset, first.recipe)]


def _effect(study: Study, experiment: str, name: str) -> tuple[Effect, Setting]:
    """Return a test of a quantity that fits the first runs of an experiment."""
    about = study.declaration(experiment)
    takes = about.quantities[name].takes
    here = _first_runs(study, experiment)
    first, methods = here[0], list(dict.fromkeys(run.method for run in here))[:2]
    alone = about.quantities[name].is_share or len(methods) < 2
    settings = study.comparison_settings(first.recipe)
    given = {
        "recipe": first.recipe,
        "batch": first.batch,
        "batches": list(dict.fromkeys(run.batch for run in here)),
        "level": 0.3,
        "class": 1,
        "layer": 1,
        "phase": "end",
        "epoch": 0.1,
    }
    chosen = {key: value for key, value in given.items() if key in takes}
    by = {key: settings[key] for key in about.by if key in takes}
    effect = Effect.model_validate(
        {
            "experiment": experiment,
            "dataset": first.dataset,
            "quantity": name,
            "region": "made-up rows",
            "compare": methods[0] if alone else f"{methods[1]} - {methods[0]}",
            "rule": {"above": 0.5 if alone else 0},
            **chosen,
            **({"where": by} if by else {}),
        }
    )
    return effect, Setting(first.dataset, effect.recipe or ALL_RECIPES)
