"""The study as checked, where its files lie, and what rules have in common."""

import os
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from bnlab.study import code, rooms
from bnlab.study.config import Run
from bnlab.study.datasets import origin
from bnlab.study.declaration import TIMING
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.names import ALL_RECIPES, PUBLISHED
from bnlab.study.places import ConfigError
from bnlab.study.validation import load

FILES = [Path(file) for file in ["config.yaml", *workflow.overwrite_configfiles]]
# Names that a claim may use though this study has nothing of the kind.
OTHER_STUDIES = sorted(
    [*Path("workflow/studies").glob("*.yaml"), *Path().glob("*.yaml")]
)

try:
    # Each job of a cluster reads this file too; what it is told has been tried out.
    STUDY = load(config, FILES, Path(), try_methods=workflow.is_main_process)
    LEDGER = (
        load_ledger(Path(STUDY.claims), config, tuple(OTHER_STUDIES))
        if STUDY.claims
        else None
    )
except ConfigError as error:
    sys.exit(f"The config of this study cannot be run:\n{error}")

DATA = "results/data"
RESULTS = f"results/{STUDY.study}"
REPORTS = f"reports/{STUDY.study}"

TAKEN = [name for name in STUDY.experiments if name not in STUDY.own()]

FIGURES = STUDY.figures()
TABLES = STUDY.tables()


wildcard_constraints:
    dataset="|".join(STUDY.datasets),
    method="|".join(STUDY.methods),
    batch=r"\d+",
    recipe="|".join([*STUDY.recipes, ALL_RECIPES]),
    key="[0-9a-f]{8}",
    process=r"\d+",
    experiment="|".join(STUDY.experiments),


def library(script, *files):
    """The library files that a script and these files are made of: an edit of one re-runs the rule."""
    found = code.imported([SCRIPTS / f"{script}.py", *files])
    return [os.path.relpath(file) for file in found if file.parent != SCRIPTS]


def room(experiment, module):
    """The file of an experiment's module, if it has it."""
    file = rooms.EXPERIMENTS / experiment / f"{module}.py"
    return [file] if file.is_file() else []


def is_redraw(name):
    return STUDY.datasets[name].source == "redraw"


def raw_of_original(wildcards):
    return f"{DATA}/{STUDY.datasets[wildcards.dataset].of}/raw.npz"


def files_of(dataset):
    """The files that a dataset is read from, as far as they are there and no digest says what is in them."""
    path = Path(getattr(STUDY.datasets[dataset], "path", ""))
    if STUDY.datasets[dataset].sha256 is not None:
        return []
    if path.is_dir() and path != Path():
        return sorted(str(file) for file in path.glob("*-ubyte*"))
    return [str(path)] if path.is_file() else []


def described(dataset, *names):
    """What the config says of a dataset under these names."""
    return STUDY.datasets[dataset].model_dump(include=set(names), exclude_none=True)


def run_of(wildcards):
    return Run(
        wildcards.dataset, wildcards.method, int(wildcards.batch), wildcards.recipe
    )


def network_of(recipe):
    """The class and the settings of a recipe's network."""
    network, settings = STUDY.network(recipe)
    return [network.path, settings]


def own_files(run):
    """Files of the user's that a run consists of."""
    files = [found.file for found in STUDY.classes(run).values()]
    own = [file for file in files if not file.is_relative_to(rooms.LIBRARY)]
    return sorted(os.path.relpath(file) for file in own)


def digests(found):
    """The code of classes, so that an edit of one of them trains its own runs again and no others."""
    return sorted(code.digest(each) for each in found.values())


def check_key(wildcards):
    """Say so where someone asks for a run under settings that are not this study's."""
    run = run_of(wildcards)
    if wildcards.key != STUDY.key(run):
        sys.exit(f"In the study '{STUDY.study}' this run lies in {STUDY.folder(run)}.")
    return run


def timings(experiment):
    """Timing files of an experiment."""
    return [
        f"{RESULTS}/timing/{experiment}/{dataset}/batch{batch}/{recipe}/{process}.parquet"
        for dataset, batch, recipe in STUDY.timed(experiment)
        for process in range(1, STUDY.timed_processes + 1)
    ]


def timed_methods(wildcards):
    """Methods that are timed in one job."""
    w = wildcards
    return STUDY.timed_methods(w.experiment, w.dataset, int(w.batch), w.recipe)


def tidy(experiment):
    """The tidy tables of an experiment: paths by source."""
    gathered = {
        source: [f"{RESULTS}/experiments/{experiment}/{source}.parquet"]
        for source in STUDY.sources(experiment)
    }
    timed = timings(experiment)
    return gathered | ({TIMING: timed} if timed else {})


def compared(experiment):
    """The settings by which an experiment compares its recipes, by recipe."""
    by = STUDY.declared(experiment).by
    settings = {
        run.recipe: STUDY.compared(run.recipe) for run in STUDY.runs(experiment)
    }
    return {recipe: {name: of[name] for name in by} for recipe, of in settings.items()}


def keys_of_tables(experiment):
    """Every table of an experiment, those behind its figures first."""
    return [t for t in [*FIGURES, *TABLES] if t.experiment == experiment]


def declared(key):
    """What is declared of a figure or table."""
    about = STUDY.declared(key.experiment)
    return next(
        item for item in (*about.figures, *about.tables) if item.kind == key.kind
    )


def reads(experiment):
    """The sources of each table of an experiment, by its kind."""
    return {key.kind: declared(key).reads for key in keys_of_tables(experiment)}


def read_by_tables(experiment):
    """The tidy tables that an experiment's tables are made from: paths by source."""
    wanted = {source for sources in reads(experiment).values() for source in sources}
    return {
        source: paths for source, paths in tidy(experiment).items() if source in wanted
    }


def paths(folder, keys, suffix):
    """Files of figures or tables below reports/<study>/."""
    return [f"{REPORTS}/{folder}/{key.path}.{suffix}" for key in keys]


def pieces(experiment):
    """Figures and tables of an experiment; a sentence where the study leaves it out."""
    if experiment not in STUDY.experiments:
        left = ", ".join(STUDY.experiments)

        def left_out(wildcards):
            sys.exit(
                f"The study '{STUDY.study}' leaves out the experiment {experiment} (it has {left})."
            )

        return left_out
    figures = [key for key in FIGURES if key.experiment == experiment]
    tables = [key for key in TABLES if key.experiment == experiment]
    images = [
        path for suffix in ("svg", "png") for path in paths("figures", figures, suffix)
    ]
    return images + paths("tables", tables, "csv")


def caption(key):
    """The caption of a figure or table."""
    file = rooms.EXPERIMENTS / key.experiment / "captions" / f"{key.kind}.rst"
    return os.path.relpath(file)


def reasons(logs):
    """What jobs said that stopped for a reason which a user can do something about, each once."""
    lines = [line for log in logs for line in Path(log).read_text("utf8").splitlines()]
    said = [line.partition(" stopped: ")[2] for line in lines]
    return list(dict.fromkeys(reason for reason in said if reason))
