"""Tables and figures of studies in which training fails: every one is made, and says what is left."""

import io
from dataclasses import replace
from itertools import combinations

import failing
import numpy as np
import pandas as pd
import pytest
import synthetic
from matplotlib.text import Text

from bnlab.analysis import tidy
from bnlab.experiments import function
from bnlab.networks import loading
from bnlab.page import facts, style
from bnlab.page.experiment_page import experiment_page
from bnlab.page.style import NONE_LEFT

SOURCES = synthetic.sources()
PHASED = [("covariate_shift", "shift_ratio"), ("landscape", "smoothness_ratio")]


def table_of(study: str, experiment: str, kind: str) -> pd.DataFrame:
    sources = failing.STUDIES[study](SOURCES[experiment])
    rows = synthetic.tabulated(
        experiment,
        kind,
        sources,
        "digits",
        synthetic.recipe(experiment),
        "Digits",
        synthetic.LABELS,
    )
    return pd.read_csv(io.StringIO(rows.to_csv(index=False)))


def printed(experiment: str, kind: str, table: pd.DataFrame) -> list[str]:
    figure = synthetic.draw(experiment, kind, table)
    figure.savefig(io.BytesIO(), format="svg")
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("key", synthetic.TABLE_KEYS, ids="/".join)
def test_every_table_and_figure_is_made_where_all_replicates_diverged(key):
    table = table_of("all diverged", *key)
    if key in synthetic.FIGURE_KEYS:
        printed(*key, table)
    if key in synthetic.RESULT_KEYS:
        function(key[0], "GRIDS", key[1])(table)


@pytest.mark.parametrize("key", PHASED, ids="/".join)
@pytest.mark.parametrize("study", ["base diverged", "all but base diverged", "base at chance"])
def test_ratios_to_a_base_that_learns_nothing_are_none(key, study):
    assert NONE_LEFT in printed(*key, table_of(study, *key))


@pytest.mark.parametrize("study", ["one survivor", "one replicate", "without spread"])
@pytest.mark.parametrize(
    "key",
    [("covariate_shift", "output_shift"), ("landscape", "smoothness"), ("noisy_bn", "stability")],
    ids="/".join,
)
def test_a_mean_without_an_interval_is_drawn_on_a_log_axis(key, study):
    assert NONE_LEFT not in printed(*key, table_of(study, *key))


@pytest.mark.parametrize("kind", ["all_methods", "statistics"])
def test_a_single_method_with_averages_that_diverged_is_drawn(kind):
    printed("batch_size", kind, table_of("ws_bn diverged", "batch_size", kind))


def test_labels_in_lines_do_not_lie_over_each_other_beside_counts_of_losses():
    table = table_of("all diverged", "batch_size", "all_methods")
    table["method_label"] += " with a label of more letters than one line has room for"
    figure = synthetic.draw("batch_size", "all_methods", table)
    figure.savefig(io.BytesIO(), format="svg")
    beside = [
        text.get_window_extent()
        for text in figure.findobj(Text)
        if text.get_ha() == "right" and text.get_text().endswith(" …")
    ]
    assert len(beside) == table["method"].nunique()
    assert not any(a.y0 + 1 < b.y1 and b.y0 + 1 < a.y1 for a, b in combinations(beside, 2))


def one_class() -> dict[str, pd.DataFrame]:
    """The sources of predictions on test rows that are all of the second class."""
    labels, probabilities = np.ones(20, int), np.random.default_rng(0).dirichlet([1, 1], (4, 20))
    probabilities[3] = np.nan
    runs = [synthetic.run("base", diverged_at=(None, None, None, 5))]
    scores = tidy.score_predictions(labels, probabilities, ["p", "q"])
    return {name: tidy.collect(runs, [table]) for name, table in scores.items()}


def test_areas_are_not_defined_where_all_test_rows_are_of_one_class():
    def of(kind: str) -> pd.DataFrame:
        return synthetic.tabulated(
            "learning_curves", kind, one_class(), "digits", "lr0.1", "Digits", synthetic.LABELS
        )

    table = of("classes")
    assert (table["n"] == 0).all() and (table["diverged"] == 1).all()
    (auc, precision) = function("learning_curves", "GRIDS", "classes")(table)
    assert [row[3] for row in auc.rows] == ["not defined, one class in the test rows"] * 2
    texts = printed("learning_curves", "roc", of("roc"))
    titles = [text for text in texts if "AUC" in text]
    assert len(titles) == 2
    assert all("not defined, one class in the test rows" in " ".join(t.split()) for t in titles)
    assert "Base (1 of 4 diverged)" in texts and not any(NONE_LEFT in text for text in texts)


def test_an_error_of_a_method_of_the_users_is_a_result_and_one_of_the_machine_is_none(tmp_path):
    file = tmp_path / "norms.py"
    file.write_text(
        "class Fuse:\n    def normalize(self):\n        raise RuntimeError('it blew')\n"
    )
    names: dict[str, type] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    arguments = {"normalizer": f"{file}:Fuse"}
    with pytest.raises(RuntimeError) as raised:
        names["Fuse"]().normalize()
    said = loading.fault(arguments, raised.value)
    assert said is not None and said.endswith("RuntimeError in line 3: it blew")
    assert loading.fault(arguments, MemoryError()) is None
    assert loading.fault({"normalizer": None}, raised.value) is None


def test_a_page_names_a_method_that_raised_its_runs_and_its_error():
    runs = pd.DataFrame({"method": ["rms", "rms", "bn"], "raised": ["it blew", None, None]})
    assert facts.raised(runs, {"rms": "RMS"}) == [
        "RMS raised an error in 1 of 2 runs, whose replicates count as diverged: it blew."
    ]
    assert facts.raised(runs.drop(columns="raised"), {}) == []


def test_a_method_that_raised_is_named_on_the_pages_of_experiments_that_train_it(tmp_path):
    inputs = synthetic.inputs(
        tmp_path, figure_kinds=[], table_kinds=["batch_size/final", "landscape/rises"]
    )
    trained = {"batch_size": ["base", "bn"], "landscape": ["base"]}
    groups = {name: {"runs": [{"methods": methods}]} for name, methods in trained.items()}
    raised = inputs.runs["method"].map({"bn": "it blew"})
    inputs = replace(
        inputs,
        runs=inputs.runs.assign(raised=raised),
        study={**inputs.study, "experiments": inputs.study["experiments"] | groups},
    )
    for name, methods in trained.items():
        assert ("it blew" in experiment_page(name, inputs, {})) == ("bn" in methods)


@pytest.mark.parametrize("built_in", [["base", "bn"], [*style.STYLES]])
def test_twelve_methods_of_ones_own_are_told_apart_from_each_other_and_from_built_in_ones(built_in):
    own = ["gn16", "bn_after", *(f"mine{number}" for number in range(10))]
    styles = style.assigned([*built_in, *own])
    for one, other in combinations(styles, 2):
        if {one, other} & {*own}:
            mine, yours = styles[one], styles[other]
            alike = mine.marker == yours.marker or mine.dash == yours.dash
            assert mine.hue != yours.hue or not alike, (one, other)
    assert style.assigned([*built_in, *own, "later"]).items() >= styles.items()


def test_long_labels_stand_in_three_lines_at_most_and_short_ones_as_they_are():
    assert (
        style.in_lines("BN, statistics outside the gradient")
        == "BN, statistics outside the gradient"
    )
    lines = style.in_lines("Batch normalization with momentum 0.99 and epsilon " * 3).split("\n")
    assert len(lines) <= 3 and max(map(len, lines)) <= style.LINE
