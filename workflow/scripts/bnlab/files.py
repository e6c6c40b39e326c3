"""Reading and writing of a study's files, each with its digest, and the log of a job.

A file is written whole or not at all. Its SHA-256 stands beside it, in ``.<name>.sha256`` as ``sha256sum`` writes it;
the ``SHA256SUMS`` of a published folder has those of all its files. Whoever reads a file compares. One without a
digest, as earlier versions wrote it, is read as it is.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from bnlab.lazy import pd

SUMS = "SHA256SUMS"
"""File of a published folder with the digests of its files."""
DEPTH = 5
"""Folders between a published table and its ``SUMS``, at most, with that of the table."""
OF_SNAKEMAKE = ".snakemake_timestamp"
"""File that Snakemake leaves in a folder that is the output of a rule."""
OF_RUN = "run.json"
"""Record in the folder of a run."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

T = TypeVar("T")


class JobError(RuntimeError):
    """A problem that stops a job and that the user can remove, with a message for the user."""


class Damaged(JobError, ValueError):
    """A file that is missing, or not as it was written; the message says how to make it anew."""

    def __init__(self, path: Path, reason: str):
        super().__init__(f"{path} is damaged: {reason}; {_remedy(path)}")


def _remedy(path: Path) -> str:
    if published := next(_published(path), None):
        return f"take it from the repository again (`git checkout -- {published[0].parent}`)"
    if (path.parent / OF_RUN).exists():
        return "the command of the study, with `--forcerun train` at its end, trains this run again"
    made = next((each for each in path.parents if (each / OF_SNAKEMAKE).exists()), path)
    return f"the command of the study, with `--forcerun {made}` at its end, makes it anew"


def digest_file(path: Path) -> Path:
    """Return the file beside another one that has its digest."""
    return path.with_name(f".{path.name}.sha256")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal. Raises Damaged where it was written with another one."""
    try:
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(path, f"{error.strerror}") from error
    _compare(path, digest)
    return digest


def read_bytes(path: Path) -> bytes:
    """Return the content of a file. Raises Damaged where it was written with another one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Damaged(path, f"{error.strerror}") from error
    _compare(path, hashlib.sha256(content).hexdigest())
    return content


def _compare(path: Path, digest: str) -> None:
    for place, known in _known(path):
        if known != digest:
            raise Damaged(path, f"it is not as it was written, by its SHA-256 in {place}")


