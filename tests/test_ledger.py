"""Ledgers of claims are read and checked, and every problem is reported at once, with its line."""

from __future__ import annotations

import re
import subprocess
from itertools import groupby
from pathlib import Path

import pytest
import yaml

from bnlab.experiments import quantity
from bnlab.page.ledger import in_order
from bnlab.study import ledger
from bnlab.study.experiments import experiments
from bnlab.study.ledger import Ledger
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.locations import ConfigError

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())

SOUND = """\
sources:
  report: {title: A student report, short: report}
claims:
  - id: 6
    source: report
    place: Results
    topic: accuracy
    claim: Without normalization the end is better.
    tests:
      - region: MNIST
        primary: true
        experiment: learning_curves
        dataset: mnist
        recipe: steps50000_lr0.1
        batch: 60
        quantity: test_accuracy
        compare: bn - base
        rule: {below: 0}
  - id: 50
    source: report
    place: Abstract
    topic: speed
    claim: Fourteen times fewer steps.
    untested: Needs ImageNet.
"""


def read(folder: Path, text: str) -> ledger.Ledger:
    file = folder / "claims.yaml"
    file.write_text(text)
    return load_ledger(file, CONFIG)


def problems(folder: Path, *replaced: tuple[str, str]) -> list[str]:
    text = SOUND
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [line.partition("claims.yaml:")[2] for line in str(caught.value).splitlines()]


def test_the_ledger_of_the_project_is_sound_and_has_each_of_the_66_claims_once_or_in_parts():
    numbers = [claim.id for claim in load_ledger(ROOT / "workflow" / "claims.yaml", CONFIG).claims]
    assert numbers == sorted(numbers, key=in_order)
    parts = {
        claim: [letter for _, letter in rows]
        for claim, rows in groupby(map(in_order, numbers), key=lambda number: number[0])
    }
    assert list(parts) == list(range(1, 67))
    assert all(letters in ([""], list("ab"), list("abc")) for letters in parts.values())


@pytest.mark.parametrize("number", ["5", "5a", "'5a'", "'50'"])
def test_a_claim_has_a_whole_number_or_one_with_a_letter(tmp_path, number):
    claims = read(tmp_path, SOUND.replace("id: 50", f"id: {number}")).claims
    assert claims[1].id == number.strip("'")


@pytest.mark.parametrize("number", ["0", "-5", "a5", "5A", "5ab", "'5 a'", "05a"])
def test_another_number_of_a_claim_is_refused_in_words(tmp_path, number):
    (line,) = problems(tmp_path, ("id: 50", f"id: {number}"))
    assert line.endswith(" is no number of a claim (allowed: 5, or 5a and 5b for its parts)")


def test_a_number_as_text_is_that_of_the_whole_number(tmp_path):
    assert "6 is also that of an earlier claim" in problems(tmp_path, ("id: 50", "id: '6'"))[0]
    text = SOUND.replace("id: 50", "id: 6a")
    assert [claim.id for claim in read(tmp_path, text).claims] == ["6", "6a"]


SHARE = (
    ("experiment: learning_curves", "experiment: outside_the_gradient"),
    ("quantity: test_accuracy", "quantity: failed_share"),
)


def test_a_share_that_is_compared_is_refused_in_one_sentence(tmp_path):
    (line,) = problems(tmp_path, *SHARE)
    assert line.endswith("compare must name one method: the exact test is of one share")
    alone = SOUND.replace("compare: bn - base", "compare: bn")
    for old, new in SHARE:
        alone = alone.replace(old, new)
    with pytest.raises(ConfigError, match="needs a number between 0 and 1, such as 0.5 for 50 %"):
        read(tmp_path, alone.replace("{below: 0}", "{below: 50}"))
    alone = alone.replace("{below: 0}", "{below: 0.5}")
    assert read(tmp_path, alone).claims[0].tests[0].methods == ["bn"]


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("rule", "rule: {below: 0}", "rule: {above: 1}"),
        ("region", "region: MNIST", "region: elsewhere"),
        ("claimed", "rule: {below: 0}", "rule: {below: 0}\n        claimed: 3"),
    ],
)
def test_the_key_of_a_measure_depends_on_nothing_that_leaves_its_values_alone(
    tmp_path, field, old, new
):
    (before,), (after,) = (
        read(tmp_path, text).claims[0].tests for text in (SOUND, SOUND.replace(old, new))
    )
    assert getattr(before, field) != getattr(after, field)
    assert before.key == after.key
    other = SOUND.replace("batch: 60", "batch: 64")
    assert read(tmp_path, other).claims[0].tests[0].key != before.key


