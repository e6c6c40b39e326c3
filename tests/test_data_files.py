"""A data file's own words are what is read: labels, numbers and missing cells, in every format."""

from __future__ import annotations

import csv
import gzip
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from openml_server import serve
from pyarrow import parquet

from bnlab.data import datasets, from_openml, sources
from bnlab.data.datasets import DataError, Table
from bnlab.data.tables import read_file

CODES = ["900000000000207008", "900000000000207009", "900000000000207010"]


KINDS = {"parquet": int, "parquet of text": str, "decimal": Decimal}


def counts(table: Table) -> dict[str, int]:
    """Rows of each class, by its name."""
    return dict(
        zip(table.class_names, np.bincount(table.y, minlength=len(table.class_names)), strict=True)
    )


def arff(path: Path, kind: str, rows: list[str], feature: str = "@attribute a numeric") -> Path:
    """Write an ARFF file with one feature and the class `k`."""
    head = f"@relation r\n{feature}\n@attribute k {kind}\n@data\n"
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


def written(folder: Path, form: str, labels: list[str]) -> Path:
    """Write a number and a label a row, the label as text."""
    path = folder / f"t.{form}"
    values = range(1, len(labels) + 1)
    if form.startswith("csv"):
        text = "a,k\n" + "".join(f"{v},{label}\n" for v, label in zip(values, labels, strict=True))
        path.write_bytes(gzip.compress(text.encode()) if form.endswith("gz") else text.encode())
    elif form == "arff":
        kind = "{" + ",".join(dict.fromkeys(labels)) + "}"
        arff(path, kind, [f"{v},{label}" for v, label in zip(values, labels, strict=True)])
    elif form == "npz":
        np.savez(path, x=np.array(values), y=np.array(labels))
    else:
        kinds = pd.Categorical(labels, categories=list(dict.fromkeys(labels)))
        pd.DataFrame({"a": values, "k": kinds}).to_parquet(path)
    return path


# labels


@pytest.mark.parametrize("form", ["csv", "csv.gz", "arff", "npz", "parquet"])
@pytest.mark.parametrize(
    "labels",
    [
        ["01", "1"],
        ["1", "1.0", "2"],
        ["01", "1", "2", "001"],
        CODES,
        ["12345678901234567890", "12345678901234567891"],
        ["+1", "-1", "1"],
        ["1.50", "1.5"],
        ["1e2", "100"],
        ["True", "true", "1"],
        ["None", "null", "N/A"],
        ["a", "A"],
    ],
)
def test_labels_that_the_file_tells_apart_stay_apart(form, labels, tmp_path):
    rows = [label for label in labels for _ in range(20)]
    table = read_file(written(tmp_path, form, rows), "k")
    assert counts(table) == dict.fromkeys(labels, 20)


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_whole_numbers_beyond_the_floats_stay_apart(kind, tmp_path):
    y = np.array([2**53, 2**53 + 1, 2**62 + 1, 2**62 + 2], kind)
    np.savez(tmp_path / "t.npz", x=np.arange(4), y=y)
    frame = pd.DataFrame({"a": range(4), "k": y})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    for name in ("t.npz", "t.parquet", "t.csv"):
        assert read_file(tmp_path / name, "k").class_names == tuple(map(str, y.tolist()))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (pd.array([2**60 + 1, 2**60, 3], "Int64"), (str(3), str(2**60), str(2**60 + 1))),
        ([True, False, True], ("False", "True")),
        ([0.0, 1.0, 2.5], ("0", "1", "2.5")),
        ([Decimal("1.10"), Decimal("2.00"), Decimal("1.20")], ("1.10", "1.20", "2")),
        ([b"x", b"y", b"x"], ("x", "y")),
        (["a b", " a b", "a b "], (" a b", "a b", "a b ")),
    ],
)
def test_parquet_labels_of_every_kind_are_told_apart(labels, names, tmp_path):
    pd.DataFrame({"a": range(3), "k": labels}).to_parquet(tmp_path / "t.parquet")
    assert read_file(tmp_path / "t.parquet", "k").class_names == names


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_every_text_of_parquet_is_text(kind, tmp_path):
    columns = {"a": pa.array(["1", "2.5"], kind), "k": pa.array(["x", "y"], kind)}
    try:
        parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    except pa.ArrowNotImplementedError:
        pytest.skip("pyarrow does not write it")
    table = read_file(tmp_path / "t.parquet", "k")
    assert table.x.tolist() == [[1], [2.5]] and table.class_names == ("x", "y")


def test_a_number_may_be_declared_otherwise_than_it_is_written_where_none_is_equal_to_it(tmp_path):
    path = written(tmp_path, "csv", ["1.0", "2.0", "10.0"])
    assert read_file(path, "k").class_names == ("1", "2", "10")
    table = read_file(written(tmp_path, "csv", ["01", "02"]), "k", classes=["2", "1"])
    assert table.class_names == ("2", "1") and table.y.tolist() == [1, 0]
    with pytest.raises(DataError, match="classes 01 are in the data but not among the declared"):
        read_file(written(tmp_path, "csv", ["01", "1"]), "k", classes=["1", "2"])


