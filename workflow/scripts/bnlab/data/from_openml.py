"""Reading of OpenML's data sets, which openml-python downloads and caches."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnlab.data.datasets import DataError, Table, about
from bnlab.data.from_arff import attribute_names
from bnlab.data.tables import first_line, read_file
from bnlab.study.datasets import REFUSE

logger = logging.getLogger(__name__)

OPENML_SERVER = "https://www.openml.org/api/v1/xml"
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before the second, third and fourth attempt to download."""
CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 30.0
PATIENCE_SECONDS = 20.0
"""A server without connection is not tried again after this time."""


def server_of(openml: Mapping[str, Any] | None) -> str:
    """Return the URL of the server: the environment's, else the config's, else OpenML's own."""
    return os.environ.get("BNLAB_OPENML_SERVER") or (openml or {}).get("server") or OPENML_SERVER


def read_openml(
    number: int,
    target: str | None = None,
    drop: Sequence[str] | None = None,
    categories: str = REFUSE,
    shape: Mapping[str, Any] | None = None,
    server: str | None = None,
    cache: str | None = None,
) -> Table:
    """Read a data set of OpenML from its ARFF file, whose checksum OpenML publishes.

    The file is read here, because openml-python holds every value as a Python object, which takes gigabytes for MNIST.

    Args:
        number: id of the data set.
        target: column with the class; OpenML's own default without it.
        drop: columns to leave out, beside the row ids and the ignored attributes of the data set.
        categories: as in ``tables.read_file``.
        shape: as in ``tables.read_file``.
        server: URL; OpenML's own without it. The environment's BNLAB_OPENML_SERVER goes before both.
        cache: folder; OpenML's own without it. The environment's BNLAB_OPENML_CACHE goes before both.

    Raises:
        DataError: the server does not answer, or has no such data set with one class column.
    """
    server = server_of({"server": server})
    cache = os.environ.get("BNLAB_OPENML_CACHE") or cache
    dataset = _fetch(number, server, cache)
    path = Path(dataset.data_file)
    logger.info("reading %s", path)
    with about(f"OpenML data set {number}"):
        names = attribute_names(path)
        target = target or dataset.default_target_attribute
        if not target or ("," in target and target not in names):
            raise DataError(f"it names no single class column ({target}); set `target`.", "target")
        left_out = [name for name in _left_out(dataset, names) if name != target]
        drop = [*left_out, *(drop or ())]
        return read_file(path, target, drop=drop, categories=categories, shape=shape)


def _left_out(dataset: Any, names: Sequence[str]) -> list[str]:
    """Return the columns of a data set that are no features by its description, as openml-python finds them."""
    described = [
        name
        for entries in (dataset.row_id_attribute, dataset.ignore_attribute)
        for entry in ([entries] if isinstance(entries, str) else entries or ())
        for name in ([entry] if entry in names else entry.split(","))
    ]
    for name in described:
        if name not in names:
            logger.warning("OpenML would leave %s out, and no column is called so", name)
    return [name for name in described if name in names]


def _fetch(number: int, server: str, cache: str | None) -> Any:
    """Download a data set to the cache, in several attempts, and return openml-python's description of it."""
    from xml.parsers.expat import ExpatError

    import requests
    from openml import exceptions

    database_is_down = 107
    start = time.monotonic()
    for attempt, pause in enumerate((*PAUSES, None), 1):
        logger.info(
            "downloading data set %d from %s (attempt %d of %d)",
            number,
            server,
            attempt,
            len(PAUSES) + 1,
        )
        try:
            return _fetch_once(number, server, cache, refresh=attempt > 1)
        except exceptions.OpenMLPrivateDatasetError as error:
            raise DataError(f"OpenML data set {number} is private.") from error
        except (exceptions.PyOpenMLError, requests.RequestException, ExpatError, KeyError) as error:
            code = getattr(error, "code", None)
            if code not in (None, database_is_down):
                raise DataError(
                    f"{server} has no data set {number} ({first_line(error)})."
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
    """Set openml-python to one attempt a call, time limits, ARFF only and few messages, until the block ends."""
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
