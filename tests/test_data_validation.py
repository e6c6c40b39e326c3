"""Problems of a CSV file are reported before anything is run: all at once, and as when it is read whole."""

import gzip

import numpy as np
import pandas as pd
import pytest

from bnlab.data import datasets, preprocessing, sources, validation
from bnlab.data.datasets import DataError
from bnlab.data.tables import read_file
from bnlab.study.datasets import BundledDataset, FileDataset

ROWS = [f"{i}.5,{i % 7},{'yes' if i % 3 else 'no'}" for i in range(30)]
SOUND = "\n".join(["length,width,kind", *ROWS, ""])


def described(path, **changes) -> FileDataset:
    settings = {
        "label": "mine",
        "source": "file",
        "path": str(path),
        "target": "kind",
        "shape": {"rows": 30, "features": 2, "classes": 2},
        "split": {"test": 5, "validation": 5},
        "scaling": "none",
    }
    return FileDataset.model_validate(settings | changes)


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a CSV file and returns its problems."""

    def problems_of(text, **changes):
        path = tmp_path / "mine.csv"
        path.write_text(text)
        return validation.file_problems(described(path, **changes))

    return problems_of


def test_nothing_is_said_of_a_sound_file(file, tmp_path):
    assert file(SOUND) == []
    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress(SOUND.encode()))
    assert validation.file_problems(described(tmp_path / "mine.csv.gz")) == []


def test_nothing_is_said_of_a_file_that_a_rule_may_make(tmp_path):
    for name in ("none.csv", "none.parquet", "none"):
        assert validation.file_problems(described(tmp_path / name)) == []


FRAME = pd.DataFrame(
    {"length": np.arange(30) + 0.5, "width": np.arange(30) % 7, "kind": ["no", "yes"] * 15}
)


def write(frame, path):
    """Write a table in the format of a path, without its last column's name where that has arrays."""
    if path.suffix == ".npz":
        np.savez(path, x=frame.iloc[:, :-1].to_numpy(float), y=frame.iloc[:, -1].to_numpy(str))
    elif path.suffix == ".arff":
        kinds = ["@attribute length real", "@attribute width real", "@attribute kind {no,yes}"]
        rows = frame.to_csv(index=False, header=False, na_rep="?")
        path.write_text("\n".join(["@relation r", *kinds, "@data", rows]))
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "arff", "npz"])
def test_short_files_of_every_kind_are_checked_before_any_job(tmp_path, kind):
    path = tmp_path / f"mine.{kind}"
    write(FRAME, path)
    assert validation.file_problems(described(path)) == []
    shape = {"rows": 31, "features": 3, "classes": 2}
    ((setting, sentence),) = validation.file_problems(described(path, shape=shape))
    assert setting == "shape" and "found 30 rows, 2 features, expected 31 rows" in sentence
    broken = FRAME.assign(length=[None, *FRAME["length"][1:]])
    write(broken, path)
    ((setting, sentence),) = validation.file_problems(described(path))
    assert setting == "path" and "found 1 missing value in" in sentence
    assert validation.file_problems(described(path, missing="mean")) == []


def test_a_folder_without_the_files_of_images_is_said_before_any_job(tmp_path):
    ((setting, sentence),) = validation.file_problems(described(tmp_path))
    assert setting == "path" and "has neither" in sentence


def test_a_small_file_of_many_zeros_is_left_to_the_job(tmp_path):
    np.savez_compressed(tmp_path / "mine.npz", x=np.zeros((200_000, 20)), y=np.arange(200_000) % 2)
    assert (tmp_path / "mine.npz").stat().st_size < validation.MOST_BYTES
    assert validation.file_problems(described(tmp_path / "mine.npz")) == []


SORTED = FRAME.assign(kind=["no"] * 18 + ["yes"] * 12)


def test_a_dry_run_says_once_what_is_made_of_a_column_and_of_which_file(file, caplog):
    assert file(SOUND.replace("0.5,", f"{2**53 + 1},", 1)) == []
    (said,) = caplog.messages
    assert "mine.csv: column length: 1 whole number beyond 2^53 is rounded, and" in said


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_a_split_that_cannot_be_made_is_said_and_test_rows_of_one_class_are_warned_of(
    tmp_path, caplog, kind
):
    path = tmp_path / f"mine.{kind}"
    write(SORTED, path)
    split = {"test": 6, "test_rows": "last", "validation": 5}
    assert validation.file_problems(described(path, split=split)) == []
    (said,) = caplog.messages
    assert "all 6 test rows are of class yes, so AUC is not defined" in said and str(path) in said
    split["test"] = 12
    ((setting, sentence),) = validation.file_problems(described(path, split=split))
    assert setting == "split" and "the 13 training rows are all of one class" in sentence
    write(FRAME.assign(kind=[f"k{i}" for i in range(30)]), path)
    many = described(path, shape={"rows": 30, "features": 2, "classes": 30})
    ((setting, sentence),) = validation.file_problems(many)
    assert setting == "split" and "each of the 30 classes keeps one" in sentence


