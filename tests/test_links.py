"""Links between claims and the figures and tables that show what they are about."""

from pathlib import Path

import pandas as pd
import pytest
import synthetic
import verdicts
from pydantic import ValidationError

from bnlab.page.contents import Item
from bnlab.page.links import Decided, decided_by, places
from bnlab.study.declaration import Experiment

GROUP = "learning_curves-digits-lr0.1"
PAGE = "experiments/learning_curves.html"


def where(*kinds: str):
    items = [
        Item("learning_curves", "digits", "lr0.1", kind, Path(f"{kind}.csv")) for kind in kinds
    ]
    return places(items, synthetic.DECLARED)


def test_a_quantity_is_found_in_the_first_figure_or_table_that_shows_it():
    known = where("final", "accuracy", "classes")
    assert known.address(GROUP, "test_accuracy") == f"{PAGE}#{GROUP}-accuracy"
    assert known.address(GROUP, "macro_auc") == f"{PAGE}#{GROUP}-classes"


def test_a_figure_that_shows_an_unknown_quantity_is_refused_by_name():
    figures = {"curve": {"title": "T", "caption": "C", "shows": ["test_acuracy"]}}
    about = {"title": "T", "question": "Q?", "figures": figures, "tables": {}}
    with pytest.raises(ValidationError, match="unknown quantity 'test_acuracy'.*test_accuracy"):
        Experiment.model_validate(about)


def test_a_quantity_that_nothing_shows_leads_to_its_group_and_an_unknown_group_nowhere():
    assert where("roc").address(GROUP, "test_accuracy") == f"{PAGE}#{GROUP}"
    assert where().address(GROUP, "test_accuracy") is None


def test_a_figure_names_the_claims_that_it_decides_each_once_and_none_that_it_only_bounds():
    ledger = verdicts.ledger()
    rows = [
        verdicts.effect(2, 1, 1.0, 0.5, 1.5, "supported", quantity="test_accuracy"),
        verdicts.effect(2, 2, 1.0, 0.5, 1.5, "refuted", quantity="test_accuracy"),
        verdicts.effect(3, 1, 1.0, 0.5, 1.5, "refuted", quantity="test_accuracy", primary=False),
        verdicts.effect(4, 1, 1.0, 0.5, 1.5, "refuted", quantity="auc_range"),
    ]
    found = decided_by(where("accuracy"), ledger.claims, pd.DataFrame(rows))
    (verdict,) = ledger.claims.query("id == '2'")["verdict"]
    assert found == {f"{GROUP}-accuracy": [Decided("2", verdict, "claims.html#claim-2")]}


def test_the_pages_lead_from_a_claim_to_its_figure_and_back(tmp_path):
    synthetic.write_report(tmp_path, ledger=verdicts.ledger())
    claims, curves = ((tmp_path / name).read_text("utf8") for name in ("claims.html", PAGE))
    claim = claims.partition('id="claim-2"')[2].partition("</tbody>")[0]
    assert f'href="{PAGE}#{GROUP}-accuracy"' in claim
    figure = curves.partition(f'<figure id="{GROUP}-accuracy">')[2].partition("</figure>")[0]
    assert 'href="../claims.html#claim-2"' in figure
