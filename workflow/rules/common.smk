"""The study as checked, where its files lie, and what rules have in common."""

import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from bnlab.config import ALL_RECIPES
from bnlab.layer_source import layer_digest
from bnlab.validation import ConfigError, load, load_ledger

try:
    STUDY = load(
        config,
        [Path(file) for file in ["config.yaml", *workflow.overwrite_configfiles]],
    )
    LEDGER = load_ledger(Path(STUDY.claims), config) if STUDY.claims else None
except ConfigError as error:
    sys.exit(f"The config of this study cannot be run:\n{error}")

DATA = "results/data"
RESULTS = f"results/{STUDY.study}"
REPORTS = f"reports/{STUDY.study}"

FIGURES = STUDY.figures()
TABLES = STUDY.tables()
TIMED = ["base", "bn"]
TABLE_SOURCES = {
    "learning_curves": [
        "metrics",
        "runs",
        "percentiles",
        "classes",
        "roc",
        "confusion",
    ],
    "batch_size": ["metrics", "runs"],
    "learning_rate": ["metrics", "runs"],
    "faults": ["metrics", "runs"],
}
# Initializers that Keras has no name for, in its own notation.
INITIALIZERS = {
    "normal_0.01": {"class_name": "RandomNormal", "config": {"stddev": 0.01}}
}


wildcard_constraints:
    dataset="|".join(STUDY.datasets),
    method="|".join(STUDY.methods),
    batch=r"\d+",
    recipe="|".join([*STUDY.recipes, ALL_RECIPES]),
    experiment="|".join(STUDY.experiments),
    kind=r"[a-z_]+",


def library(*modules):
    """The library files that a rule's result depends on: an edit of one of them re-runs the rule."""
    return [f"workflow/scripts/bnlab/{module}.py" for module in modules]


def of_runs(experiment, file):
    """One of the files that every run of an experiment leaves."""
    return [f"{RESULTS}/runs/{run.path}/{file}" for run in STUDY.runs(experiment)]


def is_redraw(name):
    return STUDY.datasets[name].source == "redraw"


def raw_of_original(wildcards):
    return f"{DATA}/{STUDY.datasets[wildcards.dataset].of}/raw.npz"


def files_of(dataset):
    """The files that a dataset of source `file` is read from, as far as they are there."""
    path = Path(getattr(STUDY.datasets[dataset], "path", ""))
    if path.is_dir() and path != Path():
        return sorted(str(file) for file in path.glob("*-ubyte*"))
    return [str(path)] if path.is_file() else []


def described(dataset, *without):
    """What the config says of a dataset, less what does not matter to a rule."""
    return STUDY.datasets[dataset].model_dump(
        exclude_none=True, exclude={"label", "stands_for", *without}
    )


def settings(dataset, recipe, batch):
    """A recipe worked out: every number that a run's result depends on, and nothing else."""
    recipe = STUDY.recipes[recipe]
    return {
        "hidden": recipe.hidden,
        "activation": recipe.activation,
        "initializer": INITIALIZERS.get(recipe.initializer, recipe.initializer),
        "learning_rate": recipe.rate(batch),
        "steps": recipe.steps(STUDY.datasets[dataset].train_rows, batch),
        "first_epoch": recipe.evaluations.first_epoch,
        "later": recipe.evaluations.later,
        "evaluation_rows": recipe.evaluations.rows,
        "percentiles": "percentiles" in recipe.probes,
    }


def seed(recipe):
    own = STUDY.recipes[recipe].seed
    return STUDY.seed if own is None else own


def layer(wildcards):
    return STUDY.methods[wildcards.method].layer


def data_of_runs(wildcards):
    return [
        f"{DATA}/{run.dataset}/data.json" for run in STUDY.runs(wildcards.experiment)
    ]


def timings(experiment):
    """Timing files behind the tables of an experiment: one for each batch size of a timed recipe."""
    timed = {(t.dataset, t.recipe) for t in TABLES if t.figure == "timing"}
    return sorted(
        {
            f"{RESULTS}/timing/{run.dataset}/batch{run.batch}/{run.recipe}.parquet"
            for run in STUDY.runs(experiment)
            if experiment == "learning_curves" and (run.dataset, run.recipe) in timed
        }
    )


def keys_of_tables(experiment):
    """Every table of an experiment, those behind its figures first."""
    return [t for t in [*FIGURES, *TABLES] if t.experiment == experiment]


def evidence():
    """What claims are judged by: the tidy tables of each experiment, by source."""
    return {
        experiment: {
            source: [f"{RESULTS}/experiments/{experiment}/{source}.parquet"]
            for source in TABLE_SOURCES[experiment]
        }
        | ({"timing": timings(experiment)} if timings(experiment) else {})
        for experiment in STUDY.experiments
    }


def paths(folder, keys, suffix):
    """Files of figures or tables below reports/<study>/."""
    return [f"{REPORTS}/{folder}/{key.path}.{suffix}" for key in keys]


def pieces(experiment):
    """Figures and tables of an experiment; none if the study leaves it out."""
    figures = [key for key in FIGURES if key.experiment == experiment]
    tables = [key for key in TABLES if key.experiment == experiment]
    images = [
        path for suffix in ("svg", "png") for path in paths("figures", figures, suffix)
    ]
    return images + paths("tables", tables, "csv")


def captions():
    """Every caption of the study, of figures and of tables."""
    kinds = sorted({(key.experiment, key.figure) for key in [*FIGURES, *TABLES]})
    return [f"workflow/report/{experiment}/{kind}.rst" for experiment, kind in kinds]


def reasons(logs):
    """What jobs said that stopped for a reason which a user can do something about, each once."""
    lines = [line for log in logs for line in Path(log).read_text("utf8").splitlines()]
    said = [line.partition(" stopped: ")[2] for line in lines]
    return list(dict.fromkeys(reason for reason in said if reason))
