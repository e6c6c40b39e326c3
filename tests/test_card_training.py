"""Trainings of a card: outcomes against closed forms, references, comparison of cards, and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from card_layers import MINE
from jsonschema import Draft202012Validator
from scipy import stats

from bnlab import same
from bnlab.card import (
    comparison,
    formats,
    measure,
    outcomes,
    page,
    properties,
    score,
    tables,
    training,
)
from bnlab.card import plan as planning
from bnlab.card.outcomes import Trained
from bnlab.files import as_json
from bnlab.networks.block import Method
from bnlab.study.card import Card, Property, Training
from bnlab.study.schema import SCHEMAS


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory, with classes of a user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)


TINY = """\
data: {source: bundled, label: digits, name: digits, shape: {rows: 1797, features: 64, classes: 10, image: [8, 8, 1]},
  split: {test: 0.4, validation: 0.1}, scaling: min_max}
replicates: 5
settings:
  rows: {title: rows, inputs: rows, network: {perceptron: [32]}, batch: 8, steps: 1, rates: [0.1], seconds: 1}
  one: {title: batches of 1, inputs: rows, network: {perceptron: [32]}, batch: 1, steps: 1, rates: [0.1], seconds: 1}
  images:
    {title: images, inputs: images, network: {residual_convolutional: [32]}, batch: 8, steps: 1, rates: [0.1],
     seconds: 2}
cards:
  full:
    - {under: Accuracy, shows: accuracy, settings: [rows, images, one]}
    - {under: Sensitivity, shows: sensitivity, settings: [images]}
    - {under: Limits, shows: smallest_batch, title: smallest batch, size: batch, settings: [one, rows]}
references: {none: {}}
"""


def of_replicates(*accuracy: float, rate: float = 0.1, at_end: bool = False) -> Trained:
    """A method that was trained, with a sensitivity of a half."""
    return Trained(
        accuracy=[*accuracy],
        by_rate=[0.1, 0.9],
        sensitivity=[0.5] * len(accuracy),
        rate=rate,
        at_end=at_end,
    )


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plan of three settings of one step, with a reference that is nearly always right."""
    settings = dict.fromkeys(
        ("rows", "one", "images"), of_replicates(0.9, 0.9, 0.91, 0.92, 0.9).model_dump()
    )
    for name, text in (("PLAN", TINY), ("REFERENCES", json.dumps({"none": settings}))):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(planning, name, tmp_path / name)
    monkeypatch.setattr(measure, "MEASURES", properties.MEASURES[:1])
    _forget()
    yield
    _forget()


def _forget() -> None:
    for function in (planning.plan, planning.references):
        function.cache_clear()


def test_every_reference_of_the_plan_has_every_setting_at_one_of_its_rates():
    known, settings = planning.references(), planning.plan()["settings"]
    assert list(known) == list(planning.plan()["references"])
    assert len(known) == 10
    for of_settings in known.values():
        assert list(of_settings) == list(settings)
        for key, one in of_settings.items():
            rates = settings[key]["rates"]
            assert one.rate in rates and one.at_end == (one.rate in (rates[0], rates[-1]))
            assert len(one.by_rate) == len(rates)
            assert np.mean(one.accuracy) == pytest.approx(one.by_rate[rates.index(one.rate)])
            assert len(one.accuracy) == len(one.sensitivity) == planning.plan()["replicates"]
            assert min(one.sensitivity) >= 0 and 0 <= min(one.accuracy) <= max(one.accuracy) <= 1


def test_rates_whose_sensitivity_is_shown_lie_evenly_over_three_decades():
    tables = [table for size in planning.plan()["cards"].values() for table in size]
    keys = {key for table in tables if table["shows"] == "sensitivity" for key in table["settings"]}
    assert len(keys) == 4
    for key in keys:
        decades = np.log10(planning.plan()["settings"][key]["rates"])
        np.testing.assert_allclose(np.diff(decades), 0.5, atol=0.03)
        assert np.ptp(decades) == pytest.approx(3)


def test_files_of_references_stay_small():
    assert planning.REFERENCES.stat().st_size < 200_000


