"""Each experiment, probe, network and normalizer is one place, and nobody else knows its name."""

import ast
import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
import toys
from project import CHECKOUT, Project

from bnlab.files import read_csv
from bnlab.study import code
from bnlab.study.experiments import EXPERIMENTS, experiments
from bnlab.study.registry import LIBRARY

FOLDERS = ("study", "data", "networks", "training", "probes", "analysis", "page", "experiments")
"""In the order of the arrows: each imports only from those before it, and from itself."""
NOT_BEFORE = {
    "analysis": {"data", "networks", "training", "probes"},
    "page": {"data", "networks", "training", "probes"},
}
"""Packages of tables and pages, which need no TensorFlow."""


def modules() -> dict[str, set[str]]:
    """The modules of the library that each of its files imports, by its path within the library."""
    modules_of = {}
    for file in sorted(LIBRARY.rglob("*.py")):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf8")))
        named = {
            f"{node.module}.{alias.name}"
            for node in nodes
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bnlab")
            for alias in node.names
        }
        modules_of[file.relative_to(LIBRARY).as_posix()] = named
    return modules_of


def test_arrows_run_one_way():
    wrong = []
    for file, imports in modules().items():
        folder = file.split("/")[0]
        if folder not in FOLDERS:
            continue
        allowed = set(FOLDERS[: FOLDERS.index(folder) + 1]) - NOT_BEFORE.get(folder, set())
        allowed |= {"files", "imports", "lazy", "machine"}
        wrong += [(file, name) for name in imports if name.split(".")[1] not in allowed]
    assert wrong == []


def test_no_experiment_imports_another():
    wrong = []
    for file, imports in modules().items():
        own = re.match(r"experiments/(\w+)/", file)
        for name in imports:
            other = re.match(r"bnlab\.experiments\.(\w+)", name)
            if other and other[1] in experiments() and other[1] != (own and own[1]):
                wrong.append((file, name))
    assert wrong == []


def test_no_file_names_an_experiment_but_its_own_config_ledger_and_tests():
    # A learning rate is a setting, and batch_size an argument of Keras' fit.
    others = "|".join(name for name in experiments() if name != "learning_rate")
    named = re.compile(
        rf"\b({others})\b(?!=)|experiments\W+learning_rate\b|\"learning_rate\":? ?[({{]"
    )
    files = [CHECKOUT / "Snakefile", *(CHECKOUT / "workflow" / "rules").glob("*.smk")]
    files += (CHECKOUT / "workflow" / "scripts").rglob("*.py")
    files += (CHECKOUT / "workflow" / "scripts").rglob("*.j2")
    mentions = []
    for file in files:
        if file.is_relative_to(EXPERIMENTS):
            continue
        for number, line in enumerate(file.read_text(encoding="utf8").splitlines(), 1):
            if named.search(line):
                mentions.append((file.relative_to(CHECKOUT).as_posix(), number, line))
    assert mentions == []


def test_no_file_of_the_library_is_longer_than_400_lines():
    lengths = {p: len(p.read_text(encoding="utf8").splitlines()) for p in LIBRARY.rglob("*.py")}
    assert {p.name: n for p, n in lengths.items() if n > 400} == {}


def imported_of(packages: set[str], *lines: str) -> str:
    """Return those of some packages that a process of its own has imported after these lines, as a list in text."""
    script = [
        "import sys; sys.path.insert(0, 'workflow/scripts')",
        *lines,
        f"print(sorted({packages} & set(sys.modules)))",
    ]
    command = [sys.executable, "-c", "\n".join(script)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_reading_a_study_imports_neither_pandas_nor_tensorflow():
    imported = imported_of(
        {"pandas", "tensorflow", "keras"},
        "from pathlib import Path",
        "from bnlab.study import validation, ledger_validation, own_methods, code",
        "study = validation.read([Path('config.yaml')])",
        "study.figures(), study.tables(), [study.folder(run) for run in study.all_runs()]",
    )
    assert imported == "[]"


def test_a_training_job_imports_no_keras():
    imported = imported_of(
        {"keras", "sklearn", "matplotlib"},
        "from bnlab.training import run",
        "from bnlab.probes import percentiles, predictions, weights",
        "from bnlab.networks import convolutional, perceptron",
    )
    assert imported == "[]"


def test_a_rule_depends_on_what_its_script_imports_also_through_others():
    files = {
        path.relative_to(LIBRARY).as_posix()
        for path in code.imported([CHECKOUT / "workflow" / "scripts" / "train.py"])
        if path.is_relative_to(LIBRARY)
    }
    assert {"training/run.py", "training/trainer.py", "networks/block.py"} <= files
    assert not {file for file in files if file.startswith(("experiments", "page", "study/config"))}
    assert "networks/normalizers/bn.py" not in files  # a method's own code counts for its own runs


# --- what is promised and not there -----------------------------------------------------------


@pytest.fixture
def with_toys(fresh: Project) -> Project:
    """The project with the additions of ``toys``."""
    toys.add_to(fresh.folder)
    return replace(fresh, overlays=(*fresh.overlays, "toys.yaml"))


@pytest.mark.slow
def test_all_mistakes_of_a_declaration_are_reported_at_once_before_any_job(with_toys):
    file = with_toys.folder / toys.LIBRARY / "experiments" / "growth" / "experiment.yaml"
    text = file.read_text()
    for old, new in (("question:", "qestion:"), ("in_summary: true", "in_summary: often")):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text)
    outcome = with_toys.snakemake("-n")
    assert outcome.code != 0 and "Traceback" not in outcome.text
    for sentence in (
        "unknown key 'qestion'; did you mean 'question'?",
        "question: is missing",
        "figures.growth.in_summary: 'often' is ",
    ):
        assert re.search(rf"growth/experiment.yaml:\d+: .*{re.escape(sentence)}", outcome.stderr)
    assert "config.yaml" not in outcome.stderr


