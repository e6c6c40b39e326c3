"""Sources agree on content, faults are overcome or reported, split and scaling are correct."""

import gzip
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openml_server import Faults, arff, serve
from sklearn.datasets import load_iris
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from bnlab import files
from bnlab.data import (
    datasets,
    from_arff,
    from_csv,
    from_openml,
    from_parquet,
    pieces,
    preprocessing,
    sources,
    tables,
)
from bnlab.data.datasets import DataError, Table

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"


@pytest.fixture
def images() -> Table:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (30, 16), dtype=np.uint8)
    y = np.arange(30, dtype=np.uint8) % 11
    return Table(x, y, tuple(f"pixel{i}" for i in range(1, 17)), tuple(map(str, range(11))))


@pytest.fixture
def flowers() -> Table:
    return sources.read_bundled("iris")


def write_idx(folder: Path, table: Table, cut: int, compressed: bool) -> Path:
    folder.mkdir()
    for part, rows in (("train", slice(None, cut)), ("t10k", slice(cut, None))):
        for name, values in (
            ("images-idx3", table.x[rows].reshape(-1, 4, 4)),
            ("labels-idx1", table.y[rows]),
        ):
            sizes = b"".join(n.to_bytes(4, "big") for n in values.shape)
            raw = bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()
            path = folder / f"{part}-{name}-ubyte"
            if compressed:
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(raw))
            else:
                path.write_bytes(raw)
    return folder


def frame_of(table: Table) -> pd.DataFrame:
    frame = pd.DataFrame(table.x, columns=list(table.feature_names))
    return frame.assign(**{"class": [table.class_names[k] for k in table.y]})


def write(path: Path, table: Table) -> Path:
    frame = frame_of(table)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".arff":
        path.write_bytes(arff(table))
    else:
        np.savez(path, x=table.x, y=np.array(table.class_names)[table.y])
    return path


def same(a: Table, b: Table) -> bool:
    return (
        datasets.digest(a) == datasets.digest(b)
        and a.x.dtype == b.x.dtype
        and a.class_names == b.class_names
    )


# content


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.arff", "t.npz"])
@pytest.mark.parametrize("content", ["images", "flowers"])
def test_every_file_format_gives_the_same_content(name, content, tmp_path, request):
    table = request.getfixturevalue(content)
    read = tables.read_file(write(tmp_path / name, table), "class")
    assert same(read, table)
    if not name.endswith("npz"):
        assert read.feature_names == table.feature_names


@pytest.mark.parametrize("compressed", [True, False])
def test_an_idx_folder_is_read_training_rows_first(compressed, images, tmp_path):
    folder = write_idx(tmp_path / "idx", images, cut=20, compressed=compressed)
    assert same(tables.read_file(folder), images)


def test_content_is_read_the_same_across_chunks_that_look_different(tmp_path, monkeypatch):
    monkeypatch.setattr(from_arff, "CHUNK_ROWS", 4)
    monkeypatch.setattr(from_csv, "BLOCK_BYTES", 32)
    monkeypatch.setattr(from_parquet, "CHUNK_ROWS", 4)
    x = np.ones((10, 2))
    x[9, 1] = 0.5
    table = Table(x, np.array([0] * 9 + [1], np.uint8), ("a", "b"), ("1", "2"))
    for name in ("t.csv", "t.parquet", "t.arff"):
        read = tables.read_file(write(tmp_path / name, table), "class")
        assert read.x.dtype == np.float64 and same(read, table)


def test_whole_numbers_from_0_to_255_are_bytes_and_all_else_is_float64():
    assert pieces.canonical(np.array([[0.0, 255.0]])).dtype == np.uint8
    for odd in (-1, 256, 0.5, np.nan, np.inf):
        assert pieces.canonical(np.array([[0.0, odd]])).dtype == np.float64