def _known(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the digest that a file was written with, if any, and the file that says so."""
    beside = digest_file(path)
    if beside.is_file():
        yield beside, beside.read_text("utf8", "replace").partition(" ")[0]
    else:
        yield from _published(path)


def _published(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the ``SUMS`` of a published folder that names a file, and the digest there."""
    for folder in [*path.parents][:DEPTH]:
        sums = folder / SUMS
        if sums.is_file():
            name = path.relative_to(folder).as_posix()
            lines = (line.split("  ", 1) for line in sums.read_text("utf8", "replace").splitlines())
            yield from ((sums, digest) for digest, *rest in lines if rest == [name])


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces ``path`` once all of it is written. Raises JobError for a full disk."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as handle:
            yield handle
        os.replace(part, path)
    except Exception as error:
        if has_no_room(error):
            raise JobError(no_room_for(path)) from None
        raise
    finally:
        part.unlink(missing_ok=True)


def has_no_room(error: BaseException | None) -> bool:
    """Return true for an error of a full disk, or one that followed from it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        error = error.__cause__ or error.__context__
    return False


def no_room_for(path: Any) -> str:
    """Return the sentence about a full disk."""
    return f"no room for {path}; nothing is lost: make room, and type the same command"


@contextmanager
def recording(path: Path) -> Iterator[IO[bytes]]:
    """Replace a file as ``replacing`` does, and write its digest beside it."""
    with replacing(path) as handle:
        yield handle
        digest_file(path).unlink(missing_ok=True)  # cut off here, it would be that of other content
    record(path)


def record(path: Path) -> None:
    """Write the digest of a file beside it."""
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    save_source(digest_file(path), f"{digest}  {path.name}\n")


def record_all(folder: Path, names: Iterable[str]) -> None:
    """Write the digests of published files to the ``SUMS`` of their folder."""
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    ]
    save_source(folder / SUMS, "".join(lines))


def is_whole(folder: Path) -> bool:
    """Return true where all files of a folder are as they were written, and none is missing."""
    noted = {beside.name[1:].removesuffix(".sha256") for beside in folder.glob(".*.sha256")}
    try:
        for name in noted | {file.name for file in folder.glob("[!.]*")}:
            sha256(folder / name)
    except Damaged:
        return False
    return True


def save_bytes(path: Path, content: bytes) -> None:
    """Write a content and its digest."""
    with recording(path) as handle:
        handle.write(content)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name as an uncompressed .npz; equal arrays give equal bytes."""
    with recording(path) as handle:
        np.savez(handle, allow_pickle=False, **arrays)


@contextmanager
def reading_arrays(path: Path) -> Iterator[Any]:
    """Open an .npz; errors in the body count as damage of the file."""
    sha256(path)
    with _damage_of(path), np.load(path, allow_pickle=False) as arrays:
        yield arrays


def save_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping as indented JSON."""
    save_text(path, as_json(content))


def as_json(content: Mapping[str, Any]) -> str:
    """Return a mapping as indented JSON."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return _parsed(path, json.loads)


def save_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, with its digest."""
    save_bytes(path, text.encode())


def read_text(path: Path) -> str:
    """Return a text in UTF-8."""
    return _parsed(path, lambda content: content.decode("utf8"))


def save_source(path: Path, text: str) -> None:
    """Write a text in UTF-8 without a digest, such as one that people edit."""
    with replacing(path) as handle:
        handle.write(text.encode())


def save_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, without its index."""
    save_bytes(path, table.to_parquet(None, index=False))


def read_parquet(path: Path) -> pd.DataFrame:
    """Return a table of Parquet."""
    return _parsed(path, lambda content: pd.read_parquet(io.BytesIO(content)))


def read_parquets(paths: Iterable[Path]) -> pd.DataFrame:
    """Return the rows of all these tables of Parquet."""
    return pd.concat(map(read_parquet, paths), ignore_index=True)


def save_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with eight significant digits, without its index."""
    save_text(path, table.to_csv(None, index=False, float_format="%.8g", lineterminator="\n"))


def read_csv(path: Path) -> pd.DataFrame:
    """Read a published table; keys, numbers of claims and lists of rates are text, only empty cells are missing."""
    text = {"key": str, "id": str, "claim": str, "tried": str}

    def parse(content: bytes) -> pd.DataFrame:
        table = pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""], dtype=text)
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("a row has more cells than the first one")
        return table

    return _parsed(path, parse)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a published table as texts, without pandas."""
    text = read_text(path)
    return [*csv.DictReader(io.StringIO(text, newline=""))]


def _parsed(path: Path, parse: Callable[[bytes], T]) -> T:
    content = read_bytes(path)
    with _damage_of(path):
        return parse(content)


@contextmanager
def _damage_of(path: Path) -> Iterator[None]:
    """Raise Damaged for any error of a library that reads a file; each has errors of its own."""
    try:
        yield
    except (JobError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise Damaged(path, f"it cannot be read ({type(error).__name__}: {reason})") from error


@contextmanager
def job_log(path: str, subject: str) -> Iterator[None]:
    """Log progress with its subject to a file and to stderr. A JobError ends the program without a traceback."""
    package = logging.getLogger("bnlab")
    package.setLevel(logging.INFO)
    package.propagate = False
    logging.raiseExceptions = False  # a full disk under the log stops no job
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # it interrupts, so that half-written files go
    start = time.perf_counter()
    try:
        _log_to(logging.StreamHandler(), subject)
        _log_to(logging.FileHandler(path, "w", encoding="utf8"), subject)
        yield
        package.info("done in %.1f s", time.perf_counter() - start)
    except JobError as error:
        package.error("stopped: %s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        package.removeHandler(package.handlers[0])  # the main process has told the user
        package.error("interrupted")
        sys.exit(130)
    except Exception as error:
        if has_no_room(error):
            package.error("stopped: %s", no_room_for("the files of this job"))
            sys.exit(1)
        package.exception("failed")
        raise


def _log_to(handler: logging.Handler, subject: str) -> None:
    handler.setFormatter(logging.Formatter(f"%(asctime)s {subject}: %(message)s", "%H:%M:%S"))
    logging.getLogger("bnlab").addHandler(handler)
