"""Mistakes in the first screen and the claims by papers: each has one line, before anything is trained."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd
import pytest
import yaml
from project import CHECKOUT
from test_front import CONFIG, LOCAL

from bnlab.files import JobError
from bnlab.page.contents import Item
from bnlab.page.front_picture import panels
from bnlab.study.front import Picture
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.locations import ConfigError

LEDGER = yaml.safe_load((CHECKOUT / "workflow" / "claims.yaml").read_text("utf8"))
SMALL = LEDGER | {
    "claims": [claim for claim in LEDGER["claims"] if claim["id"] in (24, 49)],
    "papers": LEDGER["papers"][:1],
    "scorecard": [],
    "documents": None,
}
TESTS = ("papers", 0, "parts", 0, "tests")
DECIDED = ("front", "statements", 0, "decided_by")


def problem(tmp_path, key: tuple[Any, ...], value: Any) -> str:
    """Return what is said of the ledger with this value."""
    changed = copy.deepcopy(SMALL)
    place: Any = changed
    for part in key[:-1]:
        place = place[part]
    place[key[-1]] = value
    return said_of(tmp_path, yaml.safe_dump(changed, sort_keys=False))


def said_of(tmp_path, text: str) -> str:
    file = tmp_path / "ledger.yaml"
    file.write_text(text, encoding="utf8")
    with pytest.raises(ConfigError) as error:
        load_ledger(file, CONFIG, (LOCAL,))
    assert str(error.value).startswith(str(file))
    return str(error.value)


@pytest.mark.parametrize(
    "test", ["49", "49/0", "49/¹", "49/١", "49/1 ", "zz/1", "49/" + 5000 * "9"]
)
def test_what_is_no_test_of_a_claim_is_refused_with_an_example(tmp_path, test):
    said = problem(tmp_path, TESTS, [test])
    assert said.endswith("is no test (allowed: 49/1, the first test of claim 49)")
    assert "\n" not in said


def test_a_test_that_a_paper_names_twice_is_refused(tmp_path):
    assert "'49/1' appears twice and would count twice" in problem(tmp_path, TESTS, ["49/1"] * 2)
    parts = [{"tests": ["49/1"]}, {"words": "so", "tests": ["49/2", "49/1"]}]
    said = problem(tmp_path, TESTS[:3], parts)
    assert said.endswith("papers.0.parts.1.tests.1: '49/1' appears twice and would count twice")


@pytest.mark.parametrize("url", ["", "http://x", "https://a b", 'https://x"><b>', "javascript:f()"])
def test_what_is_no_address_is_refused_as_one(tmp_path, url):
    said = problem(tmp_path, ("papers", 0, "url"), url)
    assert said.endswith("is no address (allowed: https:// and what follows, without spaces)")


def test_a_text_of_spaces_is_empty(tmp_path):
    assert problem(tmp_path, ("papers", 0, "claim"), " \n ").endswith(
        "claim: is empty (allowed: at least one entry)"
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    "key", [(*DECIDED[:3], "margin"), *((*DECIDED, n) for n in ("factor", "neutral"))]
)
def test_a_number_without_a_value_is_refused(tmp_path, key, number):
    assert problem(tmp_path, key, number).endswith(f"{key[-1]}: {number} is not a number")


@pytest.mark.parametrize("factor", [0, -100])
def test_a_factor_turns_no_sign(tmp_path, factor):
    said = problem(tmp_path, (*DECIDED, "factor"), factor)
    assert said.endswith(f"factor: {factor} is too small (allowed: above 0.0)")


def test_a_method_is_in_the_picture_once(tmp_path):
    said = problem(tmp_path, ("front", "picture", "methods"), ["bn", "base", "bn"])
    assert said.endswith("front.picture.methods.2: 'bn' appears twice")


STATEMENT = ("front", "statements", 1)
INSTEAD = ("front", "statements", 2, "instead")
PICTURE = ("front", "picture")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ((*DECIDED, "column"), "less_bas", "decided_by: unknown column 'less_bas' in the table"),
        ((*DECIDED, "column"), "tried", "decided_by: unknown column 'tried_low' in the table"),
        ((*DECIDED, "where"), {"methd": "bn"}, "unknown column 'methd' in the table best_rates of"),
        ((*DECIDED, "at_least"), {"tries": 5}, "unknown column 'tries'"),
        (
            (*STATEMENT, "cells", "bn", "column"),
            "meen",
            "statements.1.cells.bn: unknown column 'meen'",
        ),
        ((*INSTEAD, "decided_by", "column"), "diff", "statements.2.instead.decided_by: unknown"),
        ((*DECIDED, "table"), "effects", "unknown column 'method' in the table effects of"),
        ((*PICTURE, "rates", "where"), {"bach": 60}, "front.picture.rates: unknown column 'bach'"),
        ((*PICTURE, "ranges", "table"), "rates", "front.picture.ranges: unknown column 'lowest'"),
        (
            (*PICTURE, "batches", "table"),
            "stability",
            "front.picture.batches: unknown column 'metric'",
        ),
    ],
)
def test_a_column_that_a_table_lacks_is_named_with_those_it_has(tmp_path, key, value, said):
    text = problem(tmp_path, key, value)
    assert said in text and "(allowed: " in text and "dataset_label, " in text
    assert "\n" not in text


def test_a_file_that_holds_itself_or_a_control_character_is_refused(tmp_path):
    said = said_of(tmp_path, "front: &a\n  statements: [*a]\n")
    assert said.endswith("has a part inside itself (*name below its own &name)")
    assert said_of(tmp_path, "scope: \x00\n").endswith(
        "control character, which YAML does not allow"
    )


@pytest.mark.parametrize("column", ["mean", "learning_rate", "batch"])
def test_a_table_that_lacks_a_column_of_the_picture_is_named(tmp_path, column):
    row = {"method": "bn", "batch": 60, "learning_rate": 0.1, "dataset_label": "A", "n": 5}
    row |= {"mean": 0.9, "low": 0.8, "high": 1.0}
    pd.DataFrame([row]).drop(columns=column).to_csv(tmp_path / "rates.csv", index=False)
    curves = {"experiment": "learning_rate", "table": "rates", "where": {"batch": 60}}
    picture = Picture.model_validate(
        {"methods": ["bn"], "rates": curves, "ranges": curves, "batches": curves}
    )
    item = Item("learning_rate", "mnist", "all_recipes", "rates", tmp_path / "rates.csv")
    with pytest.raises(JobError, match=f"the table rates of learning_rate lacks {column} for the"):
        panels(picture, [item], {"bn": "BN"})


def test_a_topic_that_the_ledger_does_not_declare_is_refused_where_it_declares_any(tmp_path):
    said = problem(tmp_path, ("claims", 0, "topic"), "batch sizes")
    assert said.count("\n") == 0
    assert (
        "topic: unknown topic 'batch sizes'; did you mean 'batch size'? (allowed: mechanism,"
        in said
    )
    free = copy.deepcopy(SMALL) | {"topics": []}
    free["claims"][0]["topic"] = "a topic of my own"
    file = tmp_path / "free.yaml"
    file.write_text(yaml.safe_dump(free, sort_keys=False))
    assert load_ledger(file, CONFIG, (LOCAL,)).claims[0].topic == "a topic of my own"