def test_the_digest_is_sha256_of_the_bytes_in_row_order():
    x = np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3))
    table = Table(x, np.array([1, 0], np.uint8), ("a", "b", "c"), ("0", "1"))
    assert datasets.digest(table) == {
        "features": hashlib.sha256(bytes(range(6))).hexdigest(),
        "labels": hashlib.sha256(bytes([1, 0])).hexdigest(),
    }


def test_undeclared_labels_sort_as_numbers_where_they_are_numbers_and_as_text_otherwise():
    codes, names = datasets.encode_labels(["10", "9", "2", "9"])
    assert names == ("2", "9", "10") and codes.tolist() == [2, 1, 0, 1] and codes.dtype == np.uint8
    assert datasets.encode_labels(["b", "10", "a"])[1] == ("10", "a", "b")


def test_declared_labels_keep_their_order_and_may_never_occur():
    codes, names = datasets.encode_labels(["7", "1"], [7, 4, 1])
    assert names == ("7", "4", "1") and codes.tolist() == [0, 2]
    with pytest.raises(DataError, match="3.*not among"):
        datasets.encode_labels(["3"], [1, 2])


def test_rows_without_a_class_are_refused():
    with pytest.raises(DataError, match="1 row has no class, the first is row 2"):
        datasets.encode_labels(["a", None])


# files


def test_a_csv_without_header_takes_names_drops_columns_and_declares_classes(tmp_path):
    path = tmp_path / "glass.data"
    path.write_text("1,1.52,13.6,1\n2,1.51,13.9,7\n3,1.50,13.1,2\n")
    table = tables.read_file(path, "Type", ["Id", "RI", "Na", "Type"], ["Id"], list(range(1, 8)))
    assert table.x.tolist() == [[1.52, 13.6], [1.51, 13.9], [1.50, 13.1]]
    assert table.y.tolist() == [0, 6, 1]
    assert table.feature_names == ("RI", "Na") and table.class_names == tuple("1234567")


def test_an_arff_header_with_quotes_spaces_and_comments_is_understood(tmp_path):
    path = tmp_path / "t.arff"
    path.write_text(
        "% remark\r\n@relation x\r\n@attribute 'a b' numeric\r\n@attribute c integer\r\n"
        "@attribute Kind {'not, seen', 'it\\'s', plain}\r\n@data\r\n\r\n% remark\r\n"
        "1.25, 3, 'it\\'s'\r\n?, 4, plain\r\n"
    )
    table = tables.read_file(path, "Kind")
    assert table.feature_names == ("a b", "c")
    assert table.class_names == ("not, seen", "it's", "plain") and table.y.tolist() == [1, 2]
    assert np.array_equal(table.x, [[1.25, 3], [np.nan, 4]], equal_nan=True)