def test_a_word_for_a_missing_cell_is_a_label_where_the_config_or_the_file_says_so(tmp_path):
    path = written(tmp_path, "csv", ["NA", "EU", "NA"])
    assert counts(read_file(path, "k", classes=["EU", "NA"])) == {"EU": 1, "NA": 2}
    with pytest.raises(DataError, match="2 rows have no class, the first is row 1"):
        read_file(path, "k")
    assert counts(read_file(written(tmp_path, "csv", ['"NA"', "EU"]), "k")) == {"EU": 1, "NA": 1}


# ARFF


@pytest.mark.parametrize(
    ("kind", "rows", "expected"),
    [
        ("{NA,EU}", ["1,NA", "2,EU"], {"NA": 1, "EU": 1}),
        ("{nan,x}", ["1,nan", "2,x"], {"nan": 1, "x": 1}),
        ("{'?',x}", ["1,'?'", "2,x"], {"?": 1, "x": 1}),
        ("{p,q} % outcome", ["1,p", "2,q"], {"p": 1, "q": 1}),
        ("{p,q}% outcome", ["1,p % good", "2,q"], {"p": 1, "q": 1}),
        ("{ p , q }", [" 1 ,  p ", "2\t,\tq"], {"p": 1, "q": 1}),
        (
            '{"Crohn\'s disease","none"}',
            ['1.2,"none"', '2,"Crohn\'s disease"'],
            {"Crohn's disease": 1, "none": 1},
        ),
        ("{Crohn's,none}", ["1,Crohn's", "2,none"], {"Crohn's": 1, "none": 1}),
        ("{'it\\'s','x'}", ["1,'it\\'s'", '2,"it\'s"'], {"it's": 2, "x": 0}),
        ("{'it''s','x'}", ["1,'it''s'", "2,x"], {"it's": 1, "x": 1}),
        (
            '{"say \\"a\\"",\'b "c"\'}',
            ["1,'say \"a\"'", '2,"b \\"c\\""'],
            {'say "a"': 1, 'b "c"': 1},
        ),
        ("{'a,b','c}d'}", ["1,'a,b'", "2,'c}d'"], {"a,b": 1, "c}d": 1}),
        ("{'5% fat','<5%',c}", ["1,'5% fat'", "2,<5%"], {"5% fat": 1, "<5%": 1, "c": 0}),
        ("{a\\\\b,'c\\\\d'}", ["1,'c\\\\d'", "2,'c\\\\d'"], {"a\\\\b": 0, "c\\d": 2}),
        ("{a b,c}", ["1,a b", "2,c"], {"a b": 1, "c": 1}),
        ("{' a',a}", ["1,' a'", "2,a"], {" a": 1, "a": 1}),
        ("numeric", ["1,1", "2,1.0", "3,2"], {"1": 2, "2": 1}),
        ("string", ["1,01", "2,'1'"], {"01": 1, "1": 1}),
    ],
)
def test_arff_labels_are_read_as_they_are_declared_and_quoted(kind, rows, expected, tmp_path):
    assert counts(read_file(arff(tmp_path / "t.arff", kind, rows), "k")) == expected


def test_one_arff_file_may_quote_by_both_marks(tmp_path):
    path = arff(tmp_path / "t.arff", "{'x y',z}", ["1,'x y'", "2,z"], '@attribute "a b" numeric')
    table = read_file(path, "k")
    assert table.feature_names == ("a b",) and counts(table) == {"x y": 1, "z": 1}


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        ("@ATTRIBUTE\ta\tREAL", "a"),
        ("@Attribute 'a \\'b\\' c' Integer", "a 'b' c"),
        ("@attribute a{1,2}", "a"),
        ('  @attribute   "a {1} %" real % remark', "a {1} %"),
    ],
)
def test_arff_attributes_are_declared_in_many_ways(feature, name, tmp_path):
    path = arff(tmp_path / "t.arff", "{p,q}", ["1,p", "", "% remark", "2,q"], feature)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    table = read_file(path, "k")
    assert table.feature_names == (name,) and table.x.tolist() == [[1], [2]]
    assert counts(table) == {"p": 1, "q": 1}


