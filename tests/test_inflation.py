"""A small file that announces or unpacks to more than its shape is refused before memory is spent on it."""

import gzip
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from bnlab.data import limits
from bnlab.data.datasets import DataError
from bnlab.data.tables import read_file

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
SHAPE = {"rows": 150, "features": 2, "classes": 2}
MANY = 40
"""Repetitions of ten million bytes."""


def gzipped(path: Path, head: bytes, unit: bytes, times: int = MANY) -> Path:
    """Write a file of gzip's members, which unpack one after the other."""
    path.write_bytes(gzip.compress(head) + times * gzip.compress(unit))
    return path


def one_line(folder: Path) -> Path:
    return gzipped(folder / "t.csv.gz", b"a,b,y\n1,2,p\n", b"0" * 10_000_000)


def one_header(folder: Path) -> Path:
    return gzipped(folder / "t.csv.gz", b"", b"0" * 10_000_000)


def one_quoted_cell(folder: Path) -> Path:
    return gzipped(folder / "t.csv.gz", b'a,b,y\n1,2,"', b"0\n" * 5_000_000)


def ever_more_rows(folder: Path) -> Path:
    return gzipped(folder / "t.csv.gz", b"a,b,y\n", b"1.5,2,p\n" * 1_250_000)


def rows_of_arff(folder: Path) -> Path:
    head = b"@relation r\n@attribute a real\n@attribute b real\n@attribute y {p,q}\n@data\n"
    return gzipped(folder / "t.arff.gz", head, b"1.5,2,p\n" * 1_250_000)


def line_of_arff(folder: Path) -> Path:
    head = b"@relation r\n@attribute a real\n@attribute b real\n@attribute y {p,q}\n@data\n"
    return gzipped(folder / "t.arff.gz", head, b"0" * 10_000_000)


def rows_of_parquet(folder: Path) -> Path:
    zeros, path = pa.array(np.zeros(3_000_000)), folder / "t.parquet"
    labels = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3_000_000, np.int32)), ["p", "q"])
    parquet.write_table(pa.table({"a": zeros, "b": zeros, "y": labels}), path)
    return path


def zeros_of_npz(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "t.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in (("x", (40_000_000, 2)), ("y", (40_000_000,))):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                header = {"descr": "<f8", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(8 * np.prod(shape) // 10_000_000):
                    file.write(bytes(10_000_000))
    return folder / "t.npz"


def header_of_npz(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "t.npz", "w") as archive:
        for name, shape in (("x", (10**12, 2)), ("y", (10**12,))):
            with archive.open(f"{name}.npy", "w") as file:
                header = {"descr": "<f8", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
    return folder / "t.npz"


def idx(folder: Path, sides: tuple[int, ...], times: int) -> Path:
    head = bytes([0, 0, 8, 3]) + np.array(sides, ">u4").tobytes()
    for part in ("train", "t10k"):
        gzipped(folder / f"{part}-images-idx3-ubyte.gz", head, bytes(10_000_000), times)
        gzipped(folder / f"{part}-labels-idx1-ubyte.gz", bytes([0, 0, 8, 1, 0, 0, 0, 1]), b"\0", 1)
    return folder


def zeros_of_idx(folder: Path) -> Path:
    return idx(folder, (4_000_000, 10, 10), MANY)


def zeros_after_idx(folder: Path) -> Path:
    return idx(folder, (1, 1, 2), MANY)


READ = r"""
import re, sys
from pathlib import Path
from bnlab.data.datasets import DataError
from bnlab.data.tables import read_file
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
import pandas, pyarrow, pyarrow.csv, pyarrow.parquet, pyarrow.compute
before = peak()
try:
    read_file(Path(sys.argv[1]), "y", shape={"rows": 150, "features": 2, "classes": 2})
except DataError as error:
    print(error)
print((peak() - before) // 1000, "MB")
"""
MOST_MB = 250


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (one_line, "longer than"),
        (one_header, "longer than|larger than|values for|field"),
        (one_quoted_cell, "longer than"),
        (ever_more_rows, "rows or more, expected 150 rows"),
        (rows_of_arff, "rows or more, expected 150 rows"),
        (line_of_arff, "line 6 is longer than 4,194,304 characters"),
        (rows_of_parquet, "found 3,000,000 rows or more, expected 150 rows"),
        (zeros_of_npz, "its array x has 640 MB, too many for 150 rows of 2 features"),
        (header_of_npz, "its array x has 16,000,000 MB, too many for 150 rows"),
        (zeros_of_idx, "has 400 MB, too many for 150 rows of 2 features"),
        (zeros_after_idx, "it has more values and announces 2"),
    ],
)
def test_what_unpacks_to_more_than_its_shape_is_refused_in_little_memory(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        env={"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    said, memory = done.stdout.splitlines()
    assert str(path) in said and re.search(message, said), said
    assert int(memory.split()[0]) < MOST_MB, memory


def test_without_a_shape_the_machine_is_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "t.npz", x=np.zeros((1000, 9)), y=np.arange(1000) % 2)
    assert read_file(tmp_path / "t.npz").x.shape == (1000, 9)
    monkeypatch.setattr(limits, "memory_mb", lambda: 0.2)
    with pytest.raises(DataError, match=r"its array x has 0 MB, too many for the 0 MB of this"):
        read_file(tmp_path / "t.npz")


def test_a_wrong_number_of_rows_is_still_told_exactly(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.zeros((50_000, 2)), y=np.arange(50_000) % 2)
    assert len(read_file(tmp_path / "t.npz", shape=SHAPE).y) == 50_000