def test_parquet_categories_keep_their_order_and_unused_members(tmp_path):
    kinds = pd.Categorical(["b", "a"], categories=["z", "b", "a"])
    pd.DataFrame({"v": [1, 2], "class": kinds}).to_parquet(tmp_path / "t.parquet")
    table = tables.read_file(tmp_path / "t.parquet", "class")
    assert table.class_names == ("z", "b", "a") and table.y.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "target", "message"),
    [
        ("t.csv", b"a,class\n1,x\n", "kind", "no column kind; the columns are a, class"),
        ("t.csv", b"a,class\n1,x\n", None, "needs `target`"),
        ("t.csv", b"a,class\nred,x\n", "class", r"column a holds text \('red'\)"),
        ("t.csv", b"a,a\n1,2\n", "a", "two columns have the same name"),
        ("t.csv", b"", "class", "there are no rows"),
        ("t.arff", b"@relation x\n@attribute a real\n", "a", "no @DATA line"),
        ("t.arff", b"@attribute a real\n@attribute b {x}\n@data\n{0 1}\n", "b", "sparse ARFF"),
        ("t.arff", b"@attribute a real\n@attribute b {x}\n@data\n1,2,x\n", "b", "3 values for 2"),
        ("t.arff", b"@attribute a real\n@attribute b {x}\n@data\n", "b", "there are no rows"),
        ("t.parquet", b"PAR1 but no more", "class", "cannot be read"),
        ("t.npz", b"PK no more", None, "cannot be read"),
        ("t.csv.gz", b"\x1f\x8b no more", "class", "cannot be read"),
        ("t.xlsx", b"", "class", "of no known kind"),
    ],
)
def test_a_bad_file_is_told_plainly(name, content, target, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        tables.read_file(tmp_path / name, target)


def test_a_missing_or_broken_idx_file_is_named(images, tmp_path):
    folder = write_idx(tmp_path / "idx", images, cut=20, compressed=False)
    path = folder / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="t10k-labels.* is broken"):
        tables.read_file(folder)
    path.unlink()
    with pytest.raises(DataError, match="neither t10k-labels"):
        tables.read_file(folder)
    with pytest.raises(DataError, match="no file or folder"):
        tables.read_file(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("digits", (1797, 64, 10)),
        ("wine", (178, 13, 3)),
        ("breast_cancer", (569, 30, 2)),
        ("iris", (150, 4, 3)),
    ],
)
def test_bundled_tables_are_what_scikit_learn_ships(name, shape):
    table = sources.read({"source": "bundled", "name": name})
    datasets.check(table, dict(zip(("rows", "features", "classes"), shape, strict=True)))
    known = sources.BUNDLED[name]
    assert (known.rows, known.features) == table.x.shape
    assert (known.classes, known.sides) == (table.class_names, table.sides)
    assert len(table.feature_names) == shape[1]
    assert table.x.dtype == (np.uint8 if name == "digits" else np.float64)


# OpenML


def test_openml_gives_the_content_of_the_file_and_asks_once(flowers, tmp_path):
    with serve({61: flowers}) as server:
        for _ in range(2):
            read = from_openml.read_openml(61, server=server.url, cache=str(tmp_path))
            assert same(read, flowers) and read.feature_names == flowers.feature_names
        assert server.downloads == 1


def test_the_environment_goes_before_the_config(flowers, tmp_path, monkeypatch):
    monkeypatch.setenv("BNLAB_OPENML_CACHE", str(tmp_path / "mine"))
    with serve({61: flowers}) as server:
        monkeypatch.setenv("BNLAB_OPENML_SERVER", server.url)
        config = {"server": "http://127.0.0.1:9/api/v1/xml", "cache": str(tmp_path / "other")}
        assert same(sources.read({"source": "openml", "id": 61}, config), flowers)
    assert (tmp_path / "mine").exists() and not (tmp_path / "other").exists()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(from_openml, "PAUSES", (0.01, 0.02, 0.03))


