"""tests/recompute.py computes every verdict again from what is published, with SciPy alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import recompute
import test_claims

from bnlab.analysis import claims
from bnlab.analysis.claims import Judged
from bnlab.analysis.earlier import Earlier
from bnlab.analysis.quantities import Results
from bnlab.files import read_csv, save_csv
from bnlab.page.ledger import SETTLED_BY
from bnlab.study.ledger import Effect, Ledger
from bnlab.study.names import PUBLISHED

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tests" / "recompute.py"


def recomputed(folder: Path) -> dict[str, str]:
    """Return the verdicts that the program prints on the tables in a folder."""
    done = subprocess.run(
        [sys.executable, PROGRAM, folder], capture_output=True, text=True, check=True
    )
    return dict(line.split("\t") for line in done.stdout.splitlines())


def judged(table: pd.DataFrame) -> dict[str, str]:
    tested = table[(table["tests"] > 0) & ~table["decided_by"].isin(SETTLED_BY)]
    return dict(zip(tested["id"], tested["verdict"], strict=True))


def test_it_needs_nothing_but_scipy_and_the_standard_library():
    names = {
        getattr(node, "module", None) or node.names[0].name
        for node in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.partition(".")[0] for name in names} <= {*sys.stdlib_module_names, "scipy"}


def of_every_kind() -> Ledger:
    """Return claims on differences, ratios, values, margins and shares, one of them measured too coarsely."""
    of = test_claims.effect
    faster = {"quantity": "steps_to_test", "level": 0.9, "compare": "bn / base"}
    failing = {"experiment": "outside_the_gradient", "quantity": "failed_share", "compare": "bn"}
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
        "open end": [
            of(**faster, rule={"above": 2}),
            of(**faster, rule={"below": 0.9}),
            of(**faster, rule={"within": [0.05, 1.9]}),
        ],
        "share": [
            of(**failing, rule={"below": 0.6}),
            of(**failing, rule={"above": 0.5}),
            of(**failing, rule={"below": 0.1}),
            of(**failing, rule={"within": [-0.1, 0.7]}, primary=False),
        ],
        "constant": [of(quantity="class_auc_rank", rule={"below": 2.5}, **{"class": 1})],
    }
    far = [each["value"][1], of(compare="bn", primary=False, rule={"above": 0.5})]
    entries = [
        test_claims.ledger_of(*tests, id=number, topic=topic).claims[0]
        for number, (name, tests) in enumerate(each.items(), 1)
        for topic in ["one" if number % 2 else name]
    ]
    entries += [
        test_claims.ledger_of(*each["value"], id=20, needs="all").claims[0],
        test_claims.ledger_of(*each["value"], id=23, needs="one").claims[0],
        test_claims.ledger_of(*each["open"], id=24, needs="one").claims[0],
        test_claims.ledger_of(*each["difference"], id="21b", unjudged="a half of it").claims[0],
        test_claims.ledger_of(each["value"][1], id=25, observation=True).claims[0],
        test_claims.ledger_of(*far, id=26, needs="one").claims[0],
        test_claims.ledger_of(*far, id="26a").claims[0],
        test_claims.ledger_of(id=22, untested="Needs ImageNet.").claims[0],
    ]
    return test_claims.ledger_of(of()).model_copy(update={"claims": entries})


RESULTS = test_claims.crossing(base=[*[200] * 7, np.nan], bn=[100] * 8)


def saved(folder: Path, results: Mapping[str, Results], earlier: Earlier | None = None) -> Judged:
    """Judge claims of every kind and write the tables into a folder."""
    ledger, study = of_every_kind(), test_claims.STUDY
    tables = claims.judge_ledger(ledger, study, results, test_claims.find_quantity, earlier)
    for name, table in tables._asdict().items():
        save_csv(folder / f"{name}.csv", table)
    return tables


def test_it_agrees_on_claims_of_every_kind(tmp_path):
    tables = saved(tmp_path, RESULTS)
    assert recomputed(tmp_path) == judged(tables.claims)
    assert set(judged(tables.claims).values()) == {
        *("supported", "mixed", "refuted", "not reproduced", "undecided")
    }
    assert set(tables.effects["distribution"]) == {"t", "binomial"}
    assert tables.effects["coarse"].any()
    assert (tables.effects["low"] == 0).any()  # an open end of a ratio


def test_it_agrees_that_four_replicates_decide_nothing(tmp_path):
    few = {
        name: {source: t[t["replicate"] < 4] for source, t in tables.items() if "replicate" in t}
        for name, tables in RESULTS.items()
    }
    tables = saved(tmp_path, few)
    assert recomputed(tmp_path) == judged(tables.claims)
    assert set(judged(tables.claims).values()) == {"undecided"}


def test_it_computes_the_published_p_and_interval_of_each_effect(tmp_path):
    tables = saved(tmp_path, RESULTS)
    rows = recompute.read(str(tmp_path), "replicates")
    for effect, row in zip(
        recompute.read(str(tmp_path), "effects"), tables.effects.itertuples(), strict=True
    ):
        own = [r for r in rows if (r["claim"], r["test"]) == (effect["id"], effect["test"])]
        assert recompute.judge(effect, own, 0.05)[0] == pytest.approx(row.p, rel=1e-4, abs=1e-12)


def test_what_is_taken_as_published_gets_the_verdicts_that_its_results_get(tmp_path):
    saved(tmp_path, RESULTS)
    saved(tmp_path / "again", {}, published(tmp_path))
    for name in Judged._fields:
        pd.testing.assert_frame_equal(
            read_csv(tmp_path / "again" / f"{name}.csv"),
            read_csv(tmp_path / f"{name}.csv"),
            rtol=1e-5,
        )


def test_what_is_taken_as_published_has_the_words_of_today(tmp_path):
    words = saved(tmp_path, RESULTS).effects["effect"]
    earlier = published(tmp_path)
    before = earlier.effects["effect"].str.replace(" minus ", " less ")
    earlier = earlier._replace(effects=earlier.effects.assign(effect=before))
    assert list(saved(tmp_path / "again", {}, earlier).effects["effect"]) == list(words)
    assert list(before) != list(words)


def published(folder: Path) -> Earlier:
    return Earlier(*(read_csv(folder / f"{name}.csv") for name in ("effects", "replicates")))


def judged_by_what_is_published(folder: Path, test: Effect) -> pd.Series:
    """Return the claim of this test, judged by the published effects of a claim that rests on another one."""
    of, study = test_claims.effect, test_claims.STUDY
    first = test_claims.ledger_of(of(quantity="mean_test_accuracy"))
    tables = claims.judge_ledger(first, study, RESULTS, test_claims.find_quantity)
    for name, table in tables._asdict().items():
        save_csv(folder / f"{name}.csv", table)
    ledger = test_claims.ledger_of(test)
    find = test_claims.find_quantity
    return claims.judge_ledger(ledger, study, {}, find, published(folder)).claims.iloc[0]


def test_published_values_are_judged_anew_by_a_changed_rule(tmp_path):
    changed = test_claims.effect(quantity="mean_test_accuracy", rule={"above": 0.9}, claimed=1.0)
    assert judged_by_what_is_published(tmp_path, changed)["verdict"] == "refuted"


def test_a_test_of_another_quantity_is_not_judged_by_what_is_published(tmp_path):
    claim = judged_by_what_is_published(tmp_path, test_claims.effect())
    assert claim["verdict"] == "not tested here"
    assert "what is published was not measured for this test" in claim["not_known"]


@pytest.mark.skipif(
    not (ROOT / PUBLISHED / "replicates.csv").exists(), reason="nothing is published in this form"
)
def test_it_agrees_with_every_published_verdict():
    verdicts = judged(read_csv(ROOT / PUBLISHED / "claims.csv"))
    assert len(verdicts) >= 24
    assert recomputed(ROOT / PUBLISHED) == verdicts
