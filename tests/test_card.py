"""The card of a normalizer: properties against theory and formulas in NumPy, and inputs that break a layer."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from card_layers import MINE
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from bnlab import same
from bnlab.card import damage, divisor, formats, measure, page, properties, score, signal, tables
from bnlab.card.subject import INPUTS, Subject, weights_like
from bnlab.study.card import Card, Property
from bnlab.study.schema import SCHEMAS


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with classes of a user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def layer(text: str, kind: str = "rows") -> Subject:
    return Subject(same.side(text.split()), INPUTS[kind])


def whether(text: str, names: str, kind: str = "rows") -> list[bool]:
    """Return for each property whether a layer has it, up to ε."""
    return [getattr(properties, name)(layer(text, kind)) <= tables.NEARLY for name in names.split()]


# Ba, Kiros & Hinton 2016, table 1, without weight normalization: what a layer's prediction does not change by.
TABLE_1 = (
    "scale_of_kernel shift_of_kernel scale_of_units scale_of_inputs shift_of_features scale_of_rows"
)


@pytest.mark.parametrize(
    ("method", "invariant"),
    [
        ("bn", [True, False, True, True, True, False]),
        ("ln", [True, True, False, True, False, True]),
        ("rms", [True, False, False, True, False, True]),
    ],
)
def test_invariances_are_those_of_table_1_of_ba_et_al(method, invariant):
    assert whether(method, TABLE_1) == invariant


@pytest.mark.parametrize("kind", INPUTS)
def test_batch_normalization_couples_rows_in_training_alone_and_layer_normalization_features(kind):
    bn, ln = layer("bn", kind), layer("ln over=position", kind)
    assert properties.rows_in_training(bn) > 0.01
    assert properties.rows_at_inference(bn) == properties.features(bn) == 0
    assert properties.rows_in_training(ln) == properties.rows_at_inference(ln) == 0
    assert properties.features(ln) > 0.001
    if kind != "rows":
        assert properties.positions(bn) > 0.01
        assert properties.positions(ln) == 0


def test_averages_settle_where_inference_is_as_training():
    biased = layer("bn momentum=0.9")
    assert properties.momentum(biased) == pytest.approx(0.9)
    assert properties.average_of_variance(biased) == pytest.approx(1)
    assert properties.inference_when_settled(biased) < 1e-9
    u = biased.inputs()
    training = (u - u.mean(0)) / np.sqrt(u.var(0) + 1e-3)
    start = u / np.sqrt(1 + 1e-3)
    assert properties.inference_at_start(biased) == pytest.approx(same.difference(start, training))
    without = layer("ln")
    assert properties.momentum(without) is properties.average_of_variance(without) is None


def test_a_step_on_one_row_gives_zero_and_no_gradient():
    assert properties.output_of_one_row(layer("bn")) == 0
    assert properties.gradient_of_one_row(layer("bn")) == 0


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5])
def test_the_gradient_of_layer_normalization_at_constant_rows_is_that_of_its_formula(epsilon):
    found = layer(f"ln epsilon={epsilon}")
    w = weights_like(found.inputs())
    expected = (w - w.mean(axis=1, keepdims=True)) / np.sqrt(epsilon)
    length = np.linalg.norm(expected) / np.linalg.norm(w)
    assert properties.gradient_of_constant_rows(found) == pytest.approx(length, rel=1e-6)
    assert properties.output_of_constant_rows(found) == pytest.approx(0, abs=1e-9)


def test_small_inputs_are_normalized_to_x_over_the_root_of_x_squared_plus_epsilon():
    found = layer("keras.layers:RMSNormalization epsilon=1e-6")
    u = (found.inputs() - 0.5) / 2 * 1e-4
    normal = u / np.sqrt(np.mean(u**2, axis=1, keepdims=True) + 1e-6)
    expected = np.sqrt(np.mean(normal**2))
    assert properties.size_of_small_inputs(found) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("method", "epsilon", "variance"),
    [
        ("bn epsilon=1e-5", 1e-5, 1),
        ("gn groups=8 epsilon=1e-3", 1e-3, 1),
        ("rms epsilon=1e-7", 1e-7, 1),
        ("mine.py:Unbiased", 1e-3, 32 / 31),
        ("mine.py:Identity", None, None),
        ("dyt", None, None),  # tanh has the form of no ε
    ],
)
def test_epsilon_and_the_variance_are_found_from_outputs(method, epsilon, variance):
    found = layer(method)
    assert divisor.epsilon(found) == (epsilon and pytest.approx(epsilon, rel=1e-3))
    assert divisor.variance(found) == (variance and pytest.approx(variance, rel=1e-6))


def test_an_option_that_keeps_the_old_value_is_told_from_one_that_takes_the_new_one():
    assert properties.share_by_option(layer("bn momentum=0.9")) == pytest.approx(0.75)
    assert properties.share_by_option(layer("mine.py:Mean")) == pytest.approx(0.25)
    assert properties.share_by_option(layer("ln")) is None


def test_a_start_is_corrected_where_one_step_makes_inference_as_training():
    settled = layer("bn momentum=0.0")
    assert properties.inference_after_one_step(settled) < 1e-9
    slow = layer("bn momentum=0.9 epsilon=0.001")
    u = slow.inputs()
    moved = (u - 0.1 * u.mean(0)) / np.sqrt(0.9 + 0.1 * u.var(0) + 1e-3)
    training = (u - u.mean(0)) / np.sqrt(u.var(0) + 1e-3)
    expected = same.difference(moved, training)
    assert properties.inference_after_one_step(slow) == pytest.approx(expected)


def test_a_large_offset_leaves_the_size_one_where_the_variance_is_that_of_differences():
    found = layer("keras.layers:LayerNormalization epsilon=1e-6")
    assert properties.size_at_large_offset(found) == pytest.approx(1, abs=1e-4)
    assert properties.size_at_large_offset(layer("mine.py:Identity")) == pytest.approx(
        1e4, rel=1e-4
    )


def test_errors_of_the_identity_are_zero_and_those_of_a_square_are_of_the_last_bit():
    assert properties.error_in_float16(layer("mine.py:Identity")) == 0
    assert properties.error_at_large_offset(layer("mine.py:Identity")) == 0
    assert 0 < properties.error_in_bfloat16(layer("mine.py:Square")) <= 2**-8
    assert 0 < properties.error_in_float16(layer("mine.py:Square")) <= 2**-11


def test_gradients_grow_by_batch_normalization_as_yang_et_al_say_and_not_without():
    theory = np.sqrt(np.pi / (np.pi - 1) * 58 / 57)
    assert signal.growth(layer("bn epsilon=1e-9")) == pytest.approx(theory, rel=0.01)
    assert signal.growth(layer("mine.py:Identity")) == pytest.approx(1, rel=0.02)
    assert abs(signal.cosine(layer("bn"))) < 0.03
    assert signal.cosine(layer("ln")) > 0.9


def test_memory_and_numbers_of_variables_are_counted():
    from bnlab.card import cost

    assert cost.kept(layer("mine.py:Identity")) == 0
    assert cost.kept(layer("mine.py:Square")) == 1
    assert (cost.parameters(layer("bn")), cost.state(layer("bn"))) == (2, 2)
    assert (cost.parameters(layer("ln affine=gain")), cost.state(layer("ln"))) == (1, 0)
    assert cost.microseconds(layer("mine.py:Square")) > 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "Grows",
            "breaks after 20 steps on one batch (rows): its state total grows from 1 to 1.05e+06",
        ),
        ("Unbiased", "breaks on a batch of one row (rows): N(u) is not finite"),
        (
            "Refuses",
            "breaks on a batch of one row (rows): ValueError in line 51: more than one row is needed",
        ),
        (
            "Sign",
            "breaks on ordinary inputs (rows): its gradient is 0, so that no layer before it would train",
        ),
        ("Log", "breaks on ordinary inputs (rows): N(u) is not finite"),
        ("Identity", None),
    ],
)
def test_an_input_that_breaks_a_layer_is_named(name, sentence):
    found = damage.sentences({"rows": layer(f"mine.py:{name}")})
    assert found == ([sentence] if sentence else [])


def test_an_input_that_breaks_a_layer_on_several_kinds_is_named_once():
    layers = {kind: layer("mine.py:Length", kind) for kind in ("rows", "tokens")}
    assert damage.sentences(layers) == ["breaks on zeros (rows, tokens): N(u) is not finite"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Another", "normalize makes (32, 1) of an input of shape (32, 64)"),
        ("Cut", "no gradient flows from N(u) to u"),
        ("Attribute", "it keeps a value of a step as its attribute attribute.kept"),
        ("Counts", "it keeps a value of a step as its attribute count; make that state by"),
        ("Pair", "normalize returns tuple in the place of a tensor"),
        ("Half", "normalize makes float16 of an input of float64"),
    ],
)
def test_a_layer_that_cannot_be_used_is_one_sentence(name, part, capsys):
    with pytest.raises(SystemExit) as ended:
        score.main([f"mine.py:{name}"])
    text = str(ended.value)
    assert text.startswith(f"mine.py:{name} cannot be used: ") and part in text and "\n" not in text


def test_cards_of_one_class_with_other_options_have_folders_of_their_own(card):
    other = card.model_copy(update={"options": {"groups": 32}})
    assert score.folder(card) != score.folder(other)
    assert str(score.folder(other)) == "scorecard_ofimages_groups_32"


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    """The card of a layer that takes images alone, of a few properties."""
    few = [
        m
        for m in properties.MEASURES
        if m.key in ("scale_of_inputs", "rows_in_training", "momentum")
    ]
    monkeypatch.setattr(measure, "MEASURES", few)
    return measure.card(same.side(["mine.py:OfImages"]), "properties", lambda *each: None)


def test_a_card_keeps_to_its_schema_and_says_which_inputs_are_not_taken(card):
    content = json.loads(json.dumps(card.model_dump()))
    Draft202012Validator(SCHEMAS["scorecard"]()).validate(content)
    assert Card.model_validate(content) == card
    assert list(card.inputs) == ["images"] and list(card.refused) == ["rows", "tokens"]
    assert card.breaks == []


def test_a_card_is_a_table_a_page_and_a_badge(card):
    text = formats.markdown(card)
    assert "| scale of all inputs | no, 0.9 |" in text
    assert "| rows on one another, in training | no |" in text
    assert "| momentum: share of an average that a step keeps | – |" in text
    html = page.page(card)
    assert "http" not in re.sub(r"http-equiv", "", html).replace("http://www.w3.org", "")
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
    assert "this layer" not in text
    assert formats.badge(card).count("no tried input breaks it") == 3
    assert "1 input breaks it" in formats.badge(card.model_copy(update={"breaks": ["It breaks."]}))


def test_an_error_in_markdown_reads_as_it_was_raised(card):
    error = (
        "mine.py:A breaks on zeros (rows): A.__init__() takes no *args, <b>, `my_norm` or a | b."
    )
    broken = card.model_copy(update={"breaks": [error], "refused": {"tokens": error}})
    html = unescape(MarkdownIt().enable("table").render(formats.markdown(broken)))
    assert f"<p>{error}</p>" in html and f"<li>tokens: {error}</li>" in html


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("change", 0.0, "yes"),
        ("change", 1e-4, "nearly, 0.0001"),
        ("change", 0.5, "no, 0.5"),
        ("influence", 0.0, "no"),
        ("influence", 0.25, "yes, 0.25"),
        ("number", 316.2, "316"),
        ("number", 2.0, "2"),
        ("number", "NaN", "NaN"),
        ("number", None, "–"),
    ],
)
def test_a_value_is_printed_in_words(unit, value, words):
    one = Property(key="k", under="u", title="t", formula="f", unit=unit, values={"rows": value})
    assert tables.words(one, value) == words