@pytest.mark.parametrize(
    "faults",
    [
        Faults(unavailable=3),
        Faults(unavailable=3, unavailable_body=b"<html><body>busy</body></html>"),
        Faults(truncated=3),
        Faults(corrupt=3),
        Faults(unavailable=1, truncated=1, corrupt=1),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_three_faults_in_a_row_are_survived(faults, flowers, tmp_path):
    with serve({61: flowers}, faults) as server:
        assert same(from_openml.read_openml(61, server=server.url, cache=str(tmp_path)), flowers)
        assert server.downloads == 4


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(unavailable=9), "answered 503"),
        (Faults(truncated=9), "broke off"),
        (Faults(corrupt=9), "does not fit its checksum"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_fault_that_stays_is_told_with_the_ways_on_and_leaves_no_broken_cache(
    faults, reason, flowers, tmp_path
):
    with serve({61: flowers}, faults) as server:
        with pytest.raises(DataError, match=f"{reason}.*nothing is lost.*make demo.*source: file"):
            from_openml.read_openml(61, server=server.url, cache=str(tmp_path))
        assert server.downloads == 4
        faults.unavailable = faults.truncated = faults.corrupt = 0
        assert same(from_openml.read_openml(61, server=server.url, cache=str(tmp_path)), flowers)


@pytest.mark.usefixtures("impatient")
def test_a_broken_file_in_the_cache_is_fetched_anew(flowers, tmp_path):
    with serve({61: flowers}) as server:
        from_openml.read_openml(61, server=server.url, cache=str(tmp_path))
        for path in (*tmp_path.rglob("dataset.arff"), *tmp_path.rglob("description.xml")):
            path.write_bytes(path.read_bytes()[:-20])
            assert same(
                from_openml.read_openml(61, server=server.url, cache=str(tmp_path)), flowers
            )


@pytest.mark.usefixtures("impatient")
def test_a_silent_server_is_given_up_in_time(flowers, tmp_path, monkeypatch):
    monkeypatch.setattr(from_openml, "SILENCE_SECONDS", 0.1)
    with (
        serve({61: flowers}, Faults(slow_seconds=0.5)) as server,
        pytest.raises(DataError, match="no answer in time"),
    ):
        from_openml.read_openml(61, server=server.url, cache=str(tmp_path))


def test_a_slow_server_is_waited_for(flowers, tmp_path):
    with serve({61: flowers}, Faults(slow_seconds=0.3)) as server:
        assert same(from_openml.read_openml(61, server=server.url, cache=str(tmp_path)), flowers)


@pytest.mark.usefixtures("impatient")
def test_an_unknown_id_is_told_at_once(flowers, tmp_path):
    with serve({61: flowers}) as server:
        with pytest.raises(DataError, match="no data set 62"):
            from_openml.read_openml(62, server=server.url, cache=str(tmp_path))
        assert len(server.requests) == 1


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_has_cost_enough_time_is_not_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(from_openml, "PATIENCE_SECONDS", 0.0)
    start = time.monotonic()
    with pytest.raises(DataError, match="no connection"):
        url = f"http://127.0.0.1:{closed_port()}/api/v1/xml"
        from_openml.read_openml(61, server=url, cache=str(tmp_path))
    assert time.monotonic() - start < from_openml.PAUSES[0]


@pytest.mark.usefixtures("impatient")
def test_openml_is_left_as_it_was_found(tmp_path):
    import openml

    before, skip = openml.config.get_config_as_dict(), os.environ.get("OPENML_SKIP_PARQUET")
    with pytest.raises(DataError, match="no connection"):
        url = f"http://127.0.0.1:{closed_port()}/api/v1/xml"
        from_openml.read_openml(61, server=url, cache=str(tmp_path))
    assert openml.config.get_config_as_dict() == before
    assert os.environ.get("OPENML_SKIP_PARQUET") == skip


# checks


def test_a_table_as_promised_passes_the_check(flowers):
    shape = {"rows": 150, "features": 4, "classes": 3}
    datasets.check(flowers, shape, datasets.digest(flowers))


def test_the_check_names_everything_that_is_wrong_with_what_was_found_and_expected(flowers):
    x = flowers.x.copy()
    x[3, 1], x[4, 2] = np.nan, np.inf
    with pytest.raises(DataError) as failure:
        shape = {"rows": 151, "features": 4, "classes": 2}
        datasets.check(replace(flowers, x=x), shape, {"features": "0" * 64})
    message = str(failure.value)
    assert "found 150 rows, 3 classes, expected 151 rows, 2 classes" in message
    assert "1 missing value in sepal width (cm)" in message
    assert "1 infinite value in petal length (cm)" in message
    assert f"expected {'0' * 64}" in message and "labels" not in message


# split


SPLITS = [
    {"test": 10_000, "test_rows": "last", "validation": 5_000, "seed": 0},
    {"test": 0.2, "test_rows": "stratified", "validation": 0.1, "seed": 0},
]


@pytest.mark.parametrize("rule", SPLITS)
def test_every_row_is_in_exactly_one_part_and_the_sizes_are_those_asked_for(rule):
    y = np.random.default_rng(0).integers(0, 10, 70_000).astype(np.uint8)
    parts = preprocessing.split(y, rule)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(y)))
    expected = {
        k: rule[k] if isinstance(rule[k], int) else rule[k] * len(y) for k in ("test", "validation")
    }
    assert {k: len(parts[k]) for k in expected} == expected


