"""The data of the Compare chart against the tables that they come from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import synthetic
from pydantic import ValidationError
from synthetic import PUBLISHED

from bnlab.analysis.statistics import FEWEST
from bnlab.files import JobError, read_csv
from bnlab.page import compare, front_page
from bnlab.page.contents import Item
from bnlab.page.phrases import number
from bnlab.study.declaration import Experiment, Question
from bnlab.study.experiments import experiments

EXPERIMENTS = experiments()
MOST_BYTES = 120_000

BY_BATCH = {
    "label": "Batch size",
    "table": "sizes",
    "x": "batch",
    "x_label": "rows",
    "y_label": "accuracy (%)",
    "y_range": [0.0, 100.0],
    "factor": 100.0,
    "note": "One rate for all.",
}


def question(**changes: Any) -> Question:
    return Question.model_validate(BY_BATCH | changes)


def sizes(n: int = 10, **columns: Any) -> pd.DataFrame:
    """Two methods in three batch sizes; batch normalization is close to 100 % in the last."""
    rows = [
        ("base", 1, 0.5, 0.41, 0.59),
        ("base", 10, 0.91234, 0.90123, 0.92345),
        ("base", 100, 0.02, -0.03, 0.07),
        ("bn", 1, 0.1, 0.1, 0.1),
        ("bn", 100, 0.999, 0.99, 1.008),
    ]
    table = pd.DataFrame(rows, columns=["method", "batch", "mean", "low", "high"])
    counts = {"n": n, "replicates": n, "diverged": 0, "recipe": "lr0.1"}
    return table.assign(**counts | columns)


def numbers(table: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    return compare.numbers(question(**changes), table)


def written(of_method: dict[str, Any], name: str, place: int) -> Any:
    value = of_method[name]
    return value[place] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """The chart of the published study."""
    data = compare.compare(synthetic.of_published_tables())
    assert data is not None
    return data["data"]


def declared(setting: dict[str, Any]) -> Question:
    experiment = setting["name"].partition("-")[0]
    return EXPERIMENTS[experiment].compare[setting["question"]]


def test_every_number_is_that_of_the_published_table(published):
    compared = 0
    for setting in published["settings"]:
        about, table = declared(setting), read_csv(PUBLISHED / setting["source"])
        for column, value in about.where.items():
            table = table[table[column] == value]
        for method, points in setting["methods"].items():
            rows = table[table["method"] == method]
            for i, place in enumerate(setting["x"]):
                here = rows if about.x is None else rows[np.isclose(rows[about.x], place)]
                digits = written(points, "digits", i)
                y = written(points, "y", i)
                if y is None:
                    assert here.empty
                    continue
                near = np.abs(about.factor * here["mean"] - y) <= 0.5001 * 10.0**-digits
                assert near.any(), (setting["name"], method, place)
                low, high = written(points, "low", i), written(points, "high", i)
                likely = here[near]  # of other settings some may have the same mean in print
                if low is not None:
                    gaps = about.factor * likely[["low", "high"]] - [low, high]
                    likely = likely.loc[gaps.abs().sum(axis=1).sort_values().index]
                row = likely.iloc[0]
                assert (low is None) == (row["n"] < FEWEST)
                if low is not None:
                    least, most = about.y_range or (-np.inf, np.inf)
                    ends = np.clip(about.factor * row[["low", "high"]].astype(float), least, most)
                    assert [low, high] == pytest.approx(list(ends), abs=0.5001 * 10.0**-digits)
                    assert least <= low <= y <= high <= most
                assert written(points, "replicates", i) == row["replicates"]
                assert written(points, "diverged", i) == row["diverged"]
                compared += 1
    assert compared > 500


def test_the_data_of_the_published_study_are_small(published):
    text = json.dumps(published, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) < MOST_BYTES


def test_every_declared_question_has_a_setting_in_the_published_study(published):
    asked = {(s["name"].partition("-")[0], s["question"]) for s in published["settings"]}
    assert asked == {(name, key) for name, each in EXPERIMENTS.items() for key in each.compare}


def test_settings_of_a_question_differ_in_name_and_label(published):
    for key in ("name", "label"):
        told = [(s["dataset"], s["question"], s[key]) for s in published["settings"]]
        assert len(told) == len(set(told))


def test_a_number_has_the_digits_of_its_interval():
    of_base = numbers(sizes())["methods"]["base"]
    printed = [f"{of_base['y'][i]:.{written(of_base, 'digits', i)}f}" for i in range(3)]
    assert printed == [
        number(100 * mean, 50 * (high - low))
        for mean, low, high in [(0.5, 0.41, 0.59), (0.91234, 0.90123, 0.92345), (0.02, -0.03, 0.07)]
    ]


def test_no_interval_leaves_the_possible_range():
    methods = numbers(sizes())["methods"]
    assert methods["base"]["low"][2] == 0
    assert methods["bn"]["high"][2] == 100


def test_few_replicates_have_no_interval():
    for n, without in ((FEWEST - 1, True), (FEWEST, False)):
        of_base = numbers(sizes(n))["methods"]["base"]
        assert (of_base["low"] is None) is without
        assert of_base["n"] == n


def test_an_interval_with_an_open_end_leaves_its_number_as_it_is():
    of_base = numbers(sizes().assign(high=np.inf), y_range=None)["methods"]["base"]
    assert of_base["y"] == pytest.approx([50, 91.2, 2]) and of_base["high"] is None


def test_a_place_that_a_method_lacks_is_empty():
    actual = numbers(sizes())
    assert actual["x"] == [1, 10, 100]
    assert actual["methods"]["bn"]["y"][1] is None
    assert actual["methods"]["base"]["y"][1] is not None


def test_a_question_without_an_axis_has_one_number_a_method_and_counts_lower_bounds():
    table = sizes().drop_duplicates("method").assign(first=[2, 0], last=[1, 0])
    actual = numbers(table, x=None, at_least=["first", "last"])
    assert actual["x"] == [0]
    assert [each["bound"] for each in actual["methods"].values()] == [3, 0]


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_many_places_are_thinned_to_some_that_were_measured(scale):
    steps = np.arange(1, 3001)
    table = pd.DataFrame({"method": "bn", "batch": steps, "mean": 0.5, "low": 0.4, "high": 0.6})
    table = table.assign(n=9, replicates=9, diverged=0)
    places = numbers(table, x_scale=scale)["x"]
    assert places[0] == 1
    assert places[-1] == 3000
    assert set(places) <= set(steps)
    at = np.log(places) if scale == "log" else np.array(places)
    assert 40 < len(places) <= compare.MOST_PLACES
    assert np.diff(at).max() < 0.1 * (at[-1] - at[0])


def test_a_logarithmic_axis_leaves_out_zero():
    table = sizes().assign(batch=[0, 10, 100, 0, 100])
    assert numbers(table)["x"] == [10, 100]
    assert numbers(table, x_scale="linear")["x"] == [0, 10, 100]


def of_one(table: pd.DataFrame, folder: Path, **changes: Any) -> dict[str, Any] | None:
    """Return the chart of a made-up experiment with one table."""
    file = folder / "sizes.csv"
    table.to_csv(file, index=False)
    about = EXPERIMENTS["batch_size"].model_copy(update={"compare": {"size": question(**changes)}})
    return compare.chart(
        {"made_up": about},
        {Item("made_up", "digits", "lr0.1", "sizes", file): "tables/sizes.csv"},
        {"iris": "Iris", "digits": "Digits"},
        {"bn": ("BN", "batch norm"), "ln": ("LN", None), "base": ("Base", None)},
        {"lr0.1": "learning rate 0.1"},
    )


def test_a_chart_offers_what_was_measured_and_nothing_else(tmp_path):
    data = of_one(sizes(), tmp_path)
    assert data is not None
    assert data["datasets"] == {"digits": "Digits"}
    assert {name: about["words"] for name, about in data["methods"].items()} == {
        "bn": "batch norm",
        "base": None,
    }
    (setting,) = data["settings"]
    assert setting["label"] == "learning rate 0.1"
    assert setting["source"] == "tables/sizes.csv"


def test_values_of_the_columns_in_its_name_are_settings_of_a_question(tmp_path):
    two = pd.concat([sizes(activation="relu"), sizes(activation="sigmoid")])
    data = of_one(two, tmp_path, setting="{activation} units")
    assert data is not None
    assert [each["label"] for each in data["settings"]] == [
        "relu units, learning rate 0.1",
        "sigmoid units, learning rate 0.1",
    ]


def test_without_rows_and_without_a_question_there_is_no_chart(tmp_path):
    assert of_one(sizes().iloc[:0], tmp_path) is None
    assert of_one(sizes(), tmp_path, where={"method": "ws"}) is None
    assert compare.chart(EXPERIMENTS, {}, {}, {}, {}) is None


def test_a_page_without_such_tables_has_no_chart():
    inputs = synthetic.of_published_tables()
    pages = [front_page.front_page(each) for each in (inputs, replace(inputs, tables=[]))]
    assert ['id="compare"' in page for page in pages] == [True, False]


def test_a_table_that_does_not_fit_its_question_ends_in_a_sentence(tmp_path):
    with pytest.raises(JobError, match="made_up/sizes: the table lacks split for a question"):
        of_one(sizes(), tmp_path, where={"split": "test"})
    with pytest.raises(JobError, match="made_up/sizes: .* two rows for one number"):
        of_one(pd.concat([sizes(), sizes()]), tmp_path)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"table": "sizes"}, "unknown table 'sizes' in compare"),
        ({"table": "all_methods", "x_label": ""}, "x has no x_label"),
        ({"table": "all_methods", "setting": "{batch"}, "setting has an open brace"),
        ({"table": "all_methods", "y_range": [0.0]}, "at least 2"),
    ],
)
def test_a_question_that_cannot_be_drawn_is_refused(changes, problem):
    about = EXPERIMENTS["batch_size"].model_dump()
    with pytest.raises(ValidationError, match=problem):
        Experiment.model_validate(about | {"compare": {"size": BY_BATCH | changes}})


def test_the_first_setting_stands_as_a_table_where_no_script_runs(published):
    grid = compare.as_grid(published, compare.first_setting(published))
    assert grid.columns[0] == "examples per batch"
    assert len({len(row) for row in grid.rows} | {len(grid.columns)}) == 1
    table = read_csv(PUBLISHED / compare.first_setting(published)["source"])
    row = table[(table["method"] == "bn") & (table["batch"] == 8)].iloc[0]
    cell = grid.rows[[row[0] for row in grid.rows].index("8")][grid.columns.index("BN")]
    assert cell.startswith(number(100 * row["mean"], 50 * (row["high"] - row["low"])))
    assert " to " in cell


def test_no_label_closes_the_script_that_holds_the_data(tmp_path):
    hostile = "</script><script>alert(1)</script>"
    page = synthetic.write_report(tmp_path, label=hostile).read_text("utf8")
    data = page.partition('<script type="application/json">')[2].partition("</script>")[0]
    assert json.loads(data)["datasets"] == {"digits": f"{hostile} (redraw)"}
    assert hostile not in page


def test_a_number_too_small_to_be_written_out_has_decimals_that_a_browser_takes():
    tiny = sizes().assign(mean=1.5e-150, low=1e-150, high=2e-150)
    assert written(numbers(tiny)["methods"]["base"], "digits", 0) == 12
    alone = tiny.assign(low=np.nan, high=np.nan)
    assert written(numbers(alone)["methods"]["base"], "digits", 0) == 12
    huge = alone.assign(mean=1.5e150)
    assert written(numbers(huge, y_range=None)["methods"]["base"], "digits", 0) == 0
