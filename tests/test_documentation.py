"""Documentation: its code blocks run, its links lead somewhere, and it names what there is."""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from documentation import (
    PAGES,
    ROOT,
    Block,
    all_blocks,
    anchors_of,
    blocks_of,
    links_of,
    prose_of,
    text_of,
)
from jsonschema import Draft202012Validator
from project import Project, fresh_project
from sklearn.datasets import load_breast_cancer

import build_site
import reference
from bnlab.card import score
from bnlab.study import ledger_validation, validation
from bnlab.study.registry import shipped
from bnlab.study.schema import SCHEMAS

NOTEBOOK = ROOT / "docs" / "notebooks" / "read.ipynb"
LIBRARY = "workflow/scripts/bnlab/"
LANGUAGES = {"bash", "python", "yaml", "mermaid", "text"}
TEXTS = "\n".join(text_of(page) for page in PAGES)


def saved(folder: Path, page: str) -> dict[str, Path]:
    """Save the blocks of a page that name a file, with the data that they read; a file of the library is none."""
    files = {
        block.file: block.text
        for block in blocks_of(page)
        if block.file and not block.file.startswith(LIBRARY)
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf8")
    if "data/mine.csv" in text_of(page):
        table = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "diagnosis"})
        (folder / "data").mkdir()
        table.to_csv(folder / "data" / "mine.csv", index=False)
    return {name: folder / name for name in files}


def commands(block: Block) -> list[list[str]]:
    """Return the commands of a block, each as a list of words."""
    lines = [line for text in block.text.splitlines() for line in text.split(" && ")]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def keys_of(block: Block) -> set[str]:
    return set(yaml.safe_load(block.text))


# --- all blocks -------------------------------------------------------------------------------


def test_every_block_names_its_language() -> None:
    assert [str(block) for block in all_blocks() if block.language not in LANGUAGES] == []


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    marks = len(re.findall("<!-- not run", TEXTS))
    idle = [block for block in all_blocks() if block.reason]
    assert marks == len(idle) < 11
    assert len(all_blocks()) > 6 * len(idle)


# --- YAML -------------------------------------------------------------------------------------

OVERLAYS = [
    block
    for block in all_blocks("yaml")
    if "study" in keys_of(block) and block.page != "CONTRIBUTING.md"
]
"""Studies; test_contributing.py has that of CONTRIBUTING.md."""
LEDGERS = [block for block in all_blocks("yaml") if "sources" in keys_of(block)]
DECLARATIONS = [
    block for block in all_blocks("yaml") if keys_of(block) & {"figures", "tables", "compare"}
]


@pytest.mark.parametrize("block", OVERLAYS, ids=str)
def test_an_overlay_is_a_study(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in blocks_of(block.page, "python"):
        if other.file and other.file.startswith(LIBRARY):
            pytest.skip("a dry run of the page reads it, with the file that the library lacks here")
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, block.page)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(block.text, encoding="utf8")
    study = validation.read([ROOT / "config.yaml", ROOT / "workflow/studies/demo.yaml", overlay])
    assert study.all_runs()


@pytest.mark.parametrize("block", LEDGERS, ids=str)
def test_a_ledger_is_valid_alone_and_at_the_end_of_the_shipped_one(
    block: Block, tmp_path: Path
) -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf8"))
    claims = yaml.safe_load(block.text)
    shipped = yaml.safe_load((ROOT / "workflow" / "claims.yaml").read_text(encoding="utf8"))
    shipped["sources"] |= claims["sources"]
    shipped["claims"] += claims["claims"]
    for text in (block.text, yaml.safe_dump(shipped)):
        (tmp_path / "claims.yaml").write_text(text, encoding="utf8")
        ledger = ledger_validation.load_ledger(tmp_path / "claims.yaml", config)
        assert ledger.claims[-1].id == str(claims["claims"][-1]["id"])


@pytest.mark.parametrize("block", DECLARATIONS, ids=str)
def test_a_declaration_follows_its_schema(block: Block) -> None:
    schema = SCHEMAS["experiment"]()
    if block.text.startswith("# part of "):
        schema.pop("required")
    assert [*Draft202012Validator(schema).iter_errors(yaml.safe_load(block.text))] == []


def test_every_block_of_yaml_is_one_of_these() -> None:
    others = {b for b in all_blocks("yaml") if b not in [*OVERLAYS, *LEDGERS, *DECLARATIONS]}
    assert {block.page for block in others} <= {"CONTRIBUTING.md"}


# --- Python -----------------------------------------------------------------------------------

SNIPPETS = [
    block
    for block in all_blocks("python")
    if not block.file and not block.reason and block.page != "CONTRIBUTING.md"
]
"""Snippets to type; test_contributing.py has the files of CONTRIBUTING.md."""
NORMALIZERS = [b for b in all_blocks("python") if b.file and not b.file.startswith(LIBRARY)]


