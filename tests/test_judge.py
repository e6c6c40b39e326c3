"""Claims are judged by a finished study as its own workflow judges them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from project import CHECKOUT, Project
from scipy.stats import ttest_rel

PUBLISHED = CHECKOUT / "reports" / "published"
LEDGER = CHECKOUT / "workflow" / "claims.yaml"


def judged(ledger: Path | str, study: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECKOUT / "workflow/scripts/judge.py"), str(ledger), study]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def ledger_of(folder: Path, *tests: dict) -> Path:
    claims = [
        {"id": number, "source": "mine", "place": "page 1", "topic": f"topic {number}",
         "claim": f"A claim on test {number}.", "tests": [test | {"region": "here", "primary": True}]}
        for number, test in enumerate(tests, 1)
    ]  # fmt: skip
    file = folder / "mine_claims.yaml"
    content = {"sources": {"mine": {"title": "A note", "short": "note"}}, "claims": claims}
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file


def published_test() -> dict:
    """A test of the shipped ledger, with the tests of its claim."""
    ledger = yaml.safe_load(LEDGER.read_text("utf8"))
    (claim,) = (claim for claim in ledger["claims"] if str(claim["id"]) == "5a")
    return claim["tests"][0]


def test_tests_that_were_published_have_the_verdict_of_the_publication(tmp_path):
    effects = pd.read_csv(PUBLISHED / "effects.csv")
    row = effects[(effects["id"] == "5a") & (effects["test"] == 1)].iloc[0]
    test = published_test()
    done = judged(ledger_of(tmp_path, test, test | {"rule": {"above": 1}}), "published", tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"1  {row['verdict'].upper()}: A claim on test 1." in done.stdout
    assert "2  REFUTED: A claim on test 2." in done.stdout
    assert f"{row['estimate']:.4f} ({row['low']:.4f} to {row['high']:.4f})" in done.stdout


def test_accuracies_at_the_end_are_judged_by_all_published_replicates(tmp_path):
    accuracies = pd.read_csv(PUBLISHED / "accuracies.csv")
    recipe = "probed_steps20000_lr0.1"
    here = accuracies[(accuracies["dataset"] == "glass_redraw") & (accuracies["recipe"] == recipe)]
    by_method = {m: rows.set_index("replicate") for m, rows in here.groupby("method")}
    test = {"experiment": "covariate_shift", "dataset": "glass_redraw", "batch": 60}
    test |= {"recipe": recipe, "rule": {"above": 0}}
    tests = [
        test | {"quantity": "test_accuracy", "compare": "unitization - base"},
        test | {"quantity": "validation_accuracy", "compare": "ln - unitization"},
    ]
    done = judged(ledger_of(tmp_path, *tests), "published", tmp_path)
    assert done.returncode == 0, done.stderr
    for split, first, second in (
        ("test", "unitization", "base"),
        ("validation", "ln", "unitization"),
    ):
        pair = by_method[first][split], by_method[second][split]
        interval = ttest_rel(*pair).confidence_interval()
        middle, half = (interval.low + interval.high) / 2, (interval.high - interval.low) / 2
        expected = [f"{100 * middle:.{n}f} ± {100 * half:.{n}f} points" for n in (1, 2, 3)]
        assert any(each.replace("-", "−") in done.stdout for each in expected), done.stdout


def test_the_claim_of_the_how_to_is_judged_by_what_is_published(tmp_path):
    page = (CHECKOUT / "docs" / "how-to" / "claim.md").read_text("utf8")
    ledger = tmp_path / "mine_claims.yaml"
    ledger.write_text(page.partition("```yaml\n")[2].partition("```")[0], "utf8")
    done = judged(ledger, "published", tmp_path)
    assert done.returncode == 0, done.stderr
    accuracies = pd.read_csv(PUBLISHED / "accuracies.csv")
    (test,) = yaml.safe_load(ledger.read_text("utf8"))["claims"][0]["tests"]
    rows = accuracies[
        (accuracies["dataset"] == test["dataset"]) & (accuracies["recipe"] == test["recipe"])
    ].pivot(index="replicate", columns="method", values="test")
    interval = ttest_rel(rows["ln"], rows["bn"]).confidence_interval()
    verdict = "SUPPORTED" if interval.low > 0 else "REFUTED" if interval.high < 0 else "UNDECIDED"
    assert f"67  {verdict}:" in done.stdout


WRONG = {
    ("nowhere.yaml", "published"): "There is no ledger nowhere.yaml. Name a ledger and a finished",
    ("", "published"): "Name a ledger and a finished study: make judge CLAIMS=",
    (str(LEDGER), "publishd"): "unknown study 'publishd' among those with a finished report",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_a_missing_ledger_or_study_is_one_sentence(arguments, tmp_path):
    done = judged(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert WRONG[arguments] in done.stderr and "Traceback" not in done.stderr


def test_a_mistake_in_the_ledger_has_its_line(tmp_path):
    file = ledger_of(tmp_path, published_test() | {"quantity": "steps_to_tran"})
    done = judged(file, "published", tmp_path)
    assert done.returncode == 1
    assert "did you mean 'steps_to_train'?" in done.stderr
    assert "mine_claims.yaml:" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_tidy_tables_of_a_study_give_the_verdicts_of_its_own_page(finished: Project) -> None:
    claims = pd.read_csv(finished.folder / "reports/smoke/claims.csv", dtype=str)
    done = judged(LEDGER, "smoke", finished.folder)
    assert done.returncode == 0, done.stderr
    for claim in claims.itertuples():
        assert f"\n{claim.id}  {claim.verdict.upper()}: " in f"\n{done.stdout}"
