"""Schema of a study: the checked config as immutable values. ``study.validation`` reads it."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, StringConstraints

from bnlab.study import registry
from bnlab.study.datasets import AnyDataset, Dataset, identity
from bnlab.study.declaration import (
    TIMED_PROCESSES,
    TIMING,
    Experiment,
    RunSet,
    Table,
    probes_of,
)
from bnlab.study.experiments import experiments
from bnlab.study.names import ALL_RECIPES
from bnlab.study.options import form, repeats, widths
from bnlab.study.recipes import Recipe
from bnlab.study.registry import ClassReference
from bnlab.study.section import (
    FROZEN,
    Count,
    Counts,
    Name,
    Names,
    Reference,
    Section,
    Seed,
    Text,
    unique,
)


class OpenML(Section):
    """Server of OpenML and folder of downloads; None leaves both to openml-python."""

    server: Text | None = None
    """Address of the OpenML server; null: https://www.openml.org. BNLAB_OPENML_SERVER comes first."""
    cache: Text | None = None
    """Folder for downloaded data; null: that of openml-python. BNLAB_OPENML_CACHE comes first."""


class Method(Section):
    """A way to normalize: a kernel, a normalizer with its options, and its place in a layer."""

    kernel: Reference = "plain"
    """Parametrization of the kernels: plain, ws, ws_scaled, wn, or `file.py:Class`; default plain."""
    normalizer: Reference | None = None
    """Normalizer of every hidden layer, by name or as `file.py:Class`; null or left out: none."""
    options: dict[str, Any] = {}
    """Arguments of the normalizer, by name; what is left out has the normalizer's own default."""
    place: Literal["before_activation", "after_activation", "before_linear"] = "before_activation"
    """Position of the normalizer in its layer; default before_activation."""
    inputs: Literal["min_max", "standardize", "whiten", "standardize_parts"] | None = None
    """Transformation of the features, fitted to the training rows; null or left out: none."""
    label: Text | None = None
    """Name in figures and tables; left out: the method's key with spaces for underscores."""
    in_words: Text | None = None
    """Name in sentences, such as `batch norm`; left out: the label."""


class RunGroup(Section):
    """A group of runs: one for every combination of its entries."""

    datasets: Names
    """Names of data sets."""
    methods: Names
    """Names of methods."""
    batches: Counts
    """Batch sizes, in rows."""
    recipes: Names
    """Names of recipes; the name of a family stands for all of its members."""


class Runs(Section):
    """Runs that answer the question of an experiment."""

    runs: Annotated[list[RunGroup], Field(min_length=1)]
    """Groups of runs; a run that several groups name is trained once."""
    published: bool = False
    """true: take the results from reports/published and train nothing; default false."""


class Run(NamedTuple):
    """One training job: all replicates of a dataset, method, batch size and recipe."""

    dataset: str
    method: str
    batch: int
    recipe: str

    @property
    def path(self) -> str:
        """Name of the run in logs and paths."""
        return f"{self.dataset}/{self.method}/batch{self.batch}/{self.recipe}"


class Item(NamedTuple):
    """One figure (or one table) of an experiment, about one dataset and recipe."""

    experiment: str
    dataset: str
    recipe: str
    kind: str

    @property
    def path(self) -> str:
        """Path below `reports/<study>/figures/` or `…/tables/`, without a suffix."""
        return "/".join(self)