@pytest.mark.parametrize(
    ("feature", "rows", "message"),
    [
        ("@attribute a date 'yyyy-MM-dd'", ["'2020-01-01',p"], "column a holds dates"),
        ("@attribute a string", ["red,p"], r"column a holds text \('red'\)"),
        ("@attribute a numeric", ["?,p", "1,?"], "1 row has no class"),
        ("@attribute a numeric", ["1,p", "2"], "line 6 has 1 value for 2 columns"),
        ("@attribute a numeric", ["1,p", "'2,q"], "line 6 cannot be read from here: '2,q"),
        ("@attribute a numeric", ["1,p", "{0 2,1 q}"], "sparse ARFF is not read"),
        ("@attribute a numeric", ["1,p", "2,r"], "classes r are in the data"),
        ("@attribute a numeric", ["1,p,{5}"], "line 5 has 3 values for 2 columns"),
        ("@attribute k numeric", ["1,p"], "two attributes are called k"),
        ("@attribute a", ["1,p"], "line 2 declares no attribute"),
        ("@attribute a {r,'s t'}", ["r,p", "s,q"], "column a has 's', which is not among its dec"),
    ],
)
def test_an_arff_file_that_cannot_be_a_table_is_told_plainly(feature, rows, message, tmp_path):
    path = arff(tmp_path / "t.arff", "{p,q}", rows, feature)
    with pytest.raises(DataError, match=message) as failure:
        read_file(path, "k")
    assert str(path) in str(failure.value)


def test_text_in_an_arff_attribute_of_numbers_is_no_category(tmp_path):
    path = arff(tmp_path / "t.arff", "{p,q}", ["1,p", "red,q", "1,p"])
    with pytest.raises(DataError, match=r"column a holds text \('red'\)"):
        read_file(path, "k", categories="one_hot")
    text = arff(tmp_path / "t.arff", "{p,q}", ["1,p", "red,q", "1,p"], "@attribute a string")
    assert read_file(text, "k", categories="one_hot").categories == {"a": ("1", "red")}


def test_a_class_that_is_declared_twice_is_refused(tmp_path):
    with pytest.raises(DataError, match="two classes are called p"):
        read_file(arff(tmp_path / "t.arff", "{p,q,'p'}", ["1,p", "2,q"]), "k")
    with pytest.raises(DataError, match="two classes are called p"):
        read_file(written(tmp_path, "csv", ["p", "q"]), "k", classes=["p", "q", "p"])


