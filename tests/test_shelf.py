"""The shelf: its list, its cards and its index, and a measurement that is compared with a card."""

from __future__ import annotations

import re

import numpy as np
import pytest
import yaml
from jsonschema import Draft202012Validator
from project import CHECKOUT

from bnlab.card.properties import MEASURES
from bnlab.networks.initializers import TRUNCATED_DEVIATION
from bnlab.study.card import Card, Outcome, Property, Training
from bnlab.study.schema import SCHEMAS
from shelf import check, declaration, index, measure
from shelf.__main__ import main
from shelf.wrappers import draws, masks, spectral


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory, the project's folder."""
    monkeypatch.chdir(CHECKOUT)


@pytest.fixture
def shelf() -> declaration.Shelf:
    return declaration.read()


def value(key: str, number: float | str | None, under: str = "Degenerate inputs") -> Property:
    return Property(
        key=key, under=under, title=key, formula="f", unit="number", values={"rows": number}
    )


def card(*properties: Property, **changes: object) -> Card:
    about = {
        "version": 1,
        "layer": "bn",
        "options": {},
        "date": "2026-11-29",
        "versions": {"keras": "3.15.1"},
        "inputs": {"rows": [32, 64]},
        "refused": {},
        "properties": list(properties),
        "breaks": [],
    }
    return Card(**about | changes)


# --- what is in the repository ----------------------------------------------------------------


def test_every_layer_of_the_list_has_a_card_of_the_listed_version(shelf):
    cards = measure.cards(shelf)
    assert [entry.name for entry in shelf.entries() if entry.name not in cards] == []
    for entry in shelf.entries():
        each, package = cards[entry.name], shelf.frameworks[entry.framework]
        assert (each.layer, each.options) == (entry.layer, entry.options)
        Draft202012Validator(SCHEMAS["scorecard"]()).validate(each.model_dump())
        if package in shelf.packages:
            assert each.versions[package].partition("+")[0] == shelf.packages[package]


def test_no_card_is_there_that_the_list_does_not_name(shelf):
    names = {entry.name for entry in shelf.entries()}
    there = {
        file.parent.relative_to("cards").as_posix() for file in declaration.FOLDER.rglob("*.json")
    }
    assert there - names - {"."} == set()


def test_the_index_is_made_of_the_cards(shelf):
    page = index.page(shelf, measure.cards(shelf), measure.records())
    assert (declaration.FOLDER / "README.md").read_text("utf8") == page, "run `make cards`"


def test_the_index_shows_properties_of_cards_and_links_them(shelf):
    assert set(shelf.lines) <= {each.key for each in MEASURES}
    page = (declaration.FOLDER / "README.md").read_text("utf8")
    for path in re.findall(r"\]\(([^)#]+)\)", page):
        assert (declaration.FOLDER / path).exists(), path


def test_keras_has_the_version_of_the_lock_file(shelf):
    lock = (CHECKOUT / "requirements.lock").read_text("utf8")
    assert re.search(r"^keras==(\S+)", lock, re.M)[1] == shelf.packages["keras"]


# --- the list ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("framework: Keras", "framework: Kerras", "unknown framework 'Kerras'"),
        ("layer: lp}", "layer: bn}", "two cards have the folder cards/bnlab/bn"),
        ("kind: rows", "knd: rows", "kind|knd"),
    ],
)
def test_a_mistake_in_the_list_is_one_sentence(tmp_path, old, new, sentence):
    file = tmp_path / "shelf.yaml"
    file.write_text(declaration.LIST.read_text("utf8").replace(old, new, 1), "utf8")
    with pytest.raises(ValueError, match=sentence) as error:
        declaration.read(file)
    assert "\n" not in str(error.value)


def test_a_layer_whose_package_is_absent_is_left_out_with_the_reason(shelf):
    other = shelf.model_copy(update={"frameworks": shelf.frameworks | {"Keras": "no_such_package"}})
    ((sentence, is_wrong),) = check.check(other, ["keras/rmsnormalization"], 1)
    assert "no_such_package is not installed" in sentence and not is_wrong