@pytest.mark.slow
def test_a_layer_that_does_nothing_trains_as_the_reference_without_a_normalizer():
    setting, none = planning.plan()["settings"]["perceptron"], planning.references()["none"]
    method = Method(normalizer=same.side(["mine.py:Identity"]).reference.load())
    found = training.trained(setting, method, lambda: None)
    np.testing.assert_allclose(found.by_rate, none["perceptron"].by_rate, atol=0.01)
    np.testing.assert_allclose(found.sensitivity, none["perceptron"].sensitivity, atol=0.02)
    assert found.rate == none["perceptron"].rate


def test_the_rate_is_chosen_by_validation_and_judged_by_test(monkeypatch):
    parts = {
        0.1: ([0.9, 0.9], [0.7, 0.8], [1.0, 1.0]),
        1: ([0.8, 0.9], [1, 1], [0.5, np.nan]),
    }
    monkeypatch.setattr(training, "_run", lambda setting, rate, method, before: rate)
    monkeypatch.setattr(training, "_last", lambda rate: tuple(map(np.array, parts[rate])))
    monkeypatch.setattr(training, "_first_losses", lambda rate: np.array([2.0, 2.0]))
    found = training.trained({"rates": [*parts]}, Method(), lambda: None)
    assert (found.rate, found.accuracy, found.at_end) == (0.1, [0.7, 0.8], True)
    assert found.by_rate == [0.75, 1]
    assert found.sensitivity == [
        0.25,
        0.5,
    ]  # (1 + 0.5)/2 − 0.5, and (1 + 2)/2 − 1 with a start of 2


def test_sensitivity_is_zero_where_every_rate_ends_alike_and_the_fall_of_the_loss_where_one_alone_trains():
    first = np.full(3, 2.3)
    assert outcomes.sensitivity(np.full((7, 3), 0.4), first) == pytest.approx([0, 0, 0])
    losses = np.full((7, 3), np.nan)
    losses[2] = 0.4
    assert outcomes.sensitivity(losses, first) == pytest.approx([6 / 7 * (2.3 - 0.4)] * 3)
    assert outcomes.sensitivity(losses.clip(max=9), first) == pytest.approx(
        [6 / 7 * (2.3 - 0.4)] * 3
    )


def test_the_smallest_batch_is_the_last_one_down_to_which_a_method_is_within_a_point():
    none = [of_replicates(*[0.9] * 5)] * 3
    sure, worse = of_replicates(*[0.895] * 5), of_replicates(*[0.8] * 5)
    unsure = of_replicates(
        0.86, 0.87, 0.89, 0.91, 0.92
    )  # 89.0 % in the mean, within 85.8 and 92.2 %
    ask = outcomes.smallest_batch
    found = [
        ask([1, 2, 64], method, none) for method in ([sure] * 3, [sure, worse, sure], [worse] * 3)
    ]
    assert [each.value for each in found] == [1, 64, None]
    between = ask([1, 2, 64], [worse, unsure, sure], none)
    assert (between.value, between.low, between.high) == (64, 2, 64)


def test_the_most_layers_are_those_up_to_which_the_accuracy_is_at_least_80_percent():
    good, bad, unsure = (
        of_replicates(*each) for each in ([0.9] * 5, [0.1] * 5, [0.7, 0.75, 0.85, 0.9, 0.85])
    )
    ask = outcomes.most_layers
    found = [ask([3, 10, 30], method, []) for method in ([good] * 3, [good, bad, good], [bad] * 3)]
    assert [each.value for each in found] == [30, 3, None]
    between = ask([3, 10, 30], [good, unsure, bad], [])
    assert (between.value, between.low, between.high) == (10, 3, 10)


def test_a_replicate_that_diverges_has_the_accuracy_of_a_guess():
    setting = {
        "network": {"perceptron": [8]},
        "batch": 60,
        "steps": 5,
        "initializer": "normal_1",
        "rates": [1e30],
    }
    found = training.trained(setting, Method(), lambda: None)
    y = planning.split().y_test
    assert found.accuracy == pytest.approx([np.bincount(y).max() / len(y)] * 5)
    assert found.sensitivity == [0] * 5


def test_a_layer_of_images_is_trained_where_the_network_has_images(tiny):
    shares: list[tuple[float, str]] = []
    found = measure.card(same.side(["mine.py:OfImages"]), "full", lambda *each: shares.append(each))
    assert [each.key for each in found.trainings] == ["images", "sensitivity_images"]
    assert all(each.layer for each in found.trainings)
    done = [share for share, _ in shares]
    assert done == sorted(done) and (done[0], done[-1]) == (0, 1)
    assert [part for part, _ in groupby(part for _, part in shares)][-1] == "images"