class Study(Section):
    """A checked config; `methods` include those that its experiments define."""

    study: Name
    """Name of the study, and of its folders below results/ and reports/."""
    title: Text
    """Title of the report."""
    notices: dict[Name, Text] = {}
    """Line above everything else on the page, by the study that it is about; backticks set code. Default none."""
    seed: Seed
    """Seed of the first replicate of every method; replicate i has the same seed in all of them."""
    replicates: Count
    """Number of independent trainings of each run."""
    openml: OpenML = OpenML()
    """Server of OpenML and folder of downloads."""
    frozen_ledger: Annotated[str, StringConstraints(pattern=FROZEN)] | None = None
    """First 12 digits of the digest of the ledger's tests; a ledger with others is refused. Default none."""
    claims: Text | None = None
    """Path of the ledger of claims; null: no verdicts."""
    methods: Annotated[dict[Name, Method], Field(min_length=1)]
    """Methods by name, beside those that experiments define."""
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    """Data sets by name."""
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]
    """Training settings by name; `<setting>` in a name makes one recipe for each value that the setting lists."""
    experiments: Annotated[dict[Name, Runs], Field(min_length=1)]
    """Runs of each experiment, by its name."""

    def declaration(self, experiment: str) -> Experiment:
        """Return the declaration of an experiment."""
        return experiments()[experiment]

    def label(self, method: str) -> str:
        """Return the name of a method in print."""
        return self.methods[method].label or method.replace("_", " ")

    def in_words(self, method: str) -> str:
        """Return the name of a method in sentences."""
        return self.methods[method].in_words or self.label(method)

    def own(self) -> list[str]:
        """Return the experiments that this study trains; the results of others are published ones."""
        return [name for name, about in self.experiments.items() if not about.published]

    # Runs.

    def runs(self, experiment: str) -> list[Run]:
        """Return the runs of an experiment, each once, in the order of the config."""
        return unique(
            Run(self.stand_in(dataset), method, batch, recipe)
            for group in self.experiments[experiment].runs
            for dataset, recipe, method, batch in product(
                group.datasets, group.recipes, group.methods, group.batches
            )
        )

    def all_runs(self) -> list[Run]:
        """Return the runs of all experiments; one that several experiments share appears once."""
        return unique(run for experiment in self.experiments for run in self.runs(experiment))

    def stand_in(self, dataset: str) -> str:
        """Return the name of a data set, or of the one that stands for it where the study lacks it."""
        return dataset if dataset in self.datasets else stand_ins(self.datasets)[dataset]

    def used_datasets(self) -> list[str]:
        """Return the data sets of all runs, each redraw after the data set that it is drawn from."""
        return unique(
            name
            for run in self.all_runs()
            for name in (getattr(self.datasets[run.dataset], "of", run.dataset), run.dataset)
        )

    def settings(self, run: Run) -> dict[str, Any]:
        """Return every setting of a run's recipe that its result depends on, and no other.

        The learning rate is that at the batch size, and the budget is in steps.
        """
        recipe = self.recipes[run.recipe]
        evaluations, schedule = recipe.evaluations, recipe.schedule
        steps = recipe.steps(self.datasets[run.dataset].train_rows, run.batch)
        decays = recipe.weight_decay or {}
        unusual = {
            "evaluation_rows": evaluations.rows,
            "resolution": evaluations.resolution,
            "shuffle": None if recipe.shuffle is True else recipe.shuffle,
            "softmax": None if recipe.softmax == "once" else recipe.softmax,
            "optimizer": recipe.optimizer.named,
            "l2": recipe.l2 or None,
            "dropout": recipe.dropout or None,
            "correlated": recipe.correlated and recipe.correlated.model_dump(),
            "schedule": schedule and schedule.in_steps(steps),
            "scheduled": schedule and schedule.of,
            "weight_decay": decays if any(decays.values()) else None,
            **{name: getattr(recipe, name) for name in ("train", "rates", "fixed_norms")},
        }
        return {name: value for name, value in unusual.items() if value is not None} | {
            "activation": recipe.activation,
            "initializer": recipe.initializer,
            "learning_rate": recipe.rate(run.batch),
            "steps": steps,
            "first_epoch": evaluations.first_epoch,
            "later": evaluations.later,
        }

    def replicates_of(self, run: Run) -> int:
        """Return the number of replicates of a run."""
        return self.recipes[run.recipe].replicates or self.replicates

    def seed_of(self, run: Run) -> int:
        """Return the seed of a run's first replicate."""
        own = self.recipes[run.recipe].seed
        return self.seed if own is None else own

    def method_classes(self, method: str) -> dict[str, ClassReference]:
        """Return the classes of a method: its kernel and, if it has one, its normalizer."""
        names = self.methods[method].model_dump(include={"kernel", "normalizer"}, exclude_none=True)
        return {kind: registry.find(kind, name) for kind, name in names.items()}

    def own_methods(self) -> list[str]:
        """Return the methods with a class in a file of the user's."""
        return [
            method
            for method in self.methods
            if any(not each.is_shipped for each in self.method_classes(method).values())
        ]

    def method_arguments(self, method: str) -> dict[str, Any]:
        """Return the arguments of ``networks.loading.method`` for a method."""
        settings = self.methods[method].model_dump(
            include={"options", "place", "inputs"}, exclude_defaults=True
        )
        classes = {kind: each.path for kind, each in self.method_classes(method).items()}
        return {"normalizer": None, **classes, **settings}

    @cached_property
    def averaging(self) -> frozenset[str]:
        """Methods whose normalizer keeps moving averages."""
        classes = {name: self.method_classes(name).get("normalizer") for name in self.methods}
        return frozenset(
            name
            for name, normalizer in classes.items()
            if normalizer and normalizer.load().keeps_averages(**self.methods[name].options)
        )

    def network(self, recipe: str) -> tuple[ClassReference, Any]:
        """Return the class of a recipe's network, and its settings."""
        ((name, settings),) = self.recipes[recipe].network.items()
        return registry.find("network", name), settings

    def comparison_settings(self, recipe: str) -> dict[str, Any]:
        """Return the settings of a recipe by which experiments compare, each a number or a word.

        ``layers`` are hidden ones and ``units`` those of the widest, ``blocks`` the equal ones among them, 0 without
        any, and ``form`` is ``options.form`` of the network; the others are ``Recipe.compared``.
        """
        settings, (network, sizes) = self.recipes[recipe], self.network(recipe)
        cls = network.load()
        layers = widths(cls, sizes)
        return {
            "network": next(iter(settings.network)),
            "layers": len(layers),
            "units": max(layers, default=0),
            "blocks": sum(repeats(cls, sizes)),
            "form": form(cls, sizes),
            **settings.compared(),
        }

    def classes(self, run: Run) -> dict[str, ClassReference]:
        """Return the classes that a run consists of: kernel, normalizer, network, and each probe by its name."""
        network, _ = self.network(run.recipe)
        probes = {name: registry.find("probe", name) for name in self.recipes[run.recipe].probes}
        return {**self.method_classes(run.method), "network": network, **probes}

    def key(self, run: Run) -> str:
        """Return eight hexadecimal digits that distinguish runs of one name by their settings and data."""
        recipe, method = self.recipes[run.recipe], self.methods[run.method]
        decides = {
            "data": identity(run.dataset, self.datasets),
            "method": method.model_dump(exclude_defaults=True, exclude={"label", "in_words"}),
            "network": recipe.network,
            "settings": self.settings(run),
            "probes": sorted(recipe.probes),
            "replicates": self.replicates_of(run),
            "seed": self.seed_of(run),
        }
        text = json.dumps(decides, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def name(self, run: Run) -> str:
        """Return the path and key of a run, which are equal in all studies that share it."""
        return f"{run.path}-{self.key(run)}"

    def folder(self, run: Run) -> str:
        """Return the folder of a run's results, which all studies with the same run share."""
        return f"results/runs/{self.name(run)}"

    # Figures and tables.

    def figures(self) -> list[Item]:
        """Return every figure that the runs of the study can fill."""
        return [item for name in self.experiments for item in self._items(name, "figures")]

    def tables(self) -> list[Item]:
        """Return every result table that the runs of the study can fill."""
        return [item for name in self.experiments for item in self._items(name, "tables")]

    def _items(self, experiment: str, what: Literal["figures", "tables"]) -> list[Item]:
        tables: dict[str, Table] = getattr(self.declaration(experiment), what)
        return [
            Item(experiment, dataset, recipe, kind)
            for (dataset, recipe), runs in self._run_sets(experiment).items()
            for kind, table in tables.items()
            if self._can_fill(table, runs)
        ]

    def _run_sets(self, experiment: str) -> dict[tuple[str, str], list[Run]]:
        """Return the runs of each figure, by data set and recipe (or ``ALL_RECIPES``)."""
        across = self.declaration(experiment).across
        groups: dict[tuple[str, str], list[Run]] = {}
        for run in self.runs(experiment):
            recipe = ALL_RECIPES if across else run.recipe
            groups.setdefault((run.dataset, recipe), []).append(run)
        return groups

    def _can_fill(self, table: Table, runs: list[Run]) -> bool:
        recording = [run for run in runs if self.records(run.recipe, table.reads)]
        if not recording or (len(recording) < len(runs) and not table.when.some_recipes):
            return False
        methods = frozenset(run.method for run in recording)
        batches = frozenset(run.batch for run in recording)
        return table.when.holds(RunSet(methods, batches, methods & self.averaging))

    def records(self, recipe: str, reads: list[str]) -> bool:
        """Return true where the runs of a recipe leave the files that these tidy sources are read from."""
        return probes_of(reads) <= set(self.recipes[recipe].probes)

    def sources(self, experiment: str) -> dict[str, list[Run]]:
        """Return the tidy sources that an experiment reads, and the runs that record each."""
        declaration, runs = self.declaration(experiment), self.runs(experiment)
        readers = (declaration.figures, declaration.tables, declaration.quantities)
        read = unique(source for kind in readers for each in kind.values() for source in each.reads)
        recorded = {s: [r for r in runs if self.records(r.recipe, [s])] for s in read}
        return {s: recording for s, recording in recorded.items() if recording and s != TIMING}

    def timed(self, experiment: str) -> list[tuple[str, int, str]]:
        """Return the data sets, batch sizes and recipes at which an experiment times its methods in turn."""
        methods = set(self.declaration(experiment).times)
        trained: dict[tuple[str, int, str], set[str]] = {}
        for run in self.runs(experiment):
            trained.setdefault((run.dataset, run.batch, run.recipe), set()).add(run.method)
        return [setting for setting, each in trained.items() if methods and each >= methods]

    @property
    def timed_processes(self) -> int:
        """Number of processes in which methods are timed, the replicates of a timing."""
        return min(TIMED_PROCESSES, self.replicates)

    def timed_methods(self, experiment: str, dataset: str, batch: int, recipe: str) -> list[str]:
        """Return the methods that are timed at a data set, batch size and recipe."""
        setting = (dataset, batch, recipe)
        runs = self.runs(experiment)
        return [run.method for run in runs if (run.dataset, run.batch, run.recipe) == setting]


def stand_ins(datasets: dict[str, AnyDataset]) -> dict[str, str]:
    """Return the names of data sets that stand for others, by the names of those others."""
    return {d.stands_for: name for name, d in reversed(datasets.items()) if d.stands_for}
