"""Where rows come from: sources, content digests, checks, the fixed split, and scaling.

Every source ends in the same `Table`, whose arrays depend on the content alone: the same data read
from ARFF, Parquet or IDX gives the same bytes, and so the same digest.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import logging
import os
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from bnlab.files import JobError, save_arrays

logger = logging.getLogger(__name__)

OPENML_SERVER = "https://www.openml.org/api/v1/xml"
PAUSES = (1.0, 2.0, 4.0)
"""Seconds between the first attempt to download and the three that may follow."""
CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 30.0
PATIENCE_SECONDS = 12.0
"""Once a server without connection has cost this long, it is not tried again."""
SPLIT_SEED = 20_150_211
"""One constant for all studies, so that every study of a dataset has the same test rows."""
CHUNK_ROWS = 8192
PARTS = ("train", "validation", "test")


class DataError(JobError):
    """Data that cannot be had or is not what the config says; the message is meant for the user."""


@dataclass(frozen=True)
class Table:
    """A classification table.

    x: (rows, features), uint8 where every value is a whole number from 0 to 255, else float64; C
    order.
    y: (rows,), index into `class_names`; uint8 for up to 256 classes, else int64.
    """

    x: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


# ------------------------------------------------------------------------------------------ content


def canonical(values: np.ndarray) -> np.ndarray:
    """`values` as uint8 if every one is a whole number from 0 to 255, else as float64; C order."""
    if values.dtype != np.uint8:
        values = np.asarray(values, dtype=np.float64)
        if np.all((values >= 0) & (values <= 255) & (values == np.floor(values))):
            values = values.astype(np.uint8)
    return np.ascontiguousarray(values)


def encode_labels(
    values: Iterable[Any], declared: Sequence[Any] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class index per value, and the class names.

    Declared names keep their order, and may hold classes that never occur. Without them the names
    are those found, sorted as numbers if they all look like numbers, else as text. A whole number
    is the same label however it is
    written: 1, 1.0 and "01" are one class.
    Raises DataError for missing labels and for labels that were not declared.
    """
    codes, found = pd.factorize(pd.Series(values, dtype=object))
    if (codes < 0).any():
        raise DataError(f"{(codes < 0).sum():,} rows have no class; remove them or fill them in.")
    labels = [_plain(value) for value in found]
    if declared is None:
        names = sorted(set(labels), key=float if all(map(_is_number, labels)) else str)
    else:
        names = [str(name) for name in declared]
    place = {_plain(name): index for index, name in enumerate(names)}
    unknown = sorted(set(labels) - place.keys())
    if unknown:
        raise DataError(
            f"classes {_shown(unknown)} are in the data but not among the declared {_shown(names)};"
            " name every class, in order."
        )
    kind = np.uint8 if len(names) <= 256 else np.int64
    return np.array([place[label] for label in labels], dtype=kind)[codes], tuple(names)


def _is_number(label: str) -> bool:
    try:
        return np.isfinite(float(label))
    except ValueError:
        return False


def _plain(value: Any) -> str:
    text = value.decode() if isinstance(value, bytes) else str(value).strip()
    return str(int(float(text))) if _is_number(text) and float(text).is_integer() else text


def _shown(names: Sequence[str], most: int = 12) -> str:
    more = f", … ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def digest(table: Table) -> dict[str, str]:
    """SHA-256 of the bytes of x and of y in C order: {"features": ..., "labels": ...}."""
    return {
        "features": hashlib.sha256(np.ascontiguousarray(table.x).data).hexdigest(),
        "labels": hashlib.sha256(np.ascontiguousarray(table.y).data).hexdigest(),
    }