def test_the_last_rows_are_the_test_rows_where_the_config_says_so():
    parts = preprocessing.split(
        np.arange(70, dtype=np.uint8) % 2,
        {"test": 10, "test_rows": "last", "validation": 5, "seed": 0},
    )
    assert parts["test"].tolist() == list(range(60, 70))


def test_stratified_parts_have_the_class_shares_of_the_rows_they_are_cut_from():
    y = np.repeat(np.arange(4, dtype=np.uint8), [5000, 3000, 1500, 500])
    parts = preprocessing.split(y, SPLITS[1])
    for rows in parts.values():
        shares = np.bincount(y[rows]) / len(rows)
        assert np.abs(shares - [0.5, 0.3, 0.15, 0.05]).max() < 1e-3


def test_the_split_is_the_same_every_time_and_is_not_the_order_of_the_rows():
    y = np.repeat(np.arange(3, dtype=np.uint8), 100)
    first, second = (preprocessing.split(y, SPLITS[1])["test"] for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(
        first, np.sort(np.concatenate([np.arange(k, k + 20) for k in (0, 100, 200)]))
    )


def test_the_validation_part_never_takes_test_rows_even_if_a_class_is_only_there():
    y = np.array([0] * 25 + [2] * 25 + [1] * 10, np.uint8)
    parts = preprocessing.split(y, {"test": 10, "test_rows": "last", "validation": 10, "seed": 0})
    assert not np.intersect1d(parts["validation"], parts["test"]).size
    assert set(y[parts["validation"]]) == {0, 2}


def test_training_rows_of_one_class_are_refused():
    y = np.array([0] * 50 + [1] * 10, np.uint8)
    with pytest.raises(DataError, match="40 training rows are all of one class.*stratified"):
        preprocessing.split(y, {"test": 10, "test_rows": "last", "validation": 10})
    preprocessing.split(y, {"test": 9, "test_rows": "last", "validation": 10})


def test_a_class_with_one_row_keeps_it_for_training():
    y = np.array([0] * 97 + [1, 2, 2], np.uint8)
    parts = preprocessing.split(
        y, {"test": 0.5, "test_rows": "stratified", "validation": 0.3, "seed": 0}
    )
    assert set(y[parts["train"]]) == {0, 1, 2}
    assert len(parts["test"]) == 50 and len(parts["validation"]) == 30


def test_a_class_that_never_occurs_takes_no_part():
    y = np.array([0, 2] * 20, np.uint8)
    parts = preprocessing.split(y, SPLITS[1])
    assert {part: len(rows) for part, rows in parts.items()} == {
        "train": 28,
        "validation": 4,
        "test": 8,
    }


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(DataError, match="leaves none"):
        preprocessing.split(
            np.zeros(10, np.uint8), {"test": 5, "test_rows": "last", "validation": 5, "seed": 0}
        )
    with pytest.raises(DataError, match="keeps one"):
        y = np.arange(10, dtype=np.uint8)
        preprocessing.split(y, {"test": 5, "test_rows": "stratified", "validation": 1, "seed": 0})


# scaling


@pytest.mark.parametrize(
    ("scaling", "oracle"), [("standardize", StandardScaler), ("min_max", MinMaxScaler)]
)
def test_scaling_agrees_with_scikit_learn_and_is_fitted_on_training_rows(scaling, oracle):
    x, test = load_iris().data[:100], load_iris().data[100:]
    fit = preprocessing.fit_scaling(x, scaling)
    for rows in (x, test):
        expected = oracle().fit(x).transform(rows)
        np.testing.assert_allclose(preprocessing.scale(rows, *fit), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scaling", ["none", "divide_255", "standardize", "min_max"])
@pytest.mark.parametrize("code", [-np.finfo(np.float64).max, 1e308, -1e200])
def test_a_number_that_is_too_large_to_scale_is_refused_with_its_column(scaling, code):
    x = np.random.default_rng(0).normal(size=(60, 2))
    x[::7, 1] = code
    if code > 0:
        x[1::7, 1] = -code  # so that the range is too large, too
    table = Table(x, np.arange(60, dtype=np.uint8) % 2, ("a", "b"), ("p", "q"))
    rule = {"test": 0.2, "test_rows": "stratified", "validation": 0.1}
    if scaling == "min_max" and code < 0:
        arrays, _ = preprocessing.preprocess(table, rule, scaling)
        assert all(np.isfinite(arrays[f"x_{part}"]).all() for part in datasets.PARTS)
    else:
        with pytest.raises(DataError, match=r"^column b is not finite once scaled"):
            preprocessing.preprocess(table, rule, scaling)


@pytest.mark.parametrize("scaling", ["standardize", "min_max"])
def test_a_constant_column_becomes_zero(scaling):
    x = np.column_stack([np.full(1000, 0.1), np.arange(1000.0)])
    scaled = preprocessing.scale(x, *preprocessing.fit_scaling(x, scaling))
    assert (scaled[:, 0] == 0).all() and np.isfinite(scaled).all()


NEARLY_CONSTANT = {
    "rounding": np.where(np.arange(60) % 2, 0.3, 0.1 + 0.2),
    "rounding of a large number": 1e9 + np.arange(60) % 2 * 1e-7,
    "constant": np.full(60, 0.1),
    "zero": np.zeros(60),
    "one row apart": np.eye(60)[0],
    "small": np.linspace(0, 1e-9, 60),
    "large and close": 1e6 + np.linspace(0, 1, 60),
}


@pytest.mark.parametrize("values", NEARLY_CONSTANT.values(), ids=NEARLY_CONSTANT)
@pytest.mark.parametrize(
    ("scaling", "oracle"), [("standardize", StandardScaler), ("min_max", MinMaxScaler)]
)
def test_a_column_is_constant_where_it_is_to_scikit_learn(scaling, oracle, values):
    x, test = values[:, None], np.array([[0.5], [-3.0]])
    scaled = preprocessing.scale(np.vstack([x, test]), *preprocessing.fit_scaling(x, scaling))
    expected = oracle().fit(x).transform(np.vstack([x, test]))
    np.testing.assert_allclose(scaled, expected, rtol=1e-5, atol=1e-6)


def test_the_spread_of_a_column_does_not_hang_on_the_number_of_rows():
    times = np.tile([1.7e12, 1.7e12 + 100], 500_000)[:, None]  # in milliseconds
    shift, width = preprocessing.fit_scaling(times, "standardize")
    np.testing.assert_allclose([shift - 1.7e12, width], 50, rtol=1e-3)
    rounded = np.tile([0.3, 0.1 + 0.2], 50_000)[:, None]
    np.testing.assert_array_equal(preprocessing.fit_scaling(rounded, "standardize")[1], 1)


def test_pixels_divided_by_255_and_untouched_values_are_exact():
    x = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    divided = preprocessing.scale(x, *preprocessing.fit_scaling(x, "divide_255"))
    assert np.array_equal(divided, (x / 255).astype(np.float32)) and divided.dtype == np.float32
    assert np.array_equal(preprocessing.scale(x, *preprocessing.fit_scaling(x, "none")), x)


# files of the study


CONFIG = {
    "label": "iris",
    "source": "bundled",
    "name": "iris",
    "shape": {"rows": 150, "features": 4, "classes": 3},
    "split": {"test": 0.2, "test_rows": "stratified", "validation": 0.1, "seed": 0},
    "scaling": "standardize",
}


def test_preprocessing_gives_what_training_reads(flowers):
    arrays, _ = preprocessing.preprocess(flowers, CONFIG["split"], "standardize")
    for part, rows in (("train", 105), ("validation", 15), ("test", 30)):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        assert (x.shape, x.dtype, y.shape, y.dtype) == ((rows, 4), np.float32, (rows,), np.int32)
        assert x.flags.c_contiguous
    assert arrays["class_names"].tolist() == ["setosa", "versicolor", "virginica"]
    assert np.abs(arrays["x_train"].mean(0)).max() < 1e-6
    assert np.abs(arrays["x_test"].mean(0)).max() > 1e-3


def test_the_summary_tells_the_origin_and_counts_every_class(flowers):
    arrays, _ = preprocessing.preprocess(flowers, CONFIG["split"], "standardize")
    origin = {"source": datasets.describe(CONFIG), "is_redraw": False}
    summary = preprocessing.summary(flowers, origin, CONFIG, arrays)
    assert json.loads(json.dumps(summary)) == summary
    assert summary["source"] == "iris, shipped with scikit-learn" and summary["is_redraw"] is False
    assert summary["split"] == {"train": 105, "validation": 15, "test": 30}
    assert summary["class_counts"]["train"] == [35, 35, 35]
    redrawn = {**CONFIG, "source": "redraw", "of": "iris", "seed": 1}
    assert datasets.describe(redrawn) == "redraw of iris to 150 rows, seed 1"
    assert preprocessing.summary(flowers, origin | {"is_redraw": True}, CONFIG, arrays)["is_redraw"]


def test_a_server_of_ones_own_is_named_where_its_data_come_from():
    served = {"source": "openml", "id": 61}
    assert datasets.describe(served) == "OpenML data set 61"
    origin = datasets.describe(served, "http://127.0.0.1:1/api")
    assert origin == "OpenML data set 61 of the server http://127.0.0.1:1/api"


def test_images_in_planes_have_their_channels_last_after_preprocessing():
    pixels = np.arange(20 * 2 * 3 * 4, dtype=np.float32).reshape(
        20, 2, 3, 4
    )  # rows, height, width, channels
    flat = pixels.transpose(0, 3, 1, 2).reshape(20, -1)
    table = Table(flat, np.arange(20) % 2, tuple(f"p{i}" for i in range(24)), ("a", "b"))
    rule = {"test": 4, "test_rows": "last", "validation": 4, "seed": 0}
    arrays, _ = preprocessing.preprocess(table, rule, "none", [2, 3, 4], planes=True)
    np.testing.assert_array_equal(arrays["x_test"], pixels[-4:])
    assert arrays["x_test"].flags["C_CONTIGUOUS"]


def test_images_keep_their_shape_and_values_through_preprocessing(flowers):
    rule = {"test": 30, "test_rows": "stratified", "validation": 15, "seed": 0}
    rows, _ = preprocessing.preprocess(flowers, rule, "standardize")
    images, _ = preprocessing.preprocess(flowers, rule, "standardize", [2, 2, 1])
    for name, x in rows.items():
        if name.startswith("x_"):
            assert images[name].shape == (len(x), 2, 2, 1)
            np.testing.assert_array_equal(images[name].reshape(len(x), 4), x)


def test_a_table_comes_back_from_its_file_as_it_was_and_equal_tables_give_equal_files(
    flowers, tmp_path
):
    for name in ("a.npz", "b.npz"):
        datasets.save_table(tmp_path / name, flowers)
    read = datasets.load_table(tmp_path / "a.npz")
    assert same(read, flowers) and read.feature_names == flowers.feature_names
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert same(tables.read_file(tmp_path / "a.npz"), flowers)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.json"
    files.save_json(path, {"a": 1})
    with pytest.raises(ZeroDivisionError), files.replacing(path) as handle:
        handle.write(b"half")
        raise ZeroDivisionError
    assert json.loads(path.read_text()) == {"a": 1}
    assert {each.name for each in tmp_path.iterdir()} == {path.name, f".{path.name}.sha256"}


RUN = """
import json, runpy, sys
from types import SimpleNamespace as S
job = json.loads(sys.argv[2])
spaces = {k: S(**v) if isinstance(v, dict) else v for k, v in job.items()}
snakemake = S(**{**spaces, "config": job.get("config", {})})
runpy.run_path(sys.argv[1], {"snakemake": snakemake})
"""


def run_script(name: str, **job: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(SCRIPTS / name), json.dumps(job)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_another_seed_draws_other_validation_rows_and_leaves_the_last_rows_as_they_are():
    y = np.tile(np.arange(5), 40)
    rule = {"test": 40, "test_rows": "last", "validation": 20}
    first, second = (preprocessing.split(y, rule | {"seed": seed}) for seed in (1, 2))
    assert first["test"].tolist() == second["test"].tolist() == [*range(160, 200)]
    assert first["validation"].tolist() != second["validation"].tolist()
    stratified = rule | {"test_rows": "stratified"}
    tests = [
        preprocessing.split(y, stratified | {"seed": seed})["test"].tolist() for seed in (1, 2)
    ]
    assert tests[0] != tests[1]


def test_the_scripts_lead_from_a_source_over_a_redraw_to_split_rows(tmp_path):
    raw, redrawn, parts, data, first, second = (
        str(tmp_path / n) for n in ("raw.npz", "re.npz", "s.npz", "d.json", "o.json", "p.json")
    )
    large = {**CONFIG, "source": "redraw", "of": "iris", "seed": 1}
    large["shape"] = {"rows": 1000, "features": 4, "classes": 3}
    job = {"log": [str(tmp_path / "log")], "wildcards": {"dataset": "iris"}}
    steps = [
        (
            "download.py",
            {
                "params": {"origin": {}, "shape": CONFIG["shape"]},
                "config": {"study": "toy", "datasets": {"iris": CONFIG}},
                "input": {},
                "output": {"raw": raw, "origin": first},
            },
        ),
        (
            "redraw_dataset.py",
            {
                "params": {"origin": {}, "dataset": large},
                "config": {"study": "toy"},
                "input": {"raw": raw},
                "output": {"raw": redrawn, "origin": second},
            },
        ),
        (
            "preprocess.py",
            {
                "params": {"settings": large},
                "input": {"raw": redrawn, "origin": second},
                "output": {"split": parts, "data": data},
            },
        ),
    ]
    for script, details in steps:
        done = run_script(script, **job, **details)
        assert done.returncode == 0, done.stderr
    summary = json.loads(Path(data).read_text())
    assert summary["is_redraw"] and summary["split"] == {
        "train": 700,
        "validation": 100,
        "test": 200,
    }
    assert np.load(parts)["x_train"].shape == (700, 4)


def test_an_unreachable_server_stops_the_download_in_seconds_with_one_sentence(tmp_path):
    url = f"http://127.0.0.1:{closed_port()}/api/v1/xml"
    start = time.monotonic()
    done = run_script(
        "download.py",
        params={"origin": {}, "shape": CONFIG["shape"]},
        config={
            "study": "toy",
            "openml": {"server": url, "cache": str(tmp_path)},
            "datasets": {"iris": {**CONFIG, "source": "openml", "name": None, "id": 61}},
        },
        output={"raw": str(tmp_path / "raw.npz"), "origin": str(tmp_path / "o.json")},
        log=[str(tmp_path / "log")],
        wildcards={"dataset": "iris"},
    )
    assert time.monotonic() - start < 20
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "no connection); nothing is lost" in done.stderr
    assert done.stderr.splitlines()[-1] == (tmp_path / "log").read_text().splitlines()[-1]
    assert not (tmp_path / "raw.npz").exists()


def test_the_order_in_which_a_format_declares_its_classes_does_not_change_the_digest(flowers):
    backwards = tuple(reversed(flowers.class_names))
    y = (len(backwards) - 1 - flowers.y).astype(flowers.y.dtype)
    assert datasets.digest(Table(flowers.x, y, flowers.feature_names, backwards)) == (
        datasets.digest(flowers)
    )
    other = Table(flowers.x, y, flowers.feature_names, flowers.class_names)
    assert datasets.digest(other)["labels"] != datasets.digest(flowers)["labels"]