def openml_files() -> list[Path]:
    """ARFF files of OpenML that scikit-learn ships with its tests, without the sparse ones."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "tests" / "data" / "openml"
    sparse = ("id_292",)
    return [p for p in sorted(folder.glob("id_*/*.arff.gz")) if p.parent.name not in sparse]


@pytest.mark.parametrize("path", openml_files(), ids=lambda path: path.parent.name)
def test_real_arff_files_are_read_as_liac_arff_reads_them(path, tmp_path):
    import arff as liac

    with gzip.open(path, "rt", encoding="utf8") as handle:
        content = liac.load(handle)
    names = [name for name, _ in content["attributes"]]
    nominal = [name for name, kind in content["attributes"] if isinstance(kind, list)]
    if not nominal:
        pytest.skip("it has no classes")
    target = nominal[-1]
    rows = [row for row in content["data"] if row[names.index(target)] is not None]
    numeric = [n for n, kind in content["attributes"] if kind in ("REAL", "NUMERIC", "INTEGER")]
    if len(rows) < len(content["data"]):
        pytest.skip("some rows have no class")
    table = read_file(path, target, drop=[n for n in names if n not in (*numeric, target)])
    assert list(table.class_names) == dict(content["attributes"])[target]
    assert [table.class_names[k] for k in table.y] == [row[names.index(target)] for row in rows]
    expected = [[row[names.index(name)] for name in numeric] for row in rows]
    np.testing.assert_array_equal(table.x, np.array(expected, float).reshape(table.x.shape))


HOSTILE = "a B'\"\\%{},;\t?#|&$_<é"


@pytest.mark.parametrize("form", ["csv", "arff", "parquet", "npz"])
def test_labels_and_names_with_any_characters_are_read_as_others_have_written_them(form, tmp_path):
    import arff as liac

    chance = np.random.default_rng(len(form))
    for number in range(25):
        words = {"".join(chance.choice([*HOSTILE], 6)).strip() for _ in range(8)} - {"", "?"}
        if form == "arff":  # liac-arff escapes labels, but no names
            words = {re.sub(r"[\\'\"\t]", "-", word) for word in words}
        *names, target = sorted(words)[:4]
        labels = sorted(
            {"".join(chance.choice([*HOSTILE], 4)).strip() for _ in range(5)} - {"", "?"}
        )
        frame = pd.DataFrame(chance.normal(size=(20, len(names))), columns=names)
        frame[target] = [labels[k % len(labels)] for k in range(20)]
        path = tmp_path / f"{number}.{form}"
        if form == "csv":
            frame.to_csv(path, index=False)
        elif form == "parquet":
            frame.to_parquet(path)
        elif form == "npz":
            np.savez(path, x=frame[names], y=frame[target].to_numpy(str), feature_names=names)
        else:
            kinds = [*((name, "REAL") for name in names), (target, labels)]
            content = {"relation": "r", "attributes": kinds, "data": frame.to_numpy().tolist()}
            path.write_text(liac.dumps(content), encoding="utf8")
        table = read_file(path, target)
        assert list(table.feature_names) == names and list(table.class_names) == labels
        assert [table.class_names[k] for k in table.y] == frame[target].tolist()
        np.testing.assert_array_equal(table.x, frame[names].to_numpy())


# numbers


@pytest.mark.parametrize("labels", [["01", "1", "2"], ["1", "1.0", "2"], ["1e2", "100", "3"]])
@pytest.mark.parametrize("form", ["arff", "parquet"])
def test_categories_that_are_one_number_stay_apart(form, labels, tmp_path):
    path = tmp_path / f"t.{form}"
    if form == "arff":
        rows = [f"{label},x" for label in labels]
        arff(path, "{x}", rows, f"@attribute a {{{','.join(labels)}}}")
    else:
        pd.DataFrame({"a": pd.Categorical(labels), "k": "x"}).to_parquet(path)
    with pytest.raises(DataError, match=r"column a holds text \('(1|1.0|100|1e2)'\)"):
        read_file(path, "k")
    table = read_file(path, "k", categories="one_hot")
    texts = [table.categories["a"][code] for code in table.x[:, 0].astype(int)]
    assert texts == labels


NUMBERS = ["0.1", "1e-7", "123456789.123456789", "-0.30000000000000004", "+5", ".5", "7.", "1E3"]


@pytest.mark.parametrize("form", ["csv", "arff"])
def test_a_number_is_the_nearest_float_as_python_reads_it(form, tmp_path):
    rng = np.random.default_rng(0)
    texts = NUMBERS + [f"{v:.17g}" for v in rng.normal(size=200)]
    rows = [f"{text},{'pq'[k % 2]}" for k, text in enumerate(texts)]
    path = tmp_path / f"t.{form}"
    if form == "csv":
        path.write_text("\n".join(["a,k", *rows]))
    else:
        arff(path, "{p,q}", rows)
    assert read_file(path, "k").x[:, 0].tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.bool_(), pa.decimal128(9, 2)]
)
def test_every_number_of_parquet_is_a_number(kind, tmp_path):
    values = [True, False] if pa.types.is_boolean(kind) else [Decimal(1), Decimal(0)]
    if not pa.types.is_decimal(kind):
        values = [np.float16(v) if pa.types.is_floating(kind) else int(v) for v in values]
    columns = {"a": pa.array(values).cast(kind), "k": ["x", "y"]}
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert read_file(tmp_path / "t.parquet", "k").x.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("values", "content"),
    [
        ([datetime(2020, 1, 1), None, datetime(2021, 1, 1)], "dates"),
        (pd.date_range("2020", periods=3, tz="Europe/Berlin"), "dates"),
        ([date(2020, 1, 1)] * 3, "dates"),
        ([time(1, 2)] * 3, "times of day"),
        ([timedelta(1)] * 3, "time spans"),
        ([[1, 2]] * 3, "lists or structures"),
        ([{"u": 1}] * 3, "lists or structures"),
        ([b"x"] * 3, "values of type binary"),
        (pd.Categorical(["red", "blue", "red"]), r"text \('red'\)"),
    ],
)
def test_what_is_no_number_is_refused_and_can_be_left_out(values, content, tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": range(3), "t": values, "k": list("xyx")}).to_parquet(path)
    with pytest.raises(DataError, match=f"t.parquet: column t holds {content}.*leave it out"):
        read_file(path, "k")
    assert read_file(path, "k", drop=["t"]).feature_names == ("a",)


@pytest.mark.parametrize("form", ["csv", "arff", "parquet", "npz"])
def test_missing_numbers_are_counted_in_their_column(form, tmp_path):
    path = tmp_path / f"t.{form}"
    frame = pd.DataFrame({"a": [1.0, np.nan, 3], "b": [1.0, 2, 3], "k": list("xyx")})
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "parquet":
        frame.to_parquet(path)
    elif form == "npz":
        np.savez(path, x=frame[["a", "b"]], y=frame["k"].to_numpy(str), feature_names=["a", "b"])
    else:
        head = "@attribute a real\n@attribute b real\n@attribute k {x,y}\n@data\n"
        path.write_text(head + frame.to_csv(index=False, header=False, na_rep="?"))
    with pytest.raises(DataError, match="found 1 missing value in a, expected none"):
        datasets.check(read_file(path, "k"), {"rows": 3, "features": 2, "classes": 2})


# CSV


def test_a_csv_file_is_read_as_pythons_own_reader_reads_it(tmp_path):
    rows = [
        ["a\n(cm)", "b, wide", 'the "k"'],
        ["1", "2", "x, y"],
        ["3", "4", 'say "z"'],
        ["5", "6", "two\nlines"],
    ]
    with (tmp_path / "t.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows(rows)
    table = read_file(tmp_path / "t.csv", 'the "k"')
    assert list(table.feature_names) == rows[0][:2]
    assert [table.class_names[k] for k in table.y] == [row[2] for row in rows[1:]]
    assert table.x.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfa,k\r\n1,x\r\n\r\n2,y\r\n",
        b"a , k\n1 , x \n2, y",
        b'"a", "k"\n1, "x"\n2, "y"\n',
        b"\n\na,k\n1,x\n2,y\n\n",
        b"a,k\r1,x\r2,y\r",
    ],
)
def test_spaces_empty_lines_line_ends_and_byte_marks_of_a_csv_do_not_count(text, tmp_path):
    (tmp_path / "t.csv").write_bytes(text)
    table = read_file(tmp_path / "t.csv", "k")
    assert table.feature_names == ("a",) and table.x.tolist() == [[1], [2]]
    assert table.class_names == ("x", "y")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,k\n1,2,x\n3,y\n", "line 3 has 2 values for 3 columns"),
        ("a,b,k\n1,2,x\n3,4,5,y\n", "line 3 has 4 values for 3 columns"),
        ("a;b;k\n1;2;x\n", "separated by ';'"),
        ("a\tb\tk\n1\t2\tx\n", "separated by tabs"),
        ("a,\0,k\n1,2,x\n", "its first line holds NUL characters"),
        ('a,b,k\n1,2,"x\n', "a quotation mark is not closed"),
        ("a,b,k\n2020-01-01,2,x\n", r"column a holds text \('2020-01-01'\)"),
        ("a,b,k\n1 000,2,x\n", r"column a holds text \('1 000'\)"),
    ],
)
def test_a_csv_that_is_no_table_is_told_with_its_line(text, message, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=message) as failure:
        read_file(tmp_path / "t.csv", "k")
    assert str(tmp_path / "t.csv") in str(failure.value)


def test_a_compressed_file_is_read_to_its_end_or_refused(tmp_path):
    rows = [f"{i / 2},{'xy'[i % 2]}\n" for i in range(50_000)]
    whole = gzip.compress(b"a,k\n") + gzip.compress("".join(rows).encode())
    (tmp_path / "t.csv.gz").write_bytes(whole)
    assert len(read_file(tmp_path / "t.csv.gz", "k").y) == len(rows)
    for cut in (len(whole) - 8, len(whole) // 2):
        (tmp_path / "t.csv.gz").write_bytes(whole[:cut])
        with pytest.raises(DataError, match="cut short"):
            read_file(tmp_path / "t.csv.gz", "k")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_told(encoding, tmp_path):
    (tmp_path / "t.csv").write_bytes("a,k\n1,café\n".encode(encoding))
    with pytest.raises(DataError, match="t.csv: it is not written in UTF-8"):
        read_file(tmp_path / "t.csv", "k")


WORDS = ["NULL", "null", "None", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "-1.#IND"]
WORDS += ["1.#IND", "-1.#QNAN", "1.#QNAN", "NA", "NaN", "nan", "-nan", "-NaN"]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("categories", ["refuse", "one_hot"])
def test_a_word_of_pandas_for_missing_is_no_category_among_numbers(word, categories, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"a,b,k\n1.5,red,x\n{word},{word},y\n2.5,blue,x\n")
    expected = pd.read_csv(path)["a"].to_numpy()
    if categories == "refuse":
        path.write_text(f"a,k\n1.5,x\n{word},y\n2.5,x\n")
    table = read_file(path, "k", categories=categories)
    np.testing.assert_array_equal(table.x[:, 0], expected)
    assert [*table.categories] == (["b"] if categories == "one_hot" else [])


def test_numbers_among_text_are_categories_and_that_is_said(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,k\n1,u,x\n2,v,y\n3+,u,x\n")
    table = read_file(tmp_path / "t.csv", "k", categories="one_hot")
    assert table.categories["a"] == ("1", "2", "3+")
    (said,) = table.notes
    assert said == "column a holds numbers and text ('3+'), so each number is a category"


def test_columns_without_a_name_are_called_as_pandas_calls_them_and_left_out(tmp_path):
    path = tmp_path / "t.csv"
    frame = pd.DataFrame({"a": [5, 6, 9], "k": list("xyx")})
    for times in range(1, 4):
        frame.to_csv(path)
        frame = pd.read_csv(path)
        with pytest.raises(DataError) as error:
            read_file(path, "k")
        unnamed = [name for name in frame.columns if name.startswith("Unnamed")]
        assert len(unnamed) == times
        assert all(f"column {name} has no name" in str(error.value) for name in unnamed)
        assert read_file(path, "k", drop=[""]).feature_names == ("a",)


@pytest.mark.parametrize("name", ["__index_level_0__", "...1"])
def test_a_name_that_a_program_has_given_to_an_index_is_none(name, tmp_path):
    columns = {"a": [5, 6, 9], name: [2, 0, 1], "k": list("xyx")}
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="has no name and may count the rows"):
        read_file(tmp_path / "t.parquet", "k")
    assert read_file(tmp_path / "t.parquet", "k", drop=[""]).feature_names == ("a",)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_a_column_without_a_name_can_be_left_out(name, tmp_path):
    frame = pd.DataFrame({"a": [5, 6, 9], "k": list("xyx")})
    frame.to_csv(tmp_path / "t.csv")
    assert read_file(tmp_path / "t.csv", "k", drop=[name]).feature_names == ("a",)


def test_a_column_without_a_name_is_no_feature_and_one_that_counts_the_rows_is_named(tmp_path):
    frame = pd.DataFrame({"id": [1, 2, 3], "a": [5, 6, 9], "k": list("xyx")})
    frame.to_csv(tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"Unnamed: 0 has no name.*drop: \[''\]"):
        read_file(tmp_path / "t.csv", "k")
    table = read_file(tmp_path / "t.csv", "k", drop=[""])
    assert table.notes == ("column id counts the rows; `drop` leaves it out",)


CLOSE = [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, -(2**53) - 1, 2**60 + 1, 2**62, 7]
"""Numbers of which a float64 does not hold the third, the fifth and the sixth."""


@pytest.mark.parametrize("form", ["csv", "arff", "npz", "parquet", "parquet of text", "decimal"])
def test_whole_numbers_that_are_rounded_are_counted(form, tmp_path):
    held = pa.array(CLOSE).cast(pa.float64(), safe=False).to_pylist()
    assert [int(a) != b for a, b in zip(held, CLOSE, strict=True)].count(True) == 3
    name, path = "code", tmp_path / f"t.{'parquet' if form in KINDS else form}"
    labels = ["p", "q"] * 4
    if form == "npz":
        name = "x1"
        np.savez(path, x=np.array(CLOSE)[:, None], y=labels)
    elif form == "csv":
        pd.DataFrame({"code": CLOSE, "k": labels}).to_csv(path, index=False)
    elif form == "arff":
        rows = [f"{code},{label}" for code, label in zip(CLOSE, labels, strict=True)]
        arff(path, "{p,q}", rows, "@attribute code integer")
    else:
        codes = pa.array([KINDS[form](code) for code in CLOSE])
        parquet.write_table(pa.table({"code": codes, "k": labels}), path)
    table = read_file(path, "k")
    assert table.x.ravel().tolist() == held
    assert table.notes == (
        f"column {name}: 3 whole numbers beyond 2^53 are rounded, and different ones may become equal;"
        " leave an identifier out",
    )


def test_of_other_large_numbers_nothing_is_said(tmp_path):
    (tmp_path / "t.csv").write_text(
        "a,k\n6.02214076e23,p\n1e300,q\ninf,p\n0.1,q\n9007199254740993.5,p\n"
    )
    np.savez(tmp_path / "t.npz", x=np.array([[1e300], [2.0**70]]), y=[0, 1])
    for name in ("t.csv", "t.npz"):
        assert read_file(tmp_path / name, "k").notes == ()


def test_a_comment_above_a_header_is_named_with_its_remedy(tmp_path):
    (tmp_path / "t.csv").write_text("# exported, by me\n# again\na,b,k\n1,2,p\n")
    with pytest.raises(DataError, match="line 2 has 1 value.*first line is a comment, remove it"):
        read_file(tmp_path / "t.csv", "k")
    (tmp_path / "t.csv").write_text("#a,k\n1,p\n2,q\n")
    assert read_file(tmp_path / "t.csv", "k").feature_names == ("#a",)


# NPZ and IDX


def npz(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "t.npz", **{"x": np.ones((6, 4)), "y": np.arange(6) % 2} | arrays)
    return folder / "t.npz"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": np.eye(2)[np.arange(6) % 2]}, "y with 2 columns.*np.argmax"),
        ({"y": np.zeros((6, 3, 2))}, "y with 3 × 2 columns"),
        ({"x": np.ones((6, 4), np.complex64)}, "complex numbers in x"),
        ({"x": np.ones((6, 4), "datetime64[D]")}, "dates in x"),
        ({"x": np.ones((6, 4), "timedelta64[s]")}, "time spans in x"),
        ({"x": np.full((6, 4), "1")}, "text in x"),
        ({"x": np.full((6, 4), None)}, "array x holds Python objects"),
        ({"y": np.array(list("ababab"), object)}, "array y holds Python objects"),
        ({"y": np.arange(6).astype("datetime64[D]")}, "dates in y"),
        ({"y": np.ones(6, complex)}, "complex numbers in y"),
        ({"x": np.zeros(6, [("a", int)])}, "records of several fields in x; features must be"),
        ({"x": 1.0}, "a single value in x"),
        ({"x": np.ones((0, 4)), "y": np.ones(0)}, "no values in x"),
        ({"y": np.ones(5)}, "6 rows in x but 5 in y"),
        ({"y": np.ones((1, 6))}, "6 rows in x but 1 in y"),
        ({"feature_names": ["a"]}, "1 feature_names for 4 features"),
        ({"y": np.arange(6) % 3, "class_names": ["a", "b"]}, "class 2 in y for 2 class_names"),
        ({"class_names": ["a", "a"]}, "two classes are called a"),
        ({"y": -np.arange(6.0), "class_names": ["a", "b"]}, "class -5 in y for 2 class_names"),
        (
            {"y": np.arange(6) / 2, "class_names": ["a", "b"]},
            "classes 0, 0.5, 1, 1.5, 2, 2.5 are in",
        ),
        ({"y": [0, 1, np.nan, 0, 1, 0]}, "1 row has no class, the first is row 3"),
        ({"y": ["a", "b", "", "a", "b", "a"]}, "1 row has no class, the first is row 3"),
    ],
)
def test_arrays_that_are_no_table_are_told_plainly(arrays, message, tmp_path):
    with pytest.raises(DataError, match=message) as failure:
        read_file(npz(tmp_path, **arrays))
    assert "t.npz" in str(failure.value)


@pytest.mark.parametrize("kind", [float, np.float32, int, np.uint8, bool])
def test_whole_numbers_of_every_kind_count_the_class_names(kind, tmp_path):
    path = npz(tmp_path, y=(np.arange(6) % 2).astype(kind), class_names=["a", "b"])
    assert counts(read_file(path)) == {"a": 3, "b": 3}


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (np.array([0.0, 1.0, 2.0] * 2), ("0", "1", "2")),
        (np.array([b"x", b"y", b"x"] * 2), ("x", "y")),
        (np.array([True, False] * 3), ("False", "True")),
        (np.array([[1], [2]] * 3), ("1", "2")),
        (np.array([1, 2, 300] * 2, ">i4"), ("1", "2", "300")),
        (np.array([1.5, 2] * 3, "f2"), ("1.5", "2")),
        (np.array([0.1, 0.2, 0.30000000000000004] * 2), ("0.1", "0.2", "0.30000000000000004")),
    ],
)
def test_labels_of_an_array_are_named_as_they_are(y, names, tmp_path):
    assert read_file(npz(tmp_path, y=y)).class_names == names


SHAPE = {"rows": 6, "features": 192, "classes": 2}


@pytest.mark.parametrize(
    ("sides", "image", "problem"),
    [
        ((3, 8, 8), {"image": [8, 8, 3]}, "is 3 × 8 × 8, not 8 × 8 × 3: .*planes: true"),
        ((8, 8, 3), {"image": [8, 8, 3], "planes": True}, "leave `planes` out"),
        ((6, 4, 8), {"image": [8, 8, 3]}, "is 6 × 4 × 8, not 8 × 8 × 3: correct `image`"),
        ((8, 24), {"image": [24, 8, 1]}, "is 8 × 24, not 24 × 8 × 1: correct `image`"),
        ((3, 8, 8), {"image": [8, 8, 3], "planes": True}, None),
        ((8, 8, 3), {"image": [8, 8, 3]}, None),
        ((1, 24, 8), {"image": [24, 8, 1]}, None),
        ((24, 8), {"image": [24, 8, 1]}, None),
        ((192,), {"image": [8, 8, 3]}, None),
        ((3, 8, 8), {}, None),
    ],
)
def test_the_sides_of_an_array_contradict_another_image(sides, image, problem, tmp_path):
    table = read_file(npz(tmp_path, x=np.ones((6, *sides))))
    if problem is None:
        datasets.check(table, SHAPE | image)
    else:
        with pytest.raises(DataError, match=problem):
            datasets.check(table, SHAPE | image)


def test_the_images_of_scikit_learn_contradict_another_image():
    table, shape = sources.read_bundled("digits"), {"rows": 1797, "features": 64, "classes": 10}
    datasets.check(table, shape | {"image": [8, 8, 1]})
    with pytest.raises(DataError, match="an image of x is 8 × 8, not 4 × 4 × 4"):
        datasets.check(table, shape | {"image": [4, 4, 4]})


def test_labels_in_print_name_classes_that_there_are(tmp_path):
    table = read_file(npz(tmp_path))
    shape = {"rows": 6, "features": 4, "classes": 2}
    datasets.check(table, shape, class_labels={0: "zero", "1": "one"})
    with pytest.raises(DataError, match="`class_labels` names 2, but the classes are 0, 1"):
        datasets.check(table, shape, class_labels={"2": "two"})
    with pytest.raises(DataError, match="`class_labels` calls two classes 1"):
        datasets.check(table, shape, class_labels={"0": "1"})


# Parquet in parts


def test_a_folder_of_parquet_files_is_one_table_in_the_order_of_their_names(tmp_path):
    folder = tmp_path / "t.parquet"
    folder.mkdir()
    for part, label in ((1, "y"), (0, "x")):
        frame = pd.DataFrame({"a": [part, part], "k": [label, label]})
        frame.to_parquet(folder / f"part-{part}.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.parquet.crc").write_bytes(b"crc")
    table = read_file(folder, "k")
    assert table.x.tolist() == [[0], [0], [1], [1]] and table.y.tolist() == [0, 0, 1, 1]
    frame.assign(b=1).to_parquet(folder / "part-2.parquet")
    with pytest.raises(DataError, match="part-2.parquet has other columns than part-0.parquet"):
        read_file(folder, "k")


@pytest.mark.parametrize("suffix", ["parquet", "snappy.parquet", "pq", "PARQUET"])
def test_parts_may_end_as_a_single_file_may(suffix, tmp_path):
    for part in range(2):
        frame = pd.DataFrame({"a": [part], "k": ["xy"[part]]})
        frame.to_parquet(tmp_path / f"part-{part}.{suffix}")
    assert read_file(tmp_path, "k").x[:, 0].tolist() == [0, 1]


def test_parts_are_in_the_order_of_their_numbers(tmp_path):
    for part in range(12):  # named as Dask names them
        frame = pd.DataFrame({"a": [part], "k": ["xy"[part % 2]]})
        frame.to_parquet(tmp_path / f"part.{part}.parquet")
    assert read_file(tmp_path, "k").x[:, 0].tolist() == [*range(12)]
    (tmp_path / "part.3.parquet").write_bytes(b"no more")
    with pytest.raises(DataError, match=r"part\.3\.parquet cannot be read"):
        read_file(tmp_path, "k")


@pytest.mark.parametrize(
    ("values", "content"),
    [([date(2020, 1, 1)], "dates"), ([timedelta(1)], "time spans"), ([[1]], "lists")],
)
def test_what_is_no_number_in_a_later_part_is_refused(values, content, tmp_path):
    for number, column in enumerate(([None], [1], values)):
        frame = pd.DataFrame({"a": column, "k": ["x"]})
        frame.to_parquet(tmp_path / f"part-{number}.parquet")
    with pytest.raises(DataError, match=f"column a holds {content}"):
        read_file(tmp_path, "k")


@pytest.mark.parametrize("name", ["part-00000.csv", "part-00000.csv.gz", "t.arff"])
def test_a_folder_of_other_files_is_told_with_one_that_can_be_read(name, tmp_path):
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=f"neither Parquet.*`path` may be .*{name}"):
        read_file(tmp_path, "k")


def test_a_class_of_parquet_is_of_one_kind_in_every_part(tmp_path):
    for number, label in enumerate((1, "1")):
        pd.DataFrame({"a": [1], "k": [label]}).to_parquet(tmp_path / f"part-{number}.parquet")
    with pytest.raises(DataError, match="k is .*string in part-1.parquet but int64 in part-0"):
        read_file(tmp_path, "k")
    pd.DataFrame({"a": [1], "k": [[1]]}).to_parquet(tmp_path / "t.pq")
    with pytest.raises(DataError, match="column k holds lists or structures; a class is"):
        read_file(tmp_path / "t.pq", "k")


def test_folders_of_a_partition_are_a_column_of_text(tmp_path):
    frame = pd.DataFrame({"a": range(6), "k": ["01", "1", "a b"] * 2})
    frame.to_parquet(tmp_path / "t.parquet", partition_cols=["k"])
    assert counts(read_file(tmp_path / "t.parquet", "k")) == {"01": 2, "1": 2, "a b": 2}


def test_an_index_of_pandas_is_no_feature(tmp_path):
    frame = pd.DataFrame({"a": range(3), "k": list("xyx")}, index=[7, 8, 9])
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_file(tmp_path / "t.parquet", "k").feature_names == ("a",)


# OpenML


SERVED = b"""@relation r
@attribute id numeric
@attribute a numeric
@attribute 'b, c' numeric
@attribute colour {red,'dark blue'}
@attribute class {p,q}
@data
1,0.5,3,red,p
2,0.25,4,'dark blue',q
3,0.75,5,red,p
"""


def openml_table(folder: Path, drop: list[str], **changes: str) -> Table:
    with serve({7: SERVED}, changes=changes) as server:
        options = {"server": server.url, "cache": str(folder)}
        return sources.read({"source": "openml", "id": 7, "drop": drop}, options)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ignore_attribute": "patient"},
        {"row_id_attribute": "ID"},
        {"row_id_attribute": "id"},
        {"ignore_attribute": "a"},
        {"ignore_attribute": "b, c"},
    ],
)
def test_openml_columns_are_those_that_openml_python_keeps(changes, tmp_path):
    import openml

    table = openml_table(tmp_path / "own", ["colour"], **changes)
    with (
        serve({7: SERVED}, changes=changes) as server,
        from_openml._openml_settings(server.url, str(tmp_path / "theirs")),
    ):
        dataset = openml.datasets.get_dataset(7, download_data=True)
        features, *_ = dataset.get_data(target="class", dataset_format="dataframe")
    assert list(table.feature_names) == [name for name in features if name != "colour"]
    np.testing.assert_array_equal(table.x, features.drop(columns="colour").to_numpy(float))


def test_text_of_an_openml_data_set_is_refused_by_its_name_and_can_be_left_out(tmp_path):
    with pytest.raises(DataError, match=r"OpenML data set 7: .*colour holds text \('red'\)"):
        openml_table(tmp_path, [])
    assert openml_table(tmp_path, ["colour"]).feature_names == ("id", "a", "b, c")
    with pytest.raises(DataError, match="OpenML data set 7.*single class column"):
        openml_table(tmp_path / "other", [], default_target_attribute="a,class")