def test_what_settles_a_claim_by_a_test_names_a_test_that_is_there():
    checked = [
        claim.settled.checked
        for claim in load_ledger(ROOT / "workflow" / "claims.yaml", CONFIG).claims
        if claim.settled and claim.settled.checked
    ]
    named = [name for text in checked for name in re.findall(r"(tests/\w+\.py)::(\w+)", text)]
    assert len(named) >= len(checked) > 5
    missing = [n for f, n in named if f"def {n}(" not in (ROOT / f).read_text(encoding="utf8")]
    assert missing == []


def test_a_sound_ledger_is_read(tmp_path):
    first, second = read(tmp_path, SOUND).claims
    assert first.tests[0].methods == ["bn", "base"]
    assert (first.tests[0].rule.low, first.tests[0].rule.high) == (float("-inf"), 0)
    assert second.untested == "Needs ImageNet."


def test_everything_wrong_is_said_at_once_each_with_its_line(tmp_path):
    lines = problems(
        tmp_path,
        ("experiment: learning_curves", "experiment: landscapes"),
        ("dataset: mnist", "dataset: mnits"),
        ("quantity: test_accuracy", "quantity: test_acuracy"),
        ("compare: bn - base", "compare: bn - bse"),
        ("id: 50", "id: 6"),
        ("        rule: {below: 0}\n", ""),
    )
    assert [line.partition(": ")[0] for line in lines] == ["10", "12", "13", "16", "17", "18"]
    text = "\n".join(lines)
    for part in ("landscapes", "did you mean 'mnist'", "test_acuracy", "did you mean 'base'"):
        assert part in text
    assert "rule: is missing" in text
    assert "6 is also that of an earlier claim" in text


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rule: {below: 0}", "rule: {below: 0, above: 1}", "exactly one of above, below, within"),
        ("rule: {below: 0}", "rule: {within: [1, 0]}", "a lower number and then a higher one"),
        ("compare: bn - base", "compare: bn + base", "compares nothing (allowed: bn, bn - base"),
        ("quantity: test_accuracy", "quantity: steps_to_test", "level is missing"),
        ("quantity: test_accuracy", "quantity: class_auc", "class is missing"),
        (
            "experiment: learning_curves\n        dataset: mnist\n        recipe: steps50000_lr0.1\n"
            "        batch: 60\n        quantity: test_accuracy",
            "experiment: batch_size\n        dataset: mnist\n        recipe: steps50000_lr0.1\n"
            "        batch: 60\n        quantity: accuracy_slope",
            "batches is missing",
        ),
        (
            "quantity: test_accuracy",
            "quantity: accuracy_slope",
            "'accuracy_slope' in learning_curves",
        ),
        ("batch: 60", "batch: 60\n        level: 0.8", "level has no meaning for test_accuracy"),
        ("quantity: test_accuracy", "quantity: lost_test_accuracy", "epoch is missing"),
        (
            "compare: bn - base",
            "compare: bn\n        headline: The end",
            "headline needs two methods to compare",
        ),
        ("        primary: true\n", "", "must have one to 3 tests with primary: true, and has 0"),
        ("batch: 60", "batch: 60\n        rate: best", "recipe has no meaning"),
        ("untested: Needs ImageNet.", "topic2: x", "unknown key 'topic2'; did you mean 'topic'?"),
        ("    untested: Needs ImageNet.\n", "", "exactly one of tests, settled, untested"),
        (
            "    tests:\n",
            "    settled: {verdict: supported, by: algebra, correction: So it is.}\n    tests:\n",
            "none can be primary",
        ),
        ("source: report", "source: reprot", "did you mean 'report'?"),
        (
            "claims:\n",
            "findings: [depths]\nclaims:\n",
            "unknown experiment 'depths'; did you mean 'depth'?",
        ),
        (
            "claims:\n",
            "documents: accuracies\nclaims:\n",
            "unknown topic 'accuracies'; did you mean 'accuracy'?",
        ),
        ("batch: 60", "batch: 60\n        region: MNIST", "appears twice"),
        ("{below: 0}", "{below: .inf}", "claim 6.tests.0.rule.below"),
        ("{below: 0}", "{above: .nan}", "claim 6.tests.0.rule.above"),
        ("compare: bn - base", "compare: bn - bn", "compare needs two different methods"),
        ("batch: 60", "batch: 60\n        where: {batch: 60}", "where has batch"),
        (
            "batch: 60",
            "batch: 60\n        phase: end\n        epoch: 3",
            "epoch has no meaning beside",
        ),
        (
            "untested: Needs ImageNet.",
            "untested: No.\n    needs: all",
            "needs and observation have no",
        ),
    ],
)
def test_what_a_ledger_may_not_say(tmp_path, old, new, sentence):
    assert sentence in "\n".join(problems(tmp_path, (old, new)))


