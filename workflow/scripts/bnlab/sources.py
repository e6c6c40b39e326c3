"""Where rows come from: OpenML, files, and what ships inside scikit-learn.

Every source ends in a `Table`, whose arrays depend on the content alone: the same data read from ARFF, Parquet or IDX
gives the same bytes, and so the same digest.
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
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from bnlab.datasets import DataError, Table, canonical, encode_labels, shown

logger = logging.getLogger(__name__)

OPENML_SERVER = "https://www.openml.org/api/v1/xml"
PAUSES = (1.0, 2.0, 4.0)
"""Seconds between the first attempt to download and the three that may follow."""
CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 30.0
PATIENCE_SECONDS = 20.0
"""Once a server without connection has cost this long, it is not tried again."""
CHUNK_ROWS = 8192


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
                f"there is no column {shown(absent)}; the columns are {shown(list(frame.columns))}."
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
            f"the first row has {width} values for {len(names)} columns ({shown(names)})."
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
            raise DataError(f"{path} has no array {shown(absent)}; it has {shown(list(arrays))}.")
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
