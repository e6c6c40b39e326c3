"""Missing cells and categories become numbers by rules of the training rows, as scikit-learn does it."""

import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from bnlab.data import datasets, preprocessing
from bnlab.data.datasets import DataError
from bnlab.data.tables import read_file

RULE = {"test": 20, "test_rows": "last", "validation": 15}
ROWS = 120


def patients(seed=1) -> pd.DataFrame:
    """A table with gaps in numbers and texts; the site 'east' is one of the test rows alone."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 90, ROWS).astype(float),
            "site": rng.choice(["north", "south", "west"], ROWS),
            "bmi": rng.normal(25, 4, ROWS).round(2),
            "code": rng.choice(["1", "01", "x"], ROWS),
            "ill": rng.choice(["no", "yes"], ROWS),
        }
    )
    frame.loc[rng.choice(ROWS, 9, replace=False), "bmi"] = None
    frame.loc[rng.choice(ROWS, 5, replace=False), "site"] = None
    frame.loc[[ROWS - 3, ROWS - 1], "site"] = "east"
    return frame


NUMBERS, TEXTS = ["age", "bmi"], ["site", "code"]


def as_arff(frame):
    kinds = {name: "NUMERIC" for name in NUMBERS}
    header = [f"@attribute {name} {kinds.get(name, 'STRING')}" for name in frame]
    rows = frame.to_csv(index=False, header=False, na_rep="?")
    return "\n".join(["@relation r", *header, "@data", rows])


WRITERS = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "arff": lambda frame, path: path.write_text(as_arff(frame)),
}


@pytest.fixture(params=WRITERS)
def read(request, tmp_path):
    def of(frame, categories="one_hot"):
        path = tmp_path / f"mine.{request.param}"
        WRITERS[request.param](frame, path)
        return read_file(path, "ill", categories=categories)

    return of


def by_scikit_learn(frame, train, strategy):
    numbers = SimpleImputer(strategy=strategy)
    texts = make_pipeline(
        SimpleImputer(strategy="most_frequent", missing_values=None),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    columns = make_column_transformer((numbers, NUMBERS), (texts, TEXTS))
    frame = frame.astype(dict.fromkeys(TEXTS, object)).where(frame.notna(), None)
    frame = frame.astype(dict.fromkeys(NUMBERS, float))
    return make_pipeline(columns, StandardScaler()).fit(frame.iloc[train]).transform(frame)


@pytest.mark.parametrize("strategy", ["mean", "most_frequent"])
def test_features_are_those_of_scikit_learn_fitted_on_training_rows(read, strategy):
    frame = patients()
    table = read(frame)
    arrays, _ = preprocessing.preprocess(
        table, RULE, "standardize", missing=strategy, categories="one_hot"
    )
    rows = preprocessing.split(table.y, RULE)
    expected = by_scikit_learn(frame, rows["train"], strategy)
    for part in ("train", "validation", "test"):
        np.testing.assert_allclose(arrays[f"x_{part}"], expected[rows[part]], rtol=1e-5, atol=1e-5)
    assert arrays["x_train"].shape[1] == 2 + 3 + 3


def test_what_was_done_is_counted_and_logged(read, caplog):
    frame = patients()
    table = read(frame)
    with caplog.at_level(logging.INFO, "bnlab"):
        arrays, done = preprocessing.preprocess(
            table, RULE, "standardize", missing="mean", categories="one_hot"
        )
    gaps = frame[["site", "bmi"]].isna().sum()
    assert done["missing"] == {"rule": "mean", "filled": gaps.to_dict()}
    assert done["categories"] == {
        "rule": "one_hot",
        "features": {"site": 3, "code": 3},
        "unseen": {"validation": {}, "test": {"site": 2}},
    }
    said = "\n".join(caplog.messages)
    assert f"{gaps.sum()} missing cells in site ({gaps.site}), bmi ({gaps.bmi})" in said
    assert "6 one-hot features of the categories of site (3), code (3)" in said
    assert "test rows: 2 cells with a category of no training row, in site (2)" in said
    unseen = arrays["x_test"][-1, 2:5]
    assert len(np.unique(arrays["x_train"][:, 2:5], axis=0)) == 3
    assert not (arrays["x_train"][:, 2:5] == unseen).all(axis=1).any()
    origin = {"source": "file", "is_redraw": False}
    settings = {"scaling": "standardize", "shape": {}}
    summary = preprocessing.summary(table, origin, settings, arrays, done)
    assert summary["shape"]["features"] == 8 and summary["missing"] == done["missing"]


def test_both_are_refused_by_default_and_the_message_names_every_way_on(read):
    frame = patients()
    with pytest.raises(DataError) as refused:
        read(frame, "refuse")
    for text in ("column site holds text ('", "column code", "`drop`", "`categories: one_hot`"):
        assert text in str(refused.value)
    with pytest.raises(DataError, match="missing values in site, bmi.*`missing: mean`"):
        preprocessing.preprocess(read(frame), RULE, "none", categories="one_hot")
    with pytest.raises(DataError, match=r"column site holds text.*`categories: one_hot`"):
        preprocessing.preprocess(read(frame), RULE, "none", missing="mean")


def test_declared_categories_are_categories_also_where_they_look_like_numbers(tmp_path):
    frame = pd.DataFrame({"grade": [1, 2, 3] * 10, "size": range(30), "ill": ["no", "yes"] * 15})
    arff = (
        as_arff(frame).replace("grade STRING", "grade {3,2,1}").replace("size STRING", "size REAL")
    )
    (tmp_path / "mine.arff").write_text(arff)
    frame.astype({"grade": "category"}).to_parquet(tmp_path / "mine.parquet")
    for name in ("mine.arff", "mine.parquet"):
        table = read_file(tmp_path / name, "ill", categories="one_hot")
        assert table.categories == {"grade": ("1", "2", "3")}
        assert read_file(tmp_path / name, "ill").categories == {}


def test_dates_are_no_categories(tmp_path):
    frame = patients()[["bmi", "ill"]].assign(day=pd.Timestamp("2020-01-01"))
    frame.to_parquet(tmp_path / "mine.parquet")
    with pytest.raises(DataError, match="column day holds dates.*`drop`") as refused:
        read_file(tmp_path / "mine.parquet", "ill", categories="one_hot")
    assert "one_hot" not in str(refused.value)


def test_a_column_without_values_to_train_on_and_an_identifier_are_refused(read):
    frame = patients()
    frame["site"] = [f"p{i}" for i in range(ROWS)]
    frame.loc[: ROWS - 10, "bmi"] = None
    with pytest.raises(DataError) as refused:
        preprocessing.preprocess(read(frame), RULE, "none", missing="mean", categories="one_hot")
    assert "column bmi has no value in the training rows; `drop` it" in str(refused.value)
    assert "column site has another text in each training row" in str(refused.value)


def test_a_table_with_categories_is_stored_and_has_a_digest_of_its_texts(read, tmp_path):
    table = read(patients())
    datasets.save_table(tmp_path / "raw.npz", table)
    stored = datasets.load_table(tmp_path / "raw.npz")
    assert (
        stored.categories
        == table.categories
        == {
            "site": ("east", "north", "south", "west"),
            "code": ("01", "1", "x"),
        }
    )
    assert datasets.digest(stored) == datasets.digest(table)
    renamed = read(patients().replace("north", "nearby"))
    assert datasets.digest(renamed)["features"] != datasets.digest(table)["features"]


def test_a_table_of_numbers_is_read_and_prepared_the_same_with_and_without_rules(read):
    frame = patients()[[*NUMBERS, "ill"]].dropna()
    table = read(frame)
    assert table.categories == {}
    assert datasets.digest(table) == datasets.digest(read(frame, "refuse"))
    plain, nothing = preprocessing.preprocess(table, RULE, "standardize")
    ruled, done = preprocessing.preprocess(
        table, RULE, "standardize", missing="mean", categories="one_hot"
    )
    assert nothing == {} and done["missing"]["filled"] == {}
    assert all((plain[name] == ruled[name]).all() for name in plain)