def test_every_card_is_due_once_in_a_round():
    items = list(range(21))
    weeks = -(-len(items) // check.A_WEEK)
    assert {each for week in range(weeks) for each in check.due(items, week)} == set(items)
    assert sorted(check.due([1, 2], 5)) == [1, 2]


def test_a_name_that_the_list_does_not_have_is_one_sentence(monkeypatch):
    for command in ("make", "check"):
        monkeypatch.setattr(
            "sys.argv", ["shelf", command, "cards/keras/rmsnormalisation/README.md"]
        )
        with pytest.raises(SystemExit, match="did you mean 'keras/rmsnormalization'") as ended:
            main()
        assert "\n" not in str(ended.value)


def test_a_card_of_an_earlier_formula_is_measured_anew(shelf):
    entry = next(shelf.entries())
    current = measure.cards(shelf)[entry.name]
    assert measure._is_current(current, entry, shelf)
    first, *rest = current.properties
    earlier = [first.model_copy(update={"formula": "Another one."}), *rest]
    assert not measure._is_current(current.model_copy(update={"properties": earlier}), entry, shelf)


def test_columns_of_one_framework_are_told_apart_by_their_classes(shelf):
    named = {family.title: [(each, card()) for each in family.cards] for family in shelf.families}
    labels = {title: [index._label(each, own) for each, _ in own] for title, own in named.items()}
    assert labels["Layer normalization"][1:3] == ["Keras", "PyTorch"]
    assert labels["Forms for other inputs"][-1] == "UnitNormalization"


# --- what moved -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "under", "old", "new", "moves"),
    [
        ("epsilon", "Degenerate inputs", 1e-3, 1e-3 * (1 + 1e-5), False),
        ("epsilon", "Degenerate inputs", 1e-3, 1e-5, True),
        ("output", "Degenerate inputs", 0.0, "NaN", True),
        ("output", "Degenerate inputs", "error", "error", False),
        ("output", "Degenerate inputs", 0.0, 1e-12, False),
        ("error_in_float16", "Precision", 3e-4, 6e-4, False),
        ("error_in_float16", "Precision", 3e-4, 3e-2, True),
        ("error_in_float16", "Precision", 0.0, 0.5, True),
        ("microseconds", "Cost", 100.0, 900.0, False),
        ("parameters", "Cost", 2.0, 1.0, True),
    ],
)
def test_a_value_that_moved_is_named_with_both_versions(key, under, old, new, moves):
    before = card(value(key, old, under))
    after = card(value(key, new, under), versions={"keras": "4.0"}, date="2027-01-01")
    sentences = list(check.moved("cards/keras/x", before, after))
    assert len(sentences) == moves
    for text in sentences:
        assert text.startswith(f"cards/keras/x: '{key}' on rows was ")
        assert "(2026-11-29, keras 3.15.1) and is " in text and "(2027-01-01, keras 4.0)." in text


def test_a_card_that_can_no_longer_be_measured_is_named(shelf, monkeypatch):
    def refuse(entry: declaration.Entry) -> Card:
        raise ValueError(f"{entry.layer} cannot be used: it is gone")

    monkeypatch.setattr(measure, "card", refuse)
    wrong = [text for text, is_wrong in check.check(shelf, ["bnlab/bn"], 1) if is_wrong]
    assert wrong == ["cards/bnlab/bn cannot be measured any more: bn cannot be used: it is gone"]


def test_an_input_that_newly_breaks_a_layer_is_named_and_other_words_of_its_error_are_not():
    one = "bn breaks on a batch of one row (rows): ValueError: more values."
    other = "bn breaks on a batch of one row (rows): ValueError: one is too few."
    assert list(check.moved("c", card(breaks=[one]), card(breaks=[other]))) == []
    (text,) = check.moved("c", card(), card(breaks=[one]))
    assert text == "c: it breaks on a batch of one row (rows) now (2026-11-29)."


def test_an_accuracy_moved_where_its_interval_is_apart_from_the_old_one():
    def trained(low: float, high: float) -> Card:
        outcome = Outcome(value=(low + high) / 2, low=low, high=high)
        about = {"key": "plain", "under": "u", "title": "3 layers", "unit": "accuracy"}
        return card(trainings=[Training(**about, layer=outcome, references={})])

    assert list(check.moved("c", trained(0.90, 0.94), trained(0.93, 0.96))) == []
    (text,) = check.moved("c", trained(0.90, 0.94), trained(0.95, 0.97))
    assert text == "c: the accuracy of '3 layers' has another interval than it had."


# --- tables that are no cards -----------------------------------------------------------------


def test_the_mean_is_found_from_outputs():
    for taken in (masks.TAKEN, np.ones(4, bool)):
        mean, deviation = masks.VALUES[taken].mean(), masks.VALUES[taken].std()
        assert masks._mean((masks.VALUES - mean) / deviation) == pytest.approx(mean, rel=1e-5)


def test_keras_leaves_a_masked_row_out_of_batch_normalization():
    assert masks.keras()["batch"] == pytest.approx(2)


def test_kernels_of_he_have_their_spread_and_a_plain_truncated_normal_has_that_of_its_formula():
    spreads = draws.keras()
    assert spreads["he"] == draws.ours()["he"] == pytest.approx(1, abs=5e-3)
    assert spreads["truncated"] == pytest.approx(TRUNCATED_DEVIATION, abs=5e-3)


def test_a_power_iteration_ends_at_one_and_its_values_are_those_of_the_kernel():
    held = {"kernel": spectral.KERNEL, "sigma": 2.0}

    def used(train: bool) -> np.ndarray:
        """Divide by a number that halves its distance from σ in each step."""
        true = np.linalg.norm(held["kernel"], 2)
        held["sigma"] += (true - held["sigma"]) / 2 if train else 0
        return held["kernel"] / held["sigma"]

    def store(kernel: np.ndarray) -> None:
        held["kernel"] = kernel

    values = spectral.measured(lambda seed: (used, lambda: held["kernel"], store))
    assert values["settled"] == pytest.approx(1, rel=1e-5)
    assert values["kept"] == pytest.approx(1)
    assert spectral.TABLE.lines.keys() == values.keys()


def test_the_workflow_checks_the_cards_of_a_pull_request():
    workflow = yaml.safe_load((CHECKOUT / ".github/workflows/cards.yml").read_text("utf8"))
    (job,) = workflow["jobs"].values()
    commands = " ".join(step.get("run", "") for step in job["steps"])
    assert "make check-cards" in commands and "make test-layers" in commands