def check(table: Table, shape: Mapping[str, int], sha256: Mapping[str, str] | None = None) -> None:
    """Raise DataError, with everything that is wrong, unless `table` is what the config says.

    shape: {"rows", "features", "classes"}; classes counts declared names, also those that never
    occur.
    sha256: digests to hold the content to, for any of "features" and "labels".
    """
    problems = []
    found_shape = {
        "rows": table.x.shape[0],
        "features": table.x.shape[1],
        "classes": len(table.class_names),
    }
    wrong = [key for key in found_shape if found_shape[key] != shape[key]]
    if wrong:
        found = ", ".join(f"{found_shape[key]:,} {key}" for key in wrong)
        expected = ", ".join(f"{shape[key]:,} {key}" for key in wrong)
        problems.append(
            f"found {found}, expected {expected}: correct `shape` in the config, or the source if"
            " it is not the data you mean"
        )
    if table.x.dtype != np.uint8:
        missing, infinite = np.isnan(table.x), np.isinf(table.x)
        for bad, what, advice in (
            (missing, "missing", "fill them in or leave their columns or rows out"),
            (infinite, "infinite", "replace them"),
        ):
            if bad.any():
                columns = _shown([table.feature_names[j] for j in np.flatnonzero(bad.any(0))])
                problems.append(
                    f"found {bad.sum():,} {what} values in {columns}, expected none: {advice}"
                )
    if sha256:
        content = digest(table)
        problems += [
            f"found {part} with SHA-256 {content[part]}, expected {sha256[part]}: the content is"
            " not what the config pins; get the original, or pin this digest if the change is meant"
            for part in content
            if sha256.get(part) not in (None, content[part])
        ]
    if problems:
        raise DataError("; ".join(problems) + ".")


# ------------------------------------------------------------------------------------------ sources


def read(dataset: Mapping[str, Any], openml: Mapping[str, Any] | None = None) -> Table:
    """The table that a dataset of the config names, by its source: openml, file or bundled.

    dataset: `source` and that source's fields: openml {id, target?}; file {path, target?, columns?,
    drop?, classes?}; bundled {name}. openml: {server?, cache?}. Raises DataError.
    """
    source = dataset["source"]
    if source == "openml":
        return read_openml(dataset["id"], dataset.get("target"), **(openml or {}))
    if source == "file":
        options = {key: dataset.get(key) for key in ("target", "columns", "drop", "classes")}
        return read_file(Path(dataset["path"]), **options)
    if source == "bundled":
        return read_bundled(dataset["name"])
    raise DataError(f"source '{source}' cannot be read; allowed are openml, file and bundled.")


def describe(dataset: Mapping[str, Any]) -> str:
    """The origin of a dataset of the config in one phrase, for tables and reports."""
    source = dataset["source"]
    if source == "openml":
        return f"OpenML data set {dataset['id']}"
    if source == "file":
        return f"file {dataset['path']}"
    if source == "bundled":
        return f"{dataset['name']}, shipped with scikit-learn"
    return f"redraw of {dataset['of']} to {dataset['shape']['rows']:,} rows, seed {dataset['seed']}"


def read_bundled(name: str) -> Table:
    """One of the tables inside scikit-learn: digits, wine, breast_cancer or iris."""
    from sklearn import datasets as bundled

    loaders: dict[str, Callable[[], Any]] = {
        "digits": bundled.load_digits,
        "wine": bundled.load_wine,
        "breast_cancer": bundled.load_breast_cancer,
        "iris": bundled.load_iris,
    }
    if name not in loaders:
        raise DataError(f"no bundled data set is called '{name}'; there are {', '.join(loaders)}.")
    data = loaders[name]()
    return Table(
        canonical(data.data),
        data.target.astype(np.uint8),
        tuple(map(str, data.feature_names)),
        tuple(map(str, data.target_names)),
    )


