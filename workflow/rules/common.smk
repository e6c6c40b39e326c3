"""The checked study, the folders of its files, and functions that rules share."""

import gc
import inspect
import os
import re
import signal
import sys
from base64 import encodebytes
from pathlib import Path

# Collections of garbage would go through Snakemake's modules again and again, a fifth of the time with nothing to do.
gc.freeze()
gc.set_threshold(50_000, 20, 20)

# Shipped files lie beside the workflow, also where another workflow imports it as a module.
RULES = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
ROOT = RULES.parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from snakemake.logging import logger

from bnlab.data.from_parquet import parts_of
from bnlab.data.tables import no_file
from bnlab.data.shapes import inferred, with_shapes
from bnlab.data.validation import data_problems
from bnlab.experiments import module_file
from bnlab.files import read_json
from bnlab.imports import lead_in_jobs
from bnlab.machine import memory_mb
from bnlab.study import code, families, outputs, training
from bnlab.study.config import Run
from bnlab.study.datasets import origin
from bnlab.study.experiments import EXPERIMENTS, experiments
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.locations import ConfigError, Problem, lines_of, read_locations
from bnlab.study.names import ALL_RECIPES, CONFIRMATION, PUBLISHED
from bnlab.study.overlays import all_overlays, given_problems
from bnlab.study.group_validation import group_problems
from bnlab.study.own_methods import own_method_problems
from bnlab.study.publications import earlier, ledger_of, of_other_ledgers
from bnlab.study.published_validation import published_problems
from bnlab.study.validation import load
from bnlab.training import memory

lead_in_jobs(SCRIPTS)
if workflow.is_main_process and not workflow.modifier.skip_configfile:
    # Until the first job there is nothing to say; then it is progress.smk that answers.
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))


def shipped(path):
    """Return a file of the working directory, else the shipped file of this name."""
    return path if Path(path).exists() else os.path.relpath(ROOT / path)


CONFIG = shipped("config.yaml")


configfile: CONFIG


# A module that is given its config reads no config file.
BASE = [] if workflow.modifier.skip_configfile else [CONFIG]
FILES = [Path(file) for file in [*BASE, *workflow.overwrite_configfiles]]

# The profile's limit of memory; without one that of this machine, unless a cluster's nodes run the jobs.
LIMITS = workflow.global_resources
if "mem_mb" in LIMITS:
    MOST_MB, LIMITED_BY = LIMITS["mem_mb"].value, "`--resources mem_mb`"
elif LIMITS["_nodes"].value is None:
    MOST_MB, LIMITED_BY = memory_mb(), "this machine"
else:
    MOST_MB, LIMITED_BY = float("inf"), "a cluster"

CHECKS = (
    lambda study: given_problems(config, FILES) if BASE else (),
    lambda study: data_problems(study, Path()),
    lambda study: published_problems(
        study, earlier(Path(shipped(PUBLISHED)), study.study)
    ),
    own_method_problems,
    group_problems,
    lambda study: memory.problems(study, MOST_MB, LIMITED_BY),
)

try:
    # Each job reads this file too; data and methods are checked once, by the main process.
    STUDY = load(
        config,
        FILES,
        *(CHECKS if workflow.is_main_process else ()),
        with_shapes=lambda config: with_shapes(config, Path()),
    )
    LEDGER = (
        load_ledger(Path(shipped(STUDY.claims)), config, tuple(all_overlays()))
        if STUDY.claims
        else None
    )
except ConfigError as error:
    sys.exit(f"The config of this study cannot be run:\n{error}")

if workflow.is_main_process:
    for line in inferred(config, STUDY.datasets):
        logger.info(line)

DATA = "results/data"
RESULTS = f"results/{STUDY.study}"
REPORTS = f"reports/{STUDY.study}"
LOGS = f"logs/{STUDY.study}"

EARLIER = earlier(Path(shipped(PUBLISHED)), STUDY.study).as_posix()
TAKEN = [name for name in STUDY.experiments if name not in STUDY.own()]

JOBS = training.jobs(STUDY, families.of_recipes(config["recipes"]))
JOB_OF = {run: job for job, runs in JOBS.items() for run in runs}
# The fresh seeds of the published study, if there are any; they are no confirmation of themselves.
FRESH = [
    folder
    for folder in [f"{EARLIER}/{CONFIRMATION}"]
    if STUDY.study != CONFIRMATION and Path(folder).is_dir()
]

# Published studies of other ledgers, which the page of a study of the published ledger points to.
BESIDE = [
    folder.as_posix()
    for folder in of_other_ledgers(Path(EARLIER))
    if STUDY.study not in STUDY.notices and STUDY.claims == ledger_of(Path(EARLIER))
]

FIGURES = STUDY.figures()
TABLES = STUDY.tables()


