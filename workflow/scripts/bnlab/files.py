"""Reading and writing of a study's files, and the log of a job. A file is written whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from bnlab.lazy import pd


class JobError(RuntimeError):
    """A problem that stops a job and that the user can remove, with a message for the user."""


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces ``path`` once all of it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as handle:
            yield handle
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name as an uncompressed .npz; equal arrays give equal bytes."""
    with replacing(path) as handle:
        np.savez(handle, allow_pickle=False, **arrays)


def save_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping as indented JSON."""
    with replacing(path) as handle:
        handle.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text("utf8"))


def save_text(path: Path, text: str) -> None:
    """Write a text in UTF-8."""
    with replacing(path) as handle:
        handle.write(text.encode())


def save_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, without its index."""
    with replacing(path) as handle:
        table.to_parquet(handle, index=False)


def save_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with eight significant digits, without its index."""
    with replacing(path) as handle:
        table.to_csv(handle, index=False, float_format="%.8g")


def read_csv(path: Path) -> pd.DataFrame:
    """Read a published table; keys, numbers of claims and lists of rates are text, only empty cells are missing."""
    text = {"key": str, "id": str, "claim": str, "tried": str}
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=text)


@contextmanager
def job_log(path: str, subject: str) -> Iterator[None]:
    """Log progress with its subject to a file and to stderr. A JobError ends the program without a traceback."""
    package = logging.getLogger("bnlab")
    package.setLevel(logging.INFO)
    package.propagate = False
    for handler in (logging.FileHandler(path, "w", encoding="utf8"), logging.StreamHandler()):
        handler.setFormatter(logging.Formatter(f"%(asctime)s {subject}: %(message)s", "%H:%M:%S"))
        package.addHandler(handler)
    start = time.perf_counter()
    try:
        yield
        package.info("done in %.1f s", time.perf_counter() - start)
    except JobError as error:
        package.error("stopped: %s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        package.error("interrupted")
        sys.exit(130)
    except Exception:
        package.exception("failed")
        raise