def read_file(
    path: Path,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Table:
    """A table from CSV (.csv, .data), ARFF, Parquet, NPZ (keys x and y), or a folder of IDX files.

    target: the column that holds the class; CSV, ARFF and Parquet need it.
    columns: names for a CSV without a header line. drop: columns to leave out.
    classes: every class in order, also those that never occur.
    Raises DataError where the file is missing, broken, or not a table of numbers and classes.
    """
    if not path.exists():
        raise DataError(
            f"there is no file or folder {path}; correct `path` (relative to the project's folder)."
        )
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    try:
        if path.is_dir():
            return _read_idx_folder(path, classes)
        if kind == "npz":
            return _read_npz(path, classes)
        if target is None:
            raise DataError(f"{path} needs `target`, the name of the column that holds the class.")
        if kind in ("csv", "data"):
            chunks, nominal = _csv_chunks(path, columns), None
        elif kind == "arff":
            chunks, nominal = _arff_chunks(path, target)
        elif kind in ("parquet", "pq"):
            chunks, nominal = _parquet_chunks(path, target)
        else:
            raise DataError(
                f"{path} is of no known kind; known are CSV (.csv, .data), ARFF (.arff), Parquet"
                " (.parquet, .pq), NPZ (.npz), and a folder of IDX files."
            )
        return _gather(chunks, target, drop or (), classes or nominal)
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read, it may be broken or cut short ({_first_line(error)})."
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _gather(
    chunks: Iterable[pd.DataFrame], target: str, drop: Sequence[str], declared: Sequence[Any] | None
) -> Table:
    """One table from frames of consecutive rows; whole small numbers take one byte each."""
    parts: list[np.ndarray] = []
    labels: list[pd.Series] = []
    names: list[str] = []
    for frame in chunks:
        absent = [name for name in (target, *drop) if name not in frame.columns]
        if absent:
            raise DataError(
                f"there is no column {_shown(absent)};"
                f" the columns are {_shown(list(frame.columns))}."
            )
        labels.append(frame[target].astype(object))
        features = frame.drop(columns=[target, *drop])
        names = [str(name) for name in features.columns]
        parts.append(canonical(_numbers(features)))
    if not parts:
        raise DataError("there are no rows.")
    y, class_names = encode_labels(pd.concat(labels, ignore_index=True), declared)
    return Table(np.concatenate(parts), y, tuple(names), class_names)


def _numbers(features: pd.DataFrame) -> np.ndarray:
    for name in features.columns[
        [not pd.api.types.is_numeric_dtype(kind) for kind in features.dtypes]
    ]:
        column = features[name]
        numbers = pd.to_numeric(column, errors="coerce")
        text = column[numbers.isna() & column.notna()]
        if len(text):
            raise DataError(
                f"column {name} holds text ('{text.iloc[0]}'), features must be numbers;"
                " leave it out with `drop` or write it as numbers."
            )
        features = features.assign(**{str(name): numbers})
    return features.to_numpy(dtype=np.float64)


def _open_text(path: Path) -> IO[str]:
    return (
        gzip.open(path, "rt", encoding="utf8")
        if path.suffix == ".gz"
        else path.open(encoding="utf8")
    )


def _delimited_chunks(
    handle: IO[str], names: Sequence[str], **dialect: Any
) -> Iterator[pd.DataFrame]:
    yield from pd.read_csv(
        handle,
        header=None,
        names=list(names),
        index_col=False,
        skipinitialspace=True,
        keep_default_na=False,
        na_values=["", "?", "NA", "NaN", "nan"],
        chunksize=CHUNK_ROWS,
        **dialect,
    )


def _fields(line: str, **dialect: Any) -> list[str]:
    return next(csv.reader([line], skipinitialspace=True, **dialect))


def _expect_width(line: str, names: Sequence[str], **dialect: Any) -> None:
    width = len(_fields(line, **dialect))
    if width != len(names):
        raise DataError(
            f"the first row has {width} values for {len(names)} columns ({_shown(names)})."
        )


def _csv_chunks(path: Path, columns: Sequence[str] | None) -> Iterator[pd.DataFrame]:
    with _open_text(path) as handle:
        start = handle.tell()
        first = handle.readline()
        if columns is None:
            names = [name.strip() for name in _fields(first)] if first.strip() else []
        else:
            names = [str(name) for name in columns]
            _expect_width(first, names)
            handle.seek(start)
        if len(set(names)) < len(names):
            raise DataError(
                "two columns have the same name; a CSV without a header line needs `columns`."
            )
        yield from _delimited_chunks(handle, names)


_ATTRIBUTE = re.compile(
    r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.+)""", re.IGNORECASE
)
_NOMINAL = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,]+?))\s*(?:,|$)""")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _arff_chunks(path: Path, target: str) -> tuple[Iterator[pd.DataFrame], list[str] | None]:
    """Frames of the rows of a dense ARFF file, and its target's values if that is nominal."""
    kinds: dict[str, str] = {}
    quote = "'"
    handle = _open_text(path)
    for line in iter(handle.readline, ""):
        line = line.strip()
        if line.lower().startswith("@data"):
            break
        if match := _ATTRIBUTE.match(line):
            name, kind = match.groups()
            kinds[_unescaped(name[1:-1]) if name[0] in "'\"" else name] = kind.strip()
            quote = '"' if '"' in line and "'" not in line else quote
    else:
        handle.close()
        raise DataError(f"{path} is no complete ARFF file: it has no @DATA line.")
    nominal = kinds.get(target, "")
    declared = None
    if nominal.startswith("{"):
        values = _NOMINAL.finditer(nominal.strip("{} \t"))
        declared = [
            _unescaped(next(text for text in match.groups() if text is not None))
            for match in values
        ]
    return _arff_rows(handle, list(kinds), quote), declared