# --- additions of a user ----------------------------------------------------------------------


@pytest.mark.weekly
@pytest.mark.slow
def test_toys_are_added_without_touching_another_file_and_run_to_the_end(with_toys):
    outcome = with_toys.snakemake()
    assert outcome.code == 0, outcome.text
    reports = with_toys.folder / "reports" / "toys"
    path = "growth/iris_redraw/looking"
    assert (reports / "figures" / path / "growth.svg").stat().st_size > 5000
    growth = pd.read_csv(reports / "tables" / path / "growth.csv")
    assert list(growth["method"].unique()) == ["base", "bn", "centred"]
    assert (growth["mean"] > 0).all() and growth["step"].nunique() > 3
    assert len(pd.read_csv(reports / "tables" / path / "last_norm.csv")) == 3
    claims = read_csv(reports / "claims.csv")
    assert claims[["id", "verdict"]].to_numpy().tolist() == [["1", "supported"]]
    names = ("report.html", "about.html", "experiments/growth.html")
    page = "".join((reports / name).read_text(encoding="utf8") for name in names)
    for text in (
        "The growth of weights",
        "Do weights grow more",
        "Norm at the end",
        "Centring: N(u)",
    ):
        assert text in page
    inference = pd.read_csv(reports / "tables/batch_size/iris_redraw/smoke/statistics.csv")
    kinds = inference.groupby("method")["statistics"].unique().map(set)
    assert kinds.to_dict() == {m: {"moving", "batch", "population"} for m in ("bn", "centred")}


@pytest.mark.weekly
@pytest.mark.slow
def test_a_new_method_comes_after_base_and_bn(with_toys):
    runs = (
        "{datasets: [iris_redraw], methods: [centred, bn, base], batches: [16], recipes: [smoke]}"
    )
    overlay = with_toys.overlaid(
        f"study: ordered\nonly: [batch_size]\nexperiments: {{batch_size: {{runs: [{runs}]}}}}\n"
    )
    outcome = overlay.snakemake("batch_size")
    assert outcome.code == 0, outcome.text
    table = overlay.folder / "reports/ordered/tables/batch_size/iris_redraw/smoke/all_methods.csv"
    assert list(pd.read_csv(table)["method"].unique()) == ["base", "bn", "centred"]


BREAKING = {
    "import": ("import tensorflow as tf\n", "import tensorflow as tf\nimport no_such_module\n"),
    "build": (
        'self.vector("moving_mean", "zeros"',
        'self.vector("moving_mean", start="zeros", no=1',
    ),
    "normalize": ("return u - self.moving_mean", "return u - self.moving_men"),
    "shape": ("return u - self.moving_mean", "return tf.reduce_sum(u, axis=1)"),
    "momentum": ("self.momentum = momentum", "self.slowness = momentum"),
    "syntax": ("def build(self):", "def build(self:"),
    "name": ("class Centred", "class Centered"),
    "option": ("momentum: Fraction", "slowness: Fraction"),
}
SAID = {
    "import": "ModuleNotFoundError in line 2: No module named 'no_such_module'",
    "build": "TypeError in line 14: ",
    "normalize": "AttributeError in line 18: ",
    "shape": "shape.py:Centred cannot be used: normalize makes (4,) of an input of shape (4, ",
    "momentum": "it has no attribute momentum, by which its average moving_mean moves",
    "syntax": "syntax.py:Centred cannot be used: SyntaxError in line 13: ",
    "name": "unknown normalizer 'Centred' in broken_name.py; did you mean 'Centered'?",
    "option": "unknown option 'momentum' (allowed: slowness)",
}
IN_A_TRIAL = ["build", "normalize", "shape", "momentum"]
IN_THE_FILE = [name for name in BREAKING if name not in IN_A_TRIAL]


@pytest.mark.slow
@pytest.mark.parametrize("names", [IN_THE_FILE, IN_A_TRIAL], ids=["in the file", "in a trial"])
def test_a_normalizer_of_ones_own_that_cannot_be_used_is_one_sentence_before_any_job(fresh, names):
    lines = ["study: broken", "only: [batch_size]", "methods:"]
    for name in names:
        old, new = BREAKING[name]
        assert old in toys.NORMALIZER
        (fresh.folder / f"broken_{name}.py").write_text(toys.NORMALIZER.replace(old, new))
        lines.append(
            f'  {name}: {{normalizer: "broken_{name}.py:Centred", options: {{momentum: 0.5}}, label: {name}}}'
        )
    runs = f"{{datasets: [iris], methods: [{', '.join(names)}], batches: [4], recipes: [smoke]}}"
    lines.append(f"experiments: {{batch_size: {{runs: [{runs}]}}}}")
    outcome = fresh.overlaid("\n".join(lines)).snakemake()
    assert outcome.code != 0 and "Traceback" not in outcome.text, outcome.text
    told = re.findall(
        r"^overlay\.yaml:(\d+): methods\.(\w+)\S*: (.+)$", outcome.stderr, re.MULTILINE
    )
    assert [(int(line), name) for line, name, _ in told] == [*enumerate(names, 4)], outcome.stderr
    for _, name, sentence in told:
        assert SAID[name] in sentence
    assert fresh.files("results/**/*") == set()