def test_a_study_that_is_bound_to_a_ledger_refuses_others_and_takes_new_words(tmp_path):
    file = tmp_path / "claims.yaml"
    file.write_text(SOUND, encoding="utf8")
    bound = CONFIG | {"frozen_ledger": load_ledger(file, CONFIG).digest[:12]}
    file.write_text(SOUND.replace("the end is better", "it ends better"), encoding="utf8")
    assert load_ledger(file, bound).digest.startswith(bound["frozen_ledger"])
    file.write_text(SOUND.replace("{below: 0}", "{below: -0.01}"), encoding="utf8")
    with pytest.raises(ConfigError, match="its tests are not those that this study is bound to"):
        load_ledger(file, bound)


def test_a_ledger_that_is_not_there_or_no_yaml_is_named_in_one_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_ledger(tmp_path / "none.yaml", CONFIG)
    with pytest.raises(ConfigError, match=r"claims\.yaml:2: is not YAML"):
        read(tmp_path, "claims: [\n")


def test_tests_may_name_what_a_dataset_or_recipe_stands_for(tmp_path):
    config = {
        "datasets": {"digits": {"stands_for": "mnist"}},
        "recipes": {"short": {"stands_for": "steps50000_lr0.1"}},
        "methods": {"base": {}, "bn": {}},
    }
    file = tmp_path / "claims.yaml"
    file.write_text(SOUND)
    assert load_ledger(file, config).claims[0].tests[0].dataset == "mnist"


def test_every_quantity_that_an_experiment_declares_can_be_computed():
    for name, names in experiments().items():
        assert all(callable(quantity(name, each)) for each in names.quantities), name


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("compare: bn - base", "compare: ln/bn", "claim 6.tests.0.compare: 'ln/bn' compares"),
        (
            "source: report\n    place: Results",
            "source: 3\n    place: Results",
            "claim 6.source: is not text, since YAML reads it as 3",
        ),
        ("id: 50", "id: six", "claim six.id: 'six' is no number of a claim"),
        ("    untested: Needs ImageNet.", "    tests: 3", "claim 50.tests: 3 is not a list"),
        ("    untested: Needs ImageNet.", "    tests: [3]", "claim 50.tests.0: 3 is not a mapping"),
        (
            "quantity: test_accuracy",
            "quantity: [3]",
            "claim 6.tests.0.quantity: a list is not text",
        ),
    ],
)
def test_a_mistake_is_said_once_and_by_the_number_of_its_claim(tmp_path, old, new, line):
    (lines,) = [text for text in problems(tmp_path, (old, new)) if ".tests: is missing" not in text]
    assert lines.partition(": ")[2].startswith(line), lines


def test_names_of_other_studies_are_known_and_typing_errors_are_not(tmp_path):
    other = tmp_path / "demo.yaml"
    other.write_text("datasets: {digits: {}}\nrecipes: {short: {}}\nmethods: {rms: {}}\n")
    (tmp_path / "broken.yaml").write_text("datasets: [")
    elsewhere = (
        ("dataset: mnist", "dataset: digits"),
        ("recipe: steps50000_lr0.1", "recipe: short"),
    )
    text = SOUND.replace("compare: bn - base", "compare: rms - base")
    for old, new in elsewhere:
        text = text.replace(old, new)
    file = tmp_path / "claims.yaml"
    file.write_text(text)
    others = (other, tmp_path / "broken.yaml", tmp_path / "none.yaml")
    assert load_ledger(file, CONFIG, others).claims[0].tests[0].dataset == "digits"
    file.write_text(text.replace("digits", "digit"))
    with pytest.raises(ConfigError, match="did you mean 'digits'"):
        load_ledger(file, CONFIG, others)


def test_methods_that_an_experiment_brings_along_are_known(tmp_path):
    text = SOUND.replace("compare: bn - base", "compare: bn_fault_epsilon_1 - base")
    assert read(tmp_path, text).claims[0].tests[0].methods[0] == "bn_fault_epsilon_1"