def _arff_rows(handle: IO[str], names: Sequence[str], quote: str) -> Iterator[pd.DataFrame]:
    dialect: dict[str, Any] = {"quotechar": quote, "escapechar": "\\"}
    with handle:
        place, line = handle.tell(), handle.readline()
        while line and (not line.strip() or line.lstrip().startswith("%")):
            place, line = handle.tell(), handle.readline()
        if line.lstrip().startswith("{"):
            raise DataError("sparse ARFF is not read; convert the data to CSV or Parquet.")
        if line:
            _expect_width(line, names, **dialect)
            handle.seek(place)
            yield from _delimited_chunks(handle, names, comment="%", **dialect)


def _parquet_chunks(path: Path, target: str) -> tuple[Iterator[pd.DataFrame], list[Any] | None]:
    """Frames of the rows of a Parquet file, and its target's categories if it has them."""
    from pyarrow import parquet

    source = parquet.ParquetFile(path)
    declared = None
    if target in source.schema_arrow.names:
        column = source.read(columns=[target]).column(target).to_pandas()
        if isinstance(column.dtype, pd.CategoricalDtype):
            declared = list(column.cat.categories)
    return (batch.to_pandas() for batch in source.iter_batches(CHUNK_ROWS)), declared


def _read_npz(path: Path, classes: Sequence[Any] | None) -> Table:
    """Arrays x (rows, ...) and y (rows,), and where present feature_names and class_names."""
    with np.load(path, allow_pickle=False) as arrays:
        absent = [key for key in ("x", "y") if key not in arrays]
        if absent:
            raise DataError(f"{path} has no array {_shown(absent)}; it has {_shown(list(arrays))}.")
        x, y = arrays["x"], arrays["y"]
        features = arrays.get("feature_names")
        names = arrays.get("class_names")
    if len(x) != len(y):
        raise DataError(f"{path} has {len(x):,} rows in x but {len(y):,} in y.")
    if not np.issubdtype(x.dtype, np.number):
        raise DataError(f"{path} has {x.dtype} in x; features must be numbers.")
    x = canonical(x.reshape(len(x), -1))
    if names is not None and np.issubdtype(y.dtype, np.integer):
        if len(y) and not 0 <= y.min() <= y.max() < len(names):
            raise DataError(f"{path} has class {y.max()} in y for {len(names)} class_names.")
        y = names[y]
    declared = classes if classes is not None else names
    labels, class_names = encode_labels(y.ravel(), declared)
    feature_names = _numbered("x", x.shape[1]) if features is None else tuple(map(str, features))
    return Table(x, labels, feature_names, class_names)


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{index}" for index in range(1, count + 1))