@pytest.mark.parametrize("block", SNIPPETS, ids=str)
def test_a_snippet_runs(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block.text, str(block), "exec"), {})


@pytest.mark.slow
@pytest.mark.parametrize("block", NORMALIZERS, ids=str)
def test_a_normalizer_passes_the_tests_that_make_runs(
    block: Block, tmp_path: Path, warm_python: str
) -> None:
    assert block.file
    (tmp_path / block.file).write_text(block.text, encoding="utf8")
    (line,) = [
        words
        for other in blocks_of(block.page, "bash")
        for words in commands(other)
        if words[:2] == ["make", "test-method"]
    ]
    options = dict(word.split("=", 1) for word in line[2:])
    arguments = [options["METHOD"], *options.get("OPTIONS", "").split()]
    done = subprocess.run(
        [warm_python, ROOT / "workflow/scripts/test_method.py", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr


def with_library(folder: Path, page: str) -> None:
    """Add the files of the library that a page shows, and none other."""
    for block in blocks_of(page, "python"):
        if block.file and block.file.startswith(LIBRARY):
            path = folder / block.file
            assert not path.exists()
            path.write_text(block.text, encoding="utf8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", ["docs/how-to/network.md", "docs/how-to/probe.md"], ids=lambda page: Path(page).stem
)
def test_a_class_for_the_library_is_trained_as_the_page_says(page: str, fresh: Project) -> None:
    with_library(fresh.folder, page)
    (name,) = saved(fresh.folder, page)
    overlay = fresh.folder / name
    overlay.write_text(f"{overlay.read_text('utf8')}replicates: 2\n", encoding="utf8")
    project = replace(fresh, overlays=("workflow/studies/demo.yaml", name))
    outcome = project.snakemake("learning_curves", "--until", "gather")
    assert outcome.code == 0, outcome.text
    (group,) = yaml.safe_load(overlay.read_text("utf8"))["experiments"]["learning_curves"]["runs"]
    (added,) = [Path(block.file).stem for block in blocks_of(page, "python") if block.file]
    runs = project.files("results/runs/digits/*/batch32/*/run.json")
    tables = project.files(f"results/runs/digits/*/batch32/*/{added}.parquet")
    assert len(runs) == len(group["methods"])
    assert len(tables) == (len(runs) if "probe" in page else 0)


# --- commands ---------------------------------------------------------------------------------

PLAIN = {"source", "cd", "git", "pip"}
"""Commands that a test cannot do without the network, or has no use for."""
COMMANDS = [block for block in all_blocks("bash") if not block.reason]


def test_commands_are_make_snakemake_python_bnlab_or_plain() -> None:
    first = {words[0] for block in COMMANDS for words in commands(block)}
    assert first <= {*PLAIN, "bnlab", "make", "snakemake", "python"}


def test_cards_are_asked_for_as_the_command_understands() -> None:
    asked = [rest for block in COMMANDS for name, *rest in commands(block) if name == "bnlab"]
    assert len(asked) >= 2
    for command, *arguments in asked:
        assert command == "score" and score.command(arguments), arguments


def test_every_target_and_script_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE)
    named = set(re.findall(r"(?:^|`|\| )make ([a-z-]+)", TEXTS, re.MULTILINE))
    assert {"demo", "study", "test"} <= named <= set(targets)
    for block in COMMANDS:
        for words in commands(block):
            assert words[0] != "python" or (ROOT / words[1]).is_file(), f"{block}: {words}"


def test_files_of_the_project_that_are_named_exist() -> None:
    copied_by_the_user = {"workflow/studies/local.yaml"}
    shown = {block.file for block in all_blocks() if block.file}
    named = set(re.findall(r"(?<![\w/.-])(?:workflow|profiles|tests|\.ci)/[\w./-]*[\w/]", TEXTS))
    assert "workflow/studies/demo.yaml" in named
    for path in named - copied_by_the_user - shown:
        assert (ROOT / path).exists(), path


def dry_runs() -> dict[tuple[str, ...], set[str]]:
    """Return the targets of calls of Snakemake by their options, after the page if they name a file of its own."""
    targets: dict[tuple[str, ...], set[str]] = {}
    for block in COMMANDS:
        own = {other.file for other in blocks_of(block.page)}
        for program, *words in commands(block):
            if program == "snakemake" and words not in (["--lint"], ["--rulegraph"]):
                if "--report" in words:  # a dry run takes no report of what is not there
                    at = words.index("--report")
                    words = words[:at] + words[at + 2 :]
                asked = [*takewhile(lambda word: not word.startswith("-"), words)]
                options = [word for word in words[len(asked) :] if word != "-n"]
                page = block.page if own & {*options} else ""
                targets.setdefault((page, *options), set()).update(asked or ["all"])
    return targets


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "targets"), [*dry_runs().items()], ids=lambda words: " ".join(sorted(words))
)
def test_snakemake_plans_what_pages_type(
    options: tuple[str, ...], targets: set[str], tmp_path: Path, warm_python: str
) -> None:
    page, *typed = options
    asked = [] if targets == {"all"} else sorted(targets)
    folder = fresh_project(tmp_path / "project").folder
    if page:
        with_library(folder, page)
        saved(folder, page)
    (folder / "my_study").mkdir()
    studies = folder / "workflow" / "studies"
    shutil.copy(studies / "local.example.yaml", studies / "local.yaml")
    for name in yaml.safe_load((studies / "local.yaml").read_text("utf8"))["datasets"]:
        read = (
            folder / "results" / "data" / name / "raw.npz"
        )  # data of a known digest are read once
        read.parent.mkdir(parents=True, exist_ok=True)
        read.touch()
    done = subprocess.run(
        [warm_python, "-m", "snakemake", *asked, *typed, "-n"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This was a dry-run" in done.stdout


# --- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    for path, anchor in links_of(page):
        target = os.path.normpath(Path(page).parent / path) if path else page
        assert (ROOT / target).exists(), f"{page}: {path}"
        assert not anchor or anchor in anchors_of(target), f"{page}: {path}#{anchor}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set(), {"README.md"}
    while new:
        reached |= new
        paths = {
            os.path.normpath(Path(page).parent / path)
            for page in new
            for path, _ in links_of(page)
            if path.endswith(".md")
        }
        new = paths - reached
    assert {page for page in PAGES if page.startswith("docs/")} <= reached


# --- the site ---------------------------------------------------------------------------------


def test_the_site_is_built_without_a_warning_and_needs_no_network(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    build_site.build(tmp_path)
    site = tmp_path / "site"
    for page in build_site.pages():
        built = site / page.replace("README.md", "index.md").replace(".md", ".html")
        assert built.is_file(), page
        loaded = re.findall(
            r"<(?:script|link|img)[^>]+(?:src|href)=\"?(\w+:)?//", built.read_text("utf8")
        )
        assert loaded == [], page


def test_the_menu_of_the_site_has_every_page() -> None:
    menu = (ROOT / "docs" / "zensical.toml").read_text(encoding="utf8")
    assert [page for page in build_site.pages() if f'"{page}"' not in menu] == []


# --- pages that are generated -------------------------------------------------------------------


@pytest.mark.parametrize("file", reference.PAGES)
def test_a_page_of_the_reference_is_what_make_schema_writes(file: str) -> None:
    page = (reference.FOLDER / file).read_text(encoding="utf8")
    assert page == reference.PAGES[file]() + "\n", "run `make schema`"


FILES = "docs/reference/files.md"


@pytest.mark.slow
def test_every_file_of_a_run_and_of_a_report_is_described(finished: Project) -> None:
    text = text_of(FILES)
    probes = {f"{name}.{suffix}" for name in shipped("probe") for suffix in ("parquet", "npz")}
    names = {Path(file).name for file in finished.files("results/runs/*/*/*/*/*")} - probes
    names |= {Path(file).name for file in finished.files("reports/smoke/*")}
    assert {"history.parquet", "run.json", "report.html", "study.json"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
    history = pd.read_parquet(
        finished.folder / min(finished.files("results/runs/*/*/*/*/history.parquet"))
    )
    assert f"| `history.parquet` | `{', '.join(history.columns)}`" in text


def test_probes_of_the_reference_are_those_that_are_there() -> None:
    assert anchors_of("docs/reference/probes.md") == {"probes", *shipped("probe")}


# --- the notebook -----------------------------------------------------------------------------


def test_the_notebook_runs_from_its_folder_and_holds_no_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Run the code cells one after the other in this process, which needs no Jupyter."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in code] == [[]] * len(code)
    monkeypatch.chdir(NOTEBOOK.parent)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {}
    for cell in code:
        exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
    assert len(names["axis"].lines) > 3 and "MNIST" in "".join(cells[-2]["source"])


# --- the README -------------------------------------------------------------------------------


def test_the_readme_is_short_and_begins_with_two_commands() -> None:
    lines = text_of("README.md").splitlines()
    assert len(lines) <= 150
    assert sum(line.startswith("make ") for line in lines[:25]) == 2


def test_sentences_of_the_readme_have_at_most_25_words() -> None:
    prose = prose_of("README.md").partition("<!-- findings -->")
    written = prose[0] + prose[2].partition("<!-- /findings -->")[2]
    words = re.sub(r"\]\([^)]*\)|[*\[\]`]", "", re.sub(r"^#.*|^- ", "\n\n", written, flags=re.M))
    sentences = re.split(r"(?<=[.:?])\s+|\n\s*\n", words)
    assert [s for s in sentences if len(s.split()) > 25] == []
