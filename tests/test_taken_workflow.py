"""Experiments that a study takes as they are published, by Snakemake."""

import json
import shutil
from pathlib import Path

import pytest
from project import Project

from bnlab.files import read_csv, read_json
from bnlab.page import publication, published_pages
from bnlab.study.names import CONFIRMATION, PUBLISHED

pytestmark = pytest.mark.slow

LEDGER = """
sources: {note: {title: A note, short: note}}
claims:
  - id: 1
    source: note
    place: page 1
    topic: accuracy
    claim: Batch normalization ends higher.
    tests:
      - region: iris
        primary: true
        headline: Test accuracy
        experiment: learning_curves
        dataset: iris_redraw
        recipe: smoke
        batch: 16
        quantity: test_accuracy
        compare: bn - base
        rule: {above: 0}
"""
TAKEN, OWN = "learning_curves", "batch_size"


@pytest.fixture(scope="module")
def publication_of_smoke(
    finished_study: Project, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project that has published its finished smoke study; tests have copies of it (`published`)."""
    project = finished_study.copy(tmp_path_factory.mktemp("published") / "project")
    (project.folder / "ledger.yaml").write_text(LEDGER)
    judged = project.overlaid({"claims": "ledger.yaml"})
    outcome = judged.snakemake()
    assert outcome.code == 0, outcome.text
    (project.folder / "docs").mkdir()
    for page in published_pages.PAGES:
        markers = f"{published_pages.BEGIN}\n{published_pages.END}\n"
        (project.folder / page).write_text(markers)
    publication.publish(project.folder, "smoke")
    return judged


@pytest.fixture
def published(publication_of_smoke: Project, tmp_path: Path) -> Project:
    """The published study in a folder of this test's own, with its results."""
    return publication_of_smoke.copy(tmp_path / "project")


@pytest.fixture
def without_results(published: Project) -> Project:
    """The published study in a folder of this test's own, as a clone of the project has it."""
    for folder in ("results", "reports/smoke", "logs"):
        shutil.rmtree(published.folder / folder)
    return published


def taking(project: Project, **recipe: float) -> Project:
    chosen = {TAKEN: {"published": True}, "learning_rate": None, "faults": None}
    changed = {"recipes": {"smoke": recipe}} if recipe else {}
    return project.overlaid(
        {"study": "again", "experiments": chosen, **changed}, name="taking.yaml"
    )


def test_they_are_shown_as_published_and_only_the_other_experiments_are_trained(without_results):
    published = without_results
    again = taking(published)
    own = set(again.study.runs(OWN))
    assert again.plan().trained == own
    outcome = again.snakemake()
    assert outcome.code == 0, outcome.text

    reports, before = published.folder / "reports/again", published.folder / PUBLISHED
    tables = list((before / "tables" / TAKEN).rglob("*.csv"))
    assert tables
    for table in tables:
        assert (reports / table.relative_to(before)).read_bytes() == table.read_bytes()
    for name in ("claims", "effects", "replicates"):
        actual, known = (read_csv(folder / f"{name}.csv") for folder in (reports, before))
        assert len(actual) and actual.equals(known)
    runs = read_csv(reports / "runs.csv")
    assert len(runs) == len(again.study.all_runs())
    keys = ["dataset", "method", "batch", "recipe", "key", "replicates", "failed", "diverged"]
    assert len(runs[keys].merge(read_csv(before / "runs.csv")[keys])) == len(runs)

    target = publication.publish(published.folder, "again")
    manifest = read_json(target / "manifest.json")
    study_of = {name: entry["study"] for name, entry in manifest["experiments"].items()}
    assert study_of == {TAKEN: "smoke", OWN: "again"}
    page = (target / "about.html").read_text("utf8")
    assert "taken as published" in page and "(study smoke, " in page


def test_what_was_trained_under_other_settings_is_refused_with_its_place(without_results):
    outcome = taking(without_results, learning_rate=0.2).snakemake()
    assert outcome.code != 0
    assert "experiments.learning_curves.published: " in outcome.stderr
    assert "are not in reports/published/runs.csv under these settings" in outcome.stderr
    assert "taking.yaml:" in outcome.stderr
    assert without_results.files("results/**/*") == set()


def test_fresh_seeds_lie_beside_what_is_published_and_the_next_report_says_what_they_make_of_it(
    published,
):
    first = json.loads((published.folder / PUBLISHED / "study.json").read_text("utf8"))
    bound = {"frozen_ledger": first["ledger"][:12]}
    only = {"study": CONFIRMATION, "seed": 1001, "only": [TAKEN]} | bound
    outcome = published.overlaid(only, name="fresh.yaml").snakemake()
    assert outcome.code == 0, outcome.text
    manifest = (published.folder / PUBLISHED / "manifest.json").read_bytes()
    folder = publication.publish(published.folder, CONFIRMATION)
    assert folder == published.folder / PUBLISHED / CONFIRMATION
    assert (folder.parent / "manifest.json").read_bytes() == manifest

    outcome = published.snakemake()
    assert outcome.code == 0, outcome.text
    reports, last = published.folder / "reports/smoke", 1000 + published.study.replicates
    table = read_csv(reports / "confirmation.csv")
    assert list(table["test"].isna()) == [True, False]
    fresh = read_csv(folder / "effects.csv")
    assert table["estimate"].iloc[1] == fresh["estimate"].iloc[0]
    assert table["estimate"].iloc[1] != read_csv(reports / "effects.csv")["estimate"].iloc[0]
    page = (reports / "claims.html").read_text("utf8")
    assert f"Fresh seeds 1001 to {last}: {table['fresh'].iloc[0]}" in page
    assert "They were trained for the ledger" in page

    target = publication.publish(published.folder, "smoke")
    assert (target / CONFIRMATION / "manifest.json").is_file()
    assert f"fresh seeds, 1001 to {last}," in (published.folder / "docs/findings.md").read_text(
        "utf8"
    )