def test_a_layer_that_stops_in_training_has_a_sentence_and_the_other_outcomes(tiny):
    found = measure.card(same.side(["mine.py:Refuses"]), "full", lambda *each: None)
    by_key = {each.key: each.layer for each in found.trainings}
    assert by_key["one"] is by_key["smallest_batch"] is None
    assert by_key["rows"] and by_key["images"]
    assert "mine.py:Refuses stops in training (batches of 1): " in found.breaks[-1]
    assert "| this layer |" in formats.markdown(found) and "error" in formats.markdown(found)


def test_an_error_that_stops_several_trainings_is_one_sentence(tiny, monkeypatch):
    def stop(*_: object) -> None:
        raise RuntimeError("no step.")

    monkeypatch.setattr(measure, "trained", stop)
    found = measure.card(same.side(["mine.py:Identity"]), "full", lambda *each: None)
    (sentence,) = found.breaks
    settings = "rows; batches of 1; images"
    assert sentence == f"mine.py:Identity stops in training ({settings}): RuntimeError: no step."
    assert all(each.layer is None for each in found.trainings)


def test_a_card_of_properties_alone_trains_nothing(tiny):
    assert (
        measure.card(same.side(["mine.py:OfImages"]), "properties", lambda *each: None).trainings
        == []
    )


def question(layer: Trained | None, key: str = "perceptron", **references: Trained) -> Training:
    """A question to a layer and to references, answered by accuracies."""
    return Training(
        key=key,
        under="Test accuracy, %",
        title="3 layers",
        unit="accuracy",
        layer=layer and outcomes.accuracy(layer),
        references={name: outcomes.accuracy(one) for name, one in references.items()},
    )


def card_of(*trainings: Training, scale: str = "Small networks", change: float = 0.5) -> Card:
    """A card with a property and some trainings."""
    shown = Property(
        key="scale",
        under="Invariance",
        title="scale of inputs",
        formula="Change.",
        unit="change",
        values={"rows": change, "images": None},
    )
    return Card(
        version=1,
        layer="mine.py:Identity",
        options={},
        date="2026-01-01",
        versions={"bnlab": "0.1"},
        inputs={"rows": [32, 64], "images": [8, 6, 5, 64]},
        refused={},
        properties=[shown],
        scale=scale,
        trainings=[*trainings],
        breaks=[],
    )


MIDDLE = (0.90, 0.91, 0.92, 0.93, 0.94)
ABOVE = (0.93, 0.93, 0.95, 0.95, 0.97)


def test_references_are_marked_whose_paired_difference_from_the_layer_has_no_0_in_its_interval():
    known = {"better": ABOVE, "same": MIDDLE[::-1], "worse": [0.5] * 5}
    one = question(
        of_replicates(*MIDDLE, at_end=True), **{n: of_replicates(*v) for n, v in known.items()}
    )
    (table,) = tables.outcomes([one])
    rows = {name: str(cell) for name, (cell,) in table.rows}
    assert rows["this layer"].startswith("92.0* (") and "▲" not in rows["this layer"]
    assert rows["better"].endswith("▲") and rows["worse"].endswith("▼")
    assert not {"▲", "▼"} & set(rows["same"])
    assert rows["number of ▲ and of ▼"] == "1 and 1"


def test_strips_reach_from_the_lowest_to_the_highest_end_of_a_column():
    one = question(of_replicates(*MIDDLE), none=of_replicates(*ABOVE))
    ((_, (own,)), (_, (none,)), _) = next(tables.outcomes([one])).rows
    assert own.strip.low == 0 and none.strip.high == 100
    assert own.strip.low < own.strip.value < own.strip.high


def test_the_difference_of_two_cards_is_that_of_pairs_with_students_interval():
    cards = [card_of(question(of_replicates(*values))) for values in (ABOVE, MIDDLE)]
    (table,) = comparison.tables(*cards)
    ((title, cells),) = table.rows
    less = 100 * (np.array(ABOVE) - MIDDLE)
    low, high = stats.t.interval(0.95, 4, less.mean(), stats.sem(less))
    assert title == "3 layers"
    assert str(cells[2]) == f"+{less.mean():.1f} (+{low:.1f} to +{high:.1f})"