@pytest.mark.parametrize("kind", ["csv", "parquet", "arff", "npz"])
@pytest.mark.parametrize(
    ("column", "settings"),
    [
        ([None] * 30, {"missing": "mean"}),
        ([1e308, -1e308] * 15, {"scaling": "standardize"}),
        ([1e308, -1e308] * 15, {"scaling": "min_max"}),
        ([1e39] * 30, {"scaling": "none"}),
    ],
)
def test_what_the_job_that_scales_would_refuse_is_said_before_it(tmp_path, kind, column, settings):
    path = tmp_path / f"mine.{kind}"
    write(FRAME.assign(width=np.array(column, float)), path)
    dataset = described(path, **settings)
    options = dataset.model_dump(exclude_none=True)
    table = sources.read(options)
    rules = {name: options[name] for name in ("scaling", "missing", "categories")}
    with pytest.raises(DataError) as job:
        preprocessing.preprocess(table, options["split"], **rules)
    assert job.value.problems and validation.file_problems(dataset) == job.value.problems


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": {"rows": 1790, "features": 64, "classes": 10}}, "found 1,797 rows, expected"),
        ({"shape": {"rows": 1797, "features": 64, "classes": 9}}, "found 10 classes, expected 9"),
        (
            {"shape": {"rows": 1797, "features": 64, "classes": 10, "image": [4, 16, 1]}},
            "an image of x is 8 × 8, not 4 × 16 × 1",
        ),
        ({"class_labels": {10: "ten"}}, "names 10, but the classes are 0, 1, 2"),
        ({}, None),
    ],
)
def test_a_table_of_scikit_learn_that_is_not_as_described_is_said_before_any_job(change, said):
    settings = {
        "label": "digits",
        "source": "bundled",
        "name": "digits",
        "shape": {"rows": 1797, "features": 64, "classes": 10, "image": [8, 8, 1]},
        "split": {"test": 5, "validation": 5},
        "scaling": "none",
    }
    dataset = BundledDataset.model_validate(settings | change)
    shape = dataset.shape.model_dump(exclude_none=True)
    problems = sources.bundled_problems(dataset.name, shape, dataset.class_labels)
    table = sources.read_bundled("digits")
    if said is None:
        datasets.check(table, shape, class_labels=dataset.class_labels)
        assert problems == []
    else:
        with pytest.raises(DataError, match=said) as job:
            datasets.check(table, shape, class_labels=dataset.class_labels)
        assert problems == job.value.problems


def test_columns_that_are_not_there_are_all_said_with_the_names_that_are(file):
    problems = file(SOUND, target="kint", drop=["lengths", "colour"])
    assert [setting for setting, _ in problems] == ["target", "drop", "drop"]
    assert (
        "no column kint, did you mean kind?; the columns are length, width, kind" in problems[0][1]
    )
    assert "did you mean length?" in problems[1][1] and "did you mean" not in problems[2][1]


def test_of_thirteen_columns_all_are_listed(file):
    columns = [f"c{i}" for i in range(12)] + ["kind"]
    text = "\n".join(",".join(["1"] * 12 + ["yes"]) for _ in range(4))
    ((_, sentence),) = file(text, columns=columns, target="knd")
    assert "did you mean kind?" in sentence
    assert all(name in sentence for name in columns)


def test_everything_wrong_with_the_values_is_said_at_once(file):
    text = SOUND.replace("3.5,3,no", "long,3,no").replace("4.5,4,yes", ",wide,yes")
    text = text.replace("5.5,5,yes", "5.5,5,")
    problems = file(text, shape={"rows": 31, "features": 3, "classes": 2}, classes=["yes", "maybe"])
    sentences = {setting: [s for name, s in problems if name == setting] for setting, _ in problems}
    assert sentences["shape"] == [
        "found 30 rows, 2 features, expected 31 rows, 3 features: correct `shape` in the config,"
        " or the source if it is not the data you mean"
    ]
    assert [line.split(";")[0] for line in sentences["path"]] == [
        "column length holds text ('long'), features must be numbers",
        "column width holds text ('wide'), features must be numbers",
        "found 1 missing value in length, expected none: fill them by `missing: mean` or"
        " `most_frequent`, or leave their columns out with `drop`",
    ]
    assert sentences["target"] == [
        "1 row has no class, the first is row 6; remove them or fill them in; `classes` lists a class that a"
        " CSV calls NA"
    ]
    assert sentences["classes"] == [
        "classes no are in the data but not among the declared yes, maybe; name every class, in order"
    ]


def test_a_file_without_a_header_needs_as_many_columns_as_it_has(file):
    ((setting, sentence),) = file("\n".join(ROWS), columns=["length", "kind"])
    assert setting == "columns" and "line 1 has 3 values for 2 columns" in sentence
    ((setting, sentence),) = file("\n".join(["length,kind", *ROWS]))
    assert setting == "columns" and "line 2 has 3 values for 2 columns" in sentence
    problems = file("\n".join(["1,1,yes"] * 3))
    assert any("two columns have the same name" in sentence for _, sentence in problems)


def test_of_a_long_file_the_number_of_rows_is_left_to_the_job(file, monkeypatch):
    monkeypatch.setattr(validation, "MOST_BYTES", 100)
    assert file(SOUND) == []
    assert file(SOUND, shape={"rows": 999, "features": 2, "classes": 9}) == []
    assert len(file(SOUND, shape={"rows": 999, "features": 3, "classes": 9})) == 1


def test_reading_the_file_says_all_columns_with_text_too(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(SOUND.replace("3.5,3,no", "long,3,no").replace("4.5,4,yes", "4.5,wide,maybe"))
    with pytest.raises(DataError) as caught:
        read_file(path, "kind", classes=["yes", "no"])
    for part in ("column length holds text ('long')", "column width holds text", "classes maybe"):
        assert part in str(caught.value)
    with pytest.raises(DataError, match="no column kint, did you mean kind.*no column colour"):
        read_file(path, "kint", drop=["colour"])