def _read_idx_folder(folder: Path, classes: Sequence[Any] | None) -> Table:
    """Images and labels of `train-…` and then `t10k-…`, the way MNIST is published."""
    images, labels = [], []
    for part in ("train", "t10k"):
        images.append(_read_idx(_idx_path(folder, f"{part}-images", 3)))
        labels.append(_read_idx(_idx_path(folder, f"{part}-labels", 1)))
        if len(images[-1]) != len(labels[-1]):
            raise DataError(
                f"{folder} has {len(images[-1]):,} {part} images but {len(labels[-1]):,} labels."
            )
    x = canonical(np.concatenate([image.reshape(len(image), -1) for image in images]))
    y, class_names = encode_labels(np.concatenate(labels), classes)
    return Table(x, y, _numbered("pixel", x.shape[1]), class_names)


def _idx_path(folder: Path, stem: str, dimensions: int) -> Path:
    name = f"{stem}-idx{dimensions}-ubyte"
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.exists():
            return candidate
    raise DataError(f"the folder {folder} has neither {name}.gz nor {name}.")


def _read_idx(path: Path) -> np.ndarray:
    """An IDX file: two zeros, type (8: bytes), number of sizes, big-endian sizes, values."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    if raw[:3] != b"\0\0\x08" or len(raw) < 4 * (1 + raw[3]):
        raise DataError(f"{path} is no IDX file of unsigned bytes.")
    shape = np.frombuffer(raw, ">u4", count=raw[3], offset=4).astype(int)
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3])
    if values.size != shape.prod():
        raise DataError(
            f"{path} is broken: it has {values.size:,} values and announces {shape.prod():,}."
        )
    return values.reshape(shape)


# ------------------------------------------------------------------------------------------- OpenML


def read_openml(
    number: int, target: str | None = None, server: str | None = None, cache: str | None = None
) -> Table:
    """Data set `number` of OpenML. `target` defaults to the one that OpenML names.

    server and cache default to OpenML's own; the environment's BNLAB_OPENML_SERVER and
    BNLAB_OPENML_CACHE go before both. openml-python downloads and caches; the ARFF file is then
    read here, because openml-python holds every value as a Python object, which takes gigabytes for
    MNIST. Always ARFF, because its checksum is what OpenML publishes.
    """
    server = os.environ.get("BNLAB_OPENML_SERVER") or server or OPENML_SERVER
    cache = os.environ.get("BNLAB_OPENML_CACHE") or cache
    dataset = _fetch(number, server, cache)
    target = target or dataset.default_target_attribute
    if not target or "," in target:
        raise DataError(
            f"OpenML data set {number} names no single class column ({target}); set `target`."
        )
    drop = [
        name
        for names in (dataset.row_id_attribute, dataset.ignore_attribute)
        for entry in ([names] if isinstance(names, str) else names or ())
        for name in entry.split(",")
        if name != target
    ]
    logger.info("reading %s", dataset.data_file)
    return read_file(Path(dataset.data_file), target, drop=drop)


def _fetch(number: int, server: str, cache: str | None) -> Any:
    """openml-python's data set, once its ARFF file is in the cache and fits the checksum."""
    from xml.parsers.expat import ExpatError

    import requests
    from openml import exceptions

    database_is_down = 107
    start = time.monotonic()
    for attempt, pause in enumerate((*PAUSES, None), 1):
        logger.info(
            "asking %s for data set %d (attempt %d of %d)", server, number, attempt, len(PAUSES) + 1
        )
        try:
            return _fetch_once(number, server, cache, refresh=attempt > 1)
        except exceptions.OpenMLPrivateDatasetError as error:
            raise DataError(f"OpenML data set {number} is private.") from error
        except (exceptions.PyOpenMLError, requests.RequestException, ExpatError, KeyError) as error:
            code = getattr(error, "code", None)
            if code not in (None, database_is_down):
                raise DataError(
                    f"{server} has no data set {number} ({_first_line(error)})."
                ) from error
            reason = _reason(error)
            logger.info("%s", reason)
            waited = time.monotonic() - start
            hopeless = isinstance(error, requests.ConnectionError) and waited > PATIENCE_SECONDS
            if pause is None or hopeless:
                raise DataError(
                    f"data set {number} could not be downloaded from {server} ({reason}); nothing"
                    " is lost, and there are two ways on: `make demo`, which needs no download, or"
                    " a dataset with `source: file`."
                ) from error
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _reason(error: Exception) -> str:
    import requests
    from openml.exceptions import OpenMLHashException

    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer broke off"
    if isinstance(error, OpenMLHashException):
        return "the file does not fit its checksum"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    status = re.search(r"Status code: (\d+)", str(error))
    return f"the server answered {status[1]}" if status else "the server's answer makes no sense"