def test_a_claim_has_at_most_three_primary_tests(tmp_path):
    one = SOUND[SOUND.index("      - region") : SOUND.index("  - id: 50")]
    assert len(read(tmp_path, SOUND.replace(one, one * 3)).claims[0].tests) == 3
    with pytest.raises(ConfigError, match="has 4"):
        read(tmp_path, SOUND.replace(one, one * 4))


def test_a_rate_chosen_for_speed_needs_a_level(tmp_path):
    text = SOUND.replace("recipe: steps50000_lr0.1", "rate: fastest")
    text = text.replace("experiment: learning_curves", "experiment: learning_rate")
    with pytest.raises(ConfigError, match="rate: fastest needs a level"):
        read(tmp_path, text)
    level = ("quantity: test_accuracy", "quantity: steps_to_test\n        level: 0.85")
    assert read(tmp_path, text.replace(*level)).claims[0].tests[0].level == 0.85


def test_every_claim_of_the_project_with_tests_has_primary_ones_and_some_are_headlines():
    claims = load_ledger(ROOT / "workflow" / "claims.yaml", CONFIG).claims
    tested = [claim for claim in claims if claim.tests]
    assert len(tested) >= 24
    headlines = [test for claim in tested for test in claim.tests if test.headline]
    assert 15 <= len(headlines) <= 30


FRONT = """
front:
  statements:
    - question: Is it better?
      experiment: learning_rate
      decided_by: {table: best_rates, column: less_base}
      thoughts: {higher: Up., lower: Down., unclear: Who knows.}
      higher: "{on} up."
      lower: "{on} down."
      unclear: "{on} open."
papers:
  - by: Somebody 2015
    url: https://example.org
    claim: It helps.
    parts:
      - {words: "on {on}", tests: [TEST]}
"""


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("6/2", "claim 6 has 1 tests"),
        ("7/1", "claim 7 is not in the ledger"),
        ("50/1", "claim 50 has 0 tests"),
    ],
)
def test_a_claim_by_a_paper_refers_to_tests_of_the_ledger(tmp_path, test, reason):
    sound = read(tmp_path, SOUND + FRONT.replace("TEST", "6/1"))
    assert sound.papers[0].tests == ["6/1"] and sound.digest == read(tmp_path, SOUND).digest
    text = SOUND + FRONT.replace("TEST", test)
    (line,) = [n for n, each in enumerate(text.splitlines(), 1) if f"[{test}]" in each]
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert f":{line}: " in str(caught.value) and f"'{test}' is no test: {reason}" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("table: best_rates", "table: best", "unknown table 'best' in learning_rate"),
        ("experiment: learning_rate", "experiment: learning", "unknown experiment 'learning'"),
        ("{on} up", "{what} up", "the sentence has the unknown slot {what}"),
        ("question: Is", "margin: 2\n      question: Is", "both a margin and the thought alike"),
    ],
)
def test_a_mistake_on_the_first_screen_stops_the_ledger(tmp_path, old, new, sentence):
    front = FRONT.replace("TEST", "6/1")
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        read(tmp_path, SOUND + front.replace(old, new, 1))


@pytest.mark.parametrize("name", ["claims", "primary_claims"])
def test_the_commit_that_fixed_a_ledger_of_the_project_has_its_tests(name):
    overlay = ROOT / "workflow" / "studies" / "primary.yaml"
    fixed = load_ledger(ROOT / "workflow" / f"{name}.yaml", CONFIG, (overlay,)).fixed
    show = ["git", "-C", str(ROOT), "show", "--format=%cs", "--no-patch", fixed.commit]
    day = subprocess.run(show, capture_output=True, text=True)
    if day.returncode:
        pytest.skip("the checkout does not have the commit")
    assert day.stdout.strip() == fixed.date
    file = [*show[:4], f"{fixed.commit}:workflow/{name}.yaml"]
    then = yaml.safe_load(subprocess.run(file, capture_output=True, text=True, check=True).stdout)
    decides = {name: then[name] for name in ("sources", "claims")}
    assert Ledger.model_validate(decides).digest.startswith(fixed.digest)


def test_the_ledger_of_the_project_decides_as_on_the_day_its_fresh_seeds_were_bound_to_it():
    assert load_ledger(ROOT / "workflow" / "claims.yaml", CONFIG).digest.startswith("c12a0eee9190")