def any_of(names):
    """Return a pattern that matches these names, and nothing without names."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    dataset=any_of(STUDY.datasets),
    method=any_of(STUDY.methods),
    recipe=any_of([*STUDY.recipes, ALL_RECIPES]),
    family=any_of({job.family for job in JOBS}),
    process=r"\d+",
    experiment=any_of(STUDY.experiments),


def library(script, *files):
    """Return these files and the library files that they and a script import; an edit of one re-runs the rule."""
    imported = code.imported([SCRIPTS / f"{script}.py", *files])
    return [os.path.relpath(file) for file in imported if file.parent != SCRIPTS]


# Hours of training depend on code by its digest, so that no comment, import or time of change makes them stale.
TRAINING = code.digest_files([SCRIPTS / "train.py"])
TIMING_METHODS = code.digest_files([SCRIPTS / "time_methods.py"])


def is_redraw(name):
    return STUDY.datasets[name].source == "redraw"


def raw_of_original(wildcards):
    return f"{DATA}/{STUDY.datasets[wildcards.dataset].of}/raw.npz"


def file_to_be_made(dataset):
    """Return the file of a data set that a rule makes, none if its digest says that it was read; else end."""
    path = STUDY.datasets[dataset].path
    pinned = STUDY.datasets[dataset].sha256 is not None
    if pinned and Path(f"{DATA}/{dataset}/raw.npz").exists():
        return []
    if any(maker.is_producer(path) for maker in workflow.rules):
        return [path]
    problem = Problem(("datasets", dataset, "path"), no_file(path))
    line = lines_of([problem], read_locations(FILES)[0], FILES)[0]
    sys.exit(f"The config of this study cannot be run:\n{line}")


def files_of(dataset):
    """Return the files of a data set, or none where the config has their digest."""
    path = Path(getattr(STUDY.datasets[dataset], "path", ""))
    if not path.exists():
        return file_to_be_made(dataset)
    if STUDY.datasets[dataset].sha256 is not None:
        return []
    if path.is_dir() and path != Path():
        return sorted(map(str, [*path.glob("*-ubyte*"), *parts_of(path)]))
    return [str(path)] if path.is_file() else []


def dataset_settings(dataset, *names):
    """Return those settings of a data set with these names that the config has."""
    return STUDY.datasets[dataset].model_dump(include=set(names), exclude_none=True)


def network_of(recipe):
    """Return the class and the settings of a recipe's network."""
    network, settings = STUDY.network(recipe)
    return [network.path, settings]


def digests(classes):
    """Return digests of classes, so that an edit of one of them trains its own runs again and no others."""
    return sorted(code.digest(each) for each in classes.values())


def orders(job):
    """Return what a job that trains, given by its wildcards or its name, has to know of its runs."""
    runs = JOBS[training.Job(job.dataset, job.method, job.family)]
    return [training.order(STUDY, run, TRAINING) for run in runs]


def trained(wildcards):
    """Return the records of the jobs that train the runs of an experiment, each once."""
    jobs = [JOB_OF[run] for run in STUDY.runs(wildcards.experiment)]
    return [f"{RESULTS}/trained/{'/'.join(job)}.json" for job in dict.fromkeys(jobs)]


def timed_datasets(experiment):
    """Return the data sets on which an experiment times its methods, each once."""
    return list(dict.fromkeys(dataset for dataset, _, _ in STUDY.timed(experiment)))


def timed_setting(experiment, dataset, batch, recipe):
    """Return what a process has to know of a setting in which it times methods in turn."""
    names = STUDY.timed_methods(experiment, dataset, batch, recipe)
    return {
        "run": {"dataset": dataset, "batch": batch, "recipe": recipe}
        | STUDY.comparison_settings(recipe),
        "network": network_of(recipe),
        "methods": {name: STUDY.method_arguments(name) for name in names},
        "settings": STUDY.settings(Run(dataset, "", batch, recipe)),
    }


def results_of(experiments):
    """Return the folders of tidy tables and the timing files of experiments."""
    return [
        path
        for name in experiments
        for path in [outputs.gathered(STUDY, name), *outputs.timings(STUDY, name)]
    ]


def read_by_tables(experiment):
    """Return the tidy tables that an experiment's tables need: paths by source."""
    read = {source for sources in reads(experiment).values() for source in sources}
    return {
        source: paths
        for source, paths in outputs.tidy(STUDY, experiment).items()
        if source in read
    }


def folders_by_source(experiment):
    """Return the folders of the runs that record each source of an experiment."""
    return {
        source: [STUDY.folder(run) for run in runs]
        for source, runs in STUDY.sources(experiment).items()
    }


