"""The README's program computes every verdict again from what is published, with SciPy alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import test_claims

from bnlab.analysis import claims
from bnlab.analysis.earlier import Earlier
from bnlab.files import read_csv, save_csv
from bnlab.study.ledger import Ledger
from bnlab.study.names import PUBLISHED

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")
(PROGRAM,) = re.findall(r"^```python\n(import csv\n.*?)^```", README, re.MULTILINE | re.DOTALL)


def recomputed(folder: Path) -> dict[int, str]:
    """Return the output of the program in a folder with ``reports/published``."""
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", PROGRAM],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return {int(number): verdict for number, verdict in map(str.split, done.stdout.splitlines())}


def judged(table: pd.DataFrame) -> dict[int, str]:
    tested = table[table["regions"] > 0]
    return dict(zip(tested["id"], tested["verdict"], strict=True))


def of_every_kind() -> Ledger:
    """Return claims on differences, ratios, values and margins, one of them measured too coarsely."""
    of = test_claims.effect
    faster = {"quantity": "steps_to_test", "level": 0.9, "compare": "bn / base"}
    each = {
        "difference": [of(quantity="mean_test_accuracy")],
        "open": [of()],
        "ratio": [of(quantity="test_loss", compare="bn / base", rule={"below": 5})],
        "value": [of(compare="bn", rule={"above": 0.5}), of(compare="bn", rule={"below": 0.5})],
        "margin": [
            of(quantity="mean_test_accuracy", rule={"within": [-0.9, 0.9]}),
            of(quantity="mean_test_accuracy", rule={"within": [-0.01, 0.01]}, primary=False),
        ],
        "two thresholds": [
            of(quantity="mean_test_accuracy"),
            of(quantity="mean_test_accuracy", rule={"above": 0.05}),
            of(quantity="mean_train_accuracy", rule={"above": 0.03}),
        ],
        "coarse": [of(**faster, rule={"below": 1})],
        "constant": [of(quantity="class_auc_rank", rule={"below": 2.5}, **{"class": 1})],
    }
    entries = [
        test_claims.ledger_of(*tests, id=number, topic=topic).claims[0]
        for number, (name, tests) in enumerate(each.items(), 1)
        for topic in ["one" if number % 2 else name]
    ]
    entries += [
        test_claims.ledger_of(*each["value"], id=20, needs="all").claims[0],
        test_claims.ledger_of(*each["value"], id=23, needs="one").claims[0],
        test_claims.ledger_of(*each["open"], id=24, needs="one").claims[0],
        test_claims.ledger_of(*each["difference"], id=21, unjudged="a half of it").claims[0],
        test_claims.ledger_of(id=22, untested="Needs ImageNet.").claims[0],
    ]
    return test_claims.ledger_of(of()).model_copy(update={"claims": entries})


RESULTS = test_claims.crossing(base=[200] * 4, bn=[100] * 4)


def test_it_agrees_on_differences_ratios_values_margins_and_what_is_too_coarse(tmp_path):
    ledger = of_every_kind()
    tables = claims.judge_ledger(ledger, test_claims.STUDY, RESULTS, test_claims.find_quantity)
    for name, table in tables._asdict().items():
        save_csv(tmp_path / PUBLISHED / f"{name}.csv", table)
    assert recomputed(tmp_path) == judged(tables.claims)
    assert len(set(judged(tables.claims).values())) == 4


def test_what_is_taken_as_published_gets_the_verdicts_that_its_results_get(tmp_path):
    ledger, study = of_every_kind(), test_claims.STUDY
    tables = claims.judge_ledger(ledger, study, RESULTS, test_claims.find_quantity)
    for name, table in tables._asdict().items():
        save_csv(tmp_path / f"{name}.csv", table)
    earlier = Earlier(*(read_csv(tmp_path / f"{name}.csv") for name in ("effects", "replicates")))
    again = claims.judge_ledger(ledger, study, {}, test_claims.find_quantity, earlier)
    for name, table in again._asdict().items():
        save_csv(tmp_path / "again.csv", table)
        pd.testing.assert_frame_equal(
            read_csv(tmp_path / "again.csv"), read_csv(tmp_path / f"{name}.csv"), rtol=1e-5
        )


def test_a_test_that_decides_otherwise_than_the_published_one_is_not_judged_by_it():
    study, of = test_claims.STUDY, test_claims.effect
    tables = claims.judge_ledger(
        test_claims.ledger_of(of()), study, RESULTS, test_claims.find_quantity
    )
    earlier = Earlier(tables.effects, tables.replicates)
    changed = test_claims.ledger_of(of(rule={"above": 0.01}))
    claim = claims.judge_ledger(changed, study, {}, test_claims.find_quantity, earlier).claims.iloc[
        0
    ]
    assert claim["verdict"] == "not tested here"
    assert "what is published was not measured for this test" in claim["reason"]


@pytest.mark.skipif(
    not (ROOT / PUBLISHED / "replicates.csv").exists(), reason="nothing is published in this form"
)
def test_it_agrees_with_every_published_verdict():
    published = judged(read_csv(ROOT / PUBLISHED / "claims.csv"))
    assert len(published) >= 24
    assert recomputed(ROOT) == published