def _fetch_once(number: int, server: str, cache: str | None, refresh: bool) -> Any:
    import openml

    with _openml_settings(server, cache):
        dataset = openml.datasets.get_dataset(
            number, download_data=True, force_refresh_cache=refresh
        )
    # openml-python checks what it downloads, not what it finds in its cache.
    content = Path(str(dataset.data_file)).read_bytes()
    if dataset.md5_checksum not in (None, hashlib.md5(content).hexdigest()):
        raise openml.exceptions.OpenMLHashException("the cached file does not fit its checksum")
    return dataset


@contextmanager
def _openml_settings(server: str, cache: str | None) -> Iterator[None]:
    """openml-python with one attempt per call, time limits, ARFF only, and less to say."""
    import openml
    import requests

    before = openml.config.get_config_as_dict()
    request, skip_parquet = requests.Session.request, os.environ.get("OPENML_SKIP_PARQUET")
    root, level = logging.getLogger(), logging.getLogger().level

    def request_with_limits(self: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
        return request(self, *args, **{"timeout": (CONNECT_SECONDS, SILENCE_SECONDS), **kwargs})

    openml.config.server = server
    openml.config.set_retry_policy("human", 1)
    if cache is not None:
        openml.config.set_root_cache_directory(Path(cache).expanduser().resolve())
    os.environ["OPENML_SKIP_PARQUET"] = "true"
    requests.Session.request = request_with_limits  # type: ignore[method-assign]
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
        requests.Session.request = request  # type: ignore[method-assign]
        os.environ.pop("OPENML_SKIP_PARQUET")
        if skip_parquet is not None:
            os.environ["OPENML_SKIP_PARQUET"] = skip_parquet
        openml.config.server = before["server"]
        openml.config.set_retry_policy(before["retry_policy"], before["connection_n_retries"])
        openml.config.set_root_cache_directory(before["cachedir"])


# ---------------------------------------------------------------------------------- split and scale


def split(y: np.ndarray, rule: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Row indices of "train", "validation", "test", ascending; always the same for the same labels.

    rule: `test` and `validation` as a number of rows, or as a fraction of all rows; `test_rows`:
    "last", or "stratified" for a drawn share of each class. Validation rows are always stratified
    and cut from the rows that the test part leaves. A class keeps at least one row for training.
    Raises DataError where the rows do not suffice.
    """
    sizes = {part: _count(rule[part], len(y)) for part in ("test", "validation")}
    if sum(sizes.values()) >= len(y):
        raise DataError(
            f"`split` takes {sum(sizes.values()):,} of {len(y):,} rows and leaves none to train on."
        )
    rng = np.random.default_rng(SPLIT_SEED)
    rows = np.arange(len(y))
    test = (
        rows[len(y) - sizes["test"] :]
        if rule["test_rows"] == "last"
        else _draw(y, rows, sizes["test"], rng)
    )
    rest = np.setdiff1d(rows, test, assume_unique=True)
    validation = _draw(y, rest, sizes["validation"], rng)
    return {
        "train": np.setdiff1d(rest, validation, assume_unique=True),
        "validation": validation,
        "test": test,
    }


def _count(amount: float, rows: int) -> int:
    return amount if isinstance(amount, int) else round(amount * rows)


def _draw(y: np.ndarray, rows: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """`size` of `rows`, each class by its share, ascending."""
    present, counts = np.unique(y[rows], return_counts=True)
    taken = [
        rng.permutation(rows[y[rows] == k])[:quota]
        for k, quota in zip(present, quotas(counts, size), strict=True)
    ]
    return np.sort(np.concatenate(taken))


def quotas(counts: np.ndarray, size: int) -> np.ndarray:
    """Rows that each class gives to make `size`, by largest remainder; never its last row.

    counts: (classes,) rows per class, each at least 1. Raises DataError where `size` rows cannot be
    had so.
    """
    room = counts - 1
    if size > room.sum():
        raise DataError(
            f"{size:,} rows cannot be cut from {counts.sum():,} so that each of the {len(counts)}"
            " classes keeps one; make the parts of `split` smaller."
        )
    share = size * counts / counts.sum()
    given = np.minimum(np.floor(share).astype(int), room)
    while given.sum() < size:
        order = np.argsort(given - share, kind="stable")
        order = order[given[order] < room[order]][: size - given.sum()]
        given[order] += 1
    return given


def fit_scaling(x_train: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    """(shift, width) per column of `(x - shift) / width`; a constant column becomes 0.

    divide_255: 0, 255. standardize: mean, standard deviation. min_max: minimum, range. none: 0, 1.
    """
    features = x_train.shape[1]
    shift, width = np.zeros(features), np.ones(features)
    if scaling == "divide_255":
        width *= 255
    elif scaling in ("standardize", "min_max"):
        low, high = x_train.min(0).astype(np.float64), x_train.max(0).astype(np.float64)
        constant = low == high
        if scaling == "min_max":
            shift, width = low, high - low
        else:
            shift, width = x_train.mean(0, dtype=np.float64), x_train.std(0, dtype=np.float64)
        shift, width = np.where(constant, low, shift), np.where(constant, 1.0, width)
    elif scaling != "none":
        raise DataError(
            f"no scaling is called '{scaling}'; there are divide_255, standardize, min_max, none."
        )
    return shift, width


def scale(x: np.ndarray, shift: np.ndarray, width: np.ndarray) -> np.ndarray:
    """`(x - shift) / width`, computed in float64, rounded to float32; (rows, features)."""
    scaled = x.astype(np.float64)
    scaled -= shift
    scaled /= width
    return np.ascontiguousarray(scaled, dtype=np.float32)


def preprocess(table: Table, rule: Mapping[str, Any], scaling: str) -> dict[str, np.ndarray]:
    """The arrays of split.npz.

    For each part x_<part>, float32 (rows, features), and y_<part>, int32 (rows,); class_names.
    """
    rows = split(table.y, rule)
    shift, width = fit_scaling(table.x[rows["train"]], scaling)
    arrays = {f"x_{part}": scale(table.x[rows[part]], shift, width) for part in PARTS}
    arrays |= {f"y_{part}": table.y[rows[part]].astype(np.int32) for part in PARTS}
    return arrays | {"class_names": np.array(table.class_names)}


def summary(
    table: Table, dataset: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """What data.json says of a table and of `arrays`, what `preprocess` made of it."""
    classes = len(table.class_names)
    return {
        "source": describe(dataset),
        "is_redraw": dataset["source"] == "redraw",
        "digest": digest(table),
        "shape": {"rows": table.x.shape[0], "features": table.x.shape[1], "classes": classes},
        "scaling": dataset["scaling"],
        "split": {part: len(arrays[f"y_{part}"]) for part in PARTS},
        "class_names": list(table.class_names),
        "class_counts": {
            "all": np.bincount(table.y, minlength=classes).tolist(),
            **{
                part: np.bincount(arrays[f"y_{part}"], minlength=classes).tolist() for part in PARTS
            },
        },
    }


def save_table(path: Path, table: Table) -> None:
    """Write raw.npz: x, y, feature_names, class_names."""
    names = {
        "feature_names": np.array(table.feature_names),
        "class_names": np.array(table.class_names),
    }
    save_arrays(path, {"x": table.x, "y": table.y, **names})


def load_table(path: Path) -> Table:
    """Read what `save_table` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        names = (tuple(arrays[key].tolist()) for key in ("feature_names", "class_names"))
        return Table(arrays["x"], arrays["y"], *names)