def datasets_of(experiment):
    """Return the data sets that an experiment trains on, each once."""
    return list(dict.fromkeys(run.dataset for run in STUDY.runs(experiment)))


def data_of_experiment(wildcards):
    return [f"{DATA}/{name}/data.json" for name in datasets_of(wildcards.experiment)]


def class_labels(experiment):
    """Return the printed names of classes by data set."""
    return {name: STUDY.datasets[name].class_labels for name in datasets_of(experiment)}


def compared(experiment):
    """Return the settings in which an experiment's recipes differ, by recipe."""
    by = STUDY.declaration(experiment).by
    settings = {
        run.recipe: STUDY.comparison_settings(run.recipe)
        for run in STUDY.runs(experiment)
    }
    return {recipe: {name: of[name] for name in by} for recipe, of in settings.items()}


def keys_of(items, experiment):
    """Return dataset, recipe and kind of those figures and tables that are an experiment's."""
    return [key[1:] for key in items if key.experiment == experiment]


def reads(experiment):
    """Return the sources of each table of an experiment, by its kind."""
    about = STUDY.declaration(experiment)
    return {kind: about.item(kind).reads for kind in about.kinds}


def declared_figures(wildcards):
    """Return kind and declaration of every figure of an experiment."""
    return STUDY.declaration(wildcards.experiment).figures.items()


def styles(wildcards):
    """Return the styles that declarations give to methods of an experiment."""
    known = {m: s for about in experiments().values() for m, s in about.styles.items()}
    methods = {run.method for run in STUDY.runs(wildcards.experiment)}
    return {name: known[name].model_dump() for name in sorted(methods & set(known))}


def quantities(experiment):
    """Return the declared quantities of an experiment, which decide how its effects are judged."""
    about = STUDY.declaration(experiment)
    return {name: each.model_dump() for name, each in about.quantities.items()}


def unfilled(text):
    """Return a text in which Snakemake's report finds no wildcards: a word joiner, which has no width, is in braces."""
    return text.replace("{", "{\u2060")


def figure_labels(wildcards):
    """Return the labels of a figure in Snakemake's own report."""
    return {"figure": wildcards.kind.replace("_", " "), "recipe": wildcards.recipe}


def figures_of(experiments):
    """Return the folders of figures of those experiments whose runs fill any."""
    drawn = {key.experiment for key in FIGURES}
    return [f"{REPORTS}/figures/{name}" for name in experiments if name in drawn]


def tables_of(experiment):
    """Return the folder of an experiment's tables."""
    return f"{REPORTS}/tables/{experiment}"


def targets(experiment):
    """Return the figures and tables of an experiment; end with a sentence where the study leaves it out."""
    if experiment not in STUDY.experiments:
        included = ", ".join(STUDY.experiments)

        def left_out(wildcards):
            sys.exit(
                f"The study '{STUDY.study}' leaves out the experiment {experiment} (it has {included})."
            )

        return left_out
    return [*figures_of([experiment]), tables_of(experiment)]


def reasons(logs):
    """Return the reasons of jobs that stopped with a message for the user, each once."""
    lines = [line for log in logs for line in Path(log).read_text("utf8").splitlines()]
    stops = [line.partition(" stopped: ")[2] for line in lines]
    return list(dict.fromkeys(reason for reason in stops if reason))


def where_the_report_is():
    """Return the last line of a call that asks for the report, empty for one of other targets."""
    asked = any(job.rule.name == "write_report" for job in workflow.dag.jobs)
    return f"\nThe report: {Path(REPORTS).resolve() / 'report.html'}" if asked else ""


def opening():
    """Return what Snakemake's own report opens with: title, notice, sentences and a picture of the finished study.

    The picture is that of the page, else the first figure, if there is any. None before the first page, or with the
    page of another version.
    """
    try:
        record = read_json(Path(REPORTS) / "study.json")
        said = [f"{each['thought']} {each['sentence']}" for each in record["front"]]
        drawn = [record["picture"]["svg"]] if record["picture"] else []
        figures = [Path(REPORTS) / path for path in record["in_summary"][:1]]
        drawn += [figure.read_text("utf8") for figure in figures]
        notice = STUDY.notices.get(STUDY.study, "").replace("`", "")
        return {
            "title": plain(STUDY.title),
            "notice": plain(notice),
            "said": [*map(plain, said or record["answers"][:3])],
            "images": [
                encodebytes(svg.encode()).decode().strip() for svg in drawn[:1]
            ],  # in short lines
        }
    except (OSError, LookupError, TypeError, ValueError):
        return None


def plain(text):
    """Return a text for reStructuredText, where a backslash before a sign makes it plain."""
    return re.sub(r"([^\w\s])", r"\\\1", text)


if workflow.is_main_process:
    config["opening"] = opening()  # of a workflow, its report sees the config alone