def test_cards_that_are_alike_differ_in_no_property_and_others_in_those_of_both():
    one, other = card_of(question(of_replicates(*MIDDLE))), card_of(change=0.0)
    assert [table.heading for table in comparison.tables(one, one)] == ["Test accuracy, %"]
    (table,) = comparison.tables(one, other)
    assert [(name, list(map(str, cells))) for name, cells in table.rows] == [
        ("scale of inputs, rows", ["no, 0.5", "yes"])
    ]


def test_two_changes_that_are_nearly_none_are_no_difference_of_cards():
    small, smaller, none = (card_of(change=change) for change in (2e-4, 1e-4, 0.0))
    assert not [*comparison.tables(small, smaller)]
    assert [*comparison.tables(small, none)]


def test_a_trained_card_keeps_to_its_schema_and_its_page_needs_no_other_file():
    one = question(of_replicates(*MIDDLE), none=of_replicates(*ABOVE))
    card = card_of(one, scale="Small networks on 9 rows")
    content = json.loads(as_json(card.model_dump()))
    Draft202012Validator(SCHEMAS["scorecard"]()).validate(content)
    assert Card.model_validate(content) == card
    html = page.page(card)
    assert "Small networks on 9 rows" in html and "style=" not in html
    assert html.count('<svg class="interval"') == 2
    text = formats.markdown(card)
    assert "### Small networks on 9 rows" in text and "<" not in text
    assert "Means of 5 trainings" in text


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("ln", (["ln"], "full", None)),
        ("ln epsilon=1e-5 --quick", (["ln", "epsilon=1e-5"], "quick", None)),
        ("--properties ln --compare a.json", (["ln"], "properties", "a.json")),
        ("ln --quick --properties", None),
        ("ln --compare", None),
        ("--quik ln", None),
        ("epsilon=1", None),
        ("", None),
    ],
)
def test_a_command_line_is_read(words, asked):
    assert score.command(words.split()) == asked


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "usage: bnlab score"),
        ("ln --fast", "usage: bnlab score"),
        ("lm", "unknown normalizer 'lm'"),
        ("ln epsilon=-1", "ln: epsilon: "),
        ("absent.json", "absent.json cannot be read."),
        ("ln --compare mine.py", "mine.py is no card of version 1"),
    ],
)
def test_a_command_that_asks_for_nothing_ends_with_2_and_a_sentence(words, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        score.main(words.split())
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_card_that_is_read_ends_as_the_one_that_was_measured_and_is_set_beside_another(
    tmp_path, capsys
):
    sound = card_of(question(of_replicates(*MIDDLE)))
    broken = sound.model_copy(update={"breaks": ["mine.py:Identity breaks on zeros (rows): NaN."]})
    for name, card in (("sound", sound), ("broken", broken)):
        (tmp_path / f"{name}.json").write_text(as_json(card.model_dump()))
    endings = []
    for pair in (("sound", "broken"), ("broken", "sound")):
        with pytest.raises(SystemExit) as ended:
            score.main([f"{pair[0]}.json", "--compare", f"{pair[1]}.json"])
        endings.append(ended.value.code)
    assert endings == [None, broken.breaks[0]]
    assert "first less second" in capsys.readouterr().out
    assert "+0.0 (+0.0 to +0.0)" in (tmp_path / "comparison.md").read_text()
    assert "first less second" in (tmp_path / "comparison.html").read_text()


def test_time_left_is_told_line_by_line_where_there_is_no_terminal(capsys, monkeypatch):
    clock = iter([0.0, 0.0, 10.0, 40.0, 41.0, 310.0])
    monkeypatch.setattr(score.time, "monotonic", lambda: next(clock))
    progress = score.Progress()
    progress.show(0.0, "imports")
    for share, part in ((0.0, "properties"), (0.25, "rows"), (0.26, "rows"), (0.5, "tokens")):
        progress.show(share, part)
    assert capsys.readouterr().err.splitlines() == [
        "  0% done: imports",
        "  0% done: properties",
        " 25% done, 90 s left: rows",
        " 50% done, 5 min left: tokens",
    ]


def test_a_terminal_has_one_line_of_the_time_left_which_goes_at_the_end(capsys, monkeypatch):
    monkeypatch.setattr(score.sys.stderr, "isatty", lambda: True, raising=False)
    with score.Progress() as progress:
        progress.show(0.0, "properties")
        progress.show(0.5, "rows")
    text = capsys.readouterr().err
    assert text.count("\n") == 0 and "50% done" in text
    assert text.rpartition("\r")[2] == "\x1b[K"
