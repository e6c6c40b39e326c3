"""The shape of a file that a config leaves out is read from the file, once, and again where the file has changed."""

import json
import os

import numpy as np
import pandas as pd
import pytest
import yaml

from bnlab.data import shapes
from bnlab.study import validation
from bnlab.study.locations import ConfigError

FRAME = pd.DataFrame(
    {"a": np.arange(40) % 7, "site": ["n", "s", "s", "w"] * 10, "ill": ["no", "yes"] * 20}
)
STUDY = """\
study: small
title: A small study
seed: 1
replicates: 2
methods: {base: {label: Base}}
datasets:
  mine:
    label: mine
    source: file
    path: %s
    target: ill
    split: {test: 10, validation: 5}
    scaling: none
recipes:
  quick:
    network: {perceptron: [8]}
    optimizer: sgd
    activation: sigmoid
    initializer: glorot_uniform
    learning_rate: 0.1
    budget: {epochs: 3}
experiments:
  learning_curves: {runs: [{datasets: [mine], methods: [base], batches: [8], recipes: [quick]}]}
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that reads the study of a file, with further settings of its data set."""
    monkeypatch.chdir(tmp_path)

    def study_of(path="mine.csv", **settings):
        config = yaml.safe_load(STUDY % path)
        config["datasets"]["mine"] |= settings
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(config))
        return validation.load(
            config, [file], with_shapes=lambda config: shapes.with_shapes(config, tmp_path)
        )

    return study_of


def sizes(study):
    shape = study.datasets["mine"].shape
    return shape.rows, shape.features, shape.classes


def test_sizes_are_those_that_pandas_and_numpy_count(read, tmp_path):
    FRAME.drop(columns="site").to_csv(tmp_path / "mine.csv", index=False)
    assert sizes(read()) == (40, 1, 2)
    FRAME.to_parquet(tmp_path / "mine.parquet")
    assert sizes(read("mine.parquet", drop=["site"])) == (40, 1, 2)
    np.savez(tmp_path / "mine.npz", x=np.zeros((30, 4, 3, 2)), y=np.arange(30) % 3)
    images = read("mine.npz", shape={"image": [4, 3, 2]})
    assert sizes(images) == (30, 24, 3) and images.datasets["mine"].shape.image == [4, 3, 2]


def test_categories_count_as_the_features_that_networks_see(read, tmp_path):
    FRAME.to_csv(tmp_path / "mine.csv", index=False)
    assert sizes(read(categories="one_hot")) == (40, 1 + 3, 2)


def test_a_run_has_the_key_that_it_has_with_its_shape_written_out(read, tmp_path):
    FRAME.drop(columns="site").to_csv(tmp_path / "mine.csv", index=False)
    left_out, written = read(), read(shape={"rows": 40, "features": 1, "classes": 2})
    [run] = left_out.all_runs()
    assert left_out.key(run) == written.key(run)


def test_a_file_is_read_once_until_it_or_its_settings_change(read, tmp_path, monkeypatch):
    reads = []
    monkeypatch.setattr(
        shapes, "read_file", lambda *a, of=shapes.read_file, **k: reads.append(a) or of(*a, **k)
    )
    file = tmp_path / "mine.csv"
    FRAME.to_csv(file, index=False)
    for _ in range(3):
        read(drop=["site"])
    assert len(reads) == 1
    read(categories="one_hot")
    assert len(reads) == 2
    FRAME[:30].to_csv(file, index=False)
    os.utime(file, ns=(1, 1))
    assert sizes(read(categories="one_hot"))[0] == 30 and len(reads) == 3
    kept = tmp_path / "results/data/mine/shape.json"
    kept.write_text(json.dumps({"made_of": 1}))
    assert sizes(read(categories="one_hot"))[0] == 30 and len(reads) == 4
    kept.write_text("{")
    assert sizes(read(categories="one_hot"))[0] == 30 and len(reads) == 5


def test_a_file_that_cannot_be_read_is_the_one_thing_that_is_said(read, tmp_path):
    (tmp_path / "mime.csv").write_text("a,ill\n")
    with pytest.raises(ConfigError) as missing:
        read()
    (line,) = str(missing.value).splitlines()
    assert "datasets.mine.path: there is no file or folder mine.csv, did you mean mime.csv?" in line
    assert "`shape: {rows: " in line
    FRAME.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(ConfigError) as text:
        read()
    (line,) = str(text.value).splitlines()
    assert "datasets.mine.path: " in line and "column site holds text ('n')" in line
    with pytest.raises(ConfigError) as wrong:
        read(label=3)
    (line,) = str(wrong.value).splitlines()
    assert "datasets.mine.label" in line


def test_a_data_set_without_runs_needs_no_file(read):
    known = {"source": "bundled", "name": "iris", "split": {"test": 10, "validation": 5}}
    known |= {
        "label": "iris",
        "scaling": "none",
        "shape": {"rows": 150, "features": 4, "classes": 3},
    }
    config = yaml.safe_load(STUDY % "none.csv")
    config["datasets"]["iris"] = known
    config["experiments"]["learning_curves"]["runs"][0]["datasets"] = ["iris"]
    completed, unread = shapes.with_shapes(config, None)
    assert list(completed["datasets"]) == ["iris"] and unread == {}


def test_text_and_missing_cells_are_told_at_once(read, tmp_path):
    gaps = FRAME.copy()
    gaps.loc[:2, "a"] = None
    gaps.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(validation.ConfigError) as wrong:
        read()
    assert "column site holds text" in str(wrong.value)
    assert "found 3 missing values in a" in str(wrong.value)


def test_what_is_read_is_said_in_a_line(read, tmp_path):
    FRAME.drop(columns="site").to_csv(tmp_path / "mine.csv", index=False)
    config = yaml.safe_load(STUDY % "mine.csv")
    (line,) = shapes.inferred(config, read().datasets)
    assert line == "mine: 40 rows, 1 feature, 2 classes, read from mine.csv"
    whole = {"datasets": {"mine": {"shape": {"rows": 40, "features": 1, "classes": 2}}}}
    assert list(shapes.inferred(whole, read().datasets)) == []


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (FRAME.assign(ill="no")[["a", "ill"]], "every row is of class no; two classes are needed"),
        (FRAME[["ill"]], "there is no feature beside ill"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_of_one_class_or_without_features_is_said(read, tmp_path, frame, said, kind):
    path = tmp_path / f"mine.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    with pytest.raises(ConfigError, match=f"datasets.mine.path: .*{said}"):
        read(path.name)
