"""Large tables are prepared a piece at a time, to the same bits and in little memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from bnlab.data import pieces
from bnlab.data.preprocessing import fit_scaling, scale

RNG = np.random.default_rng(0)
SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"


def rows_of(features: int, kind: str) -> np.ndarray:
    if kind == "bytes":
        return RNG.integers(0, 256, (501, features), dtype=np.uint8)
    return RNG.normal(size=(501, features)) * 10 ** RNG.uniform(-3, 3, features)


@pytest.fixture(params=[1, 7, 64, 10**9], ids="{} numbers".format)
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_NUMBERS", request.param)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("kind", ["bytes", "numbers"])
@pytest.mark.parametrize("features", [1, 2, 8, 33])
def test_mean_and_variance_have_the_bits_of_numpy(features: int, kind: str) -> None:
    x, some = rows_of(features, kind), np.sort(RNG.permutation(501)[:400])
    for rows in (None, some):
        part = x if rows is None else x[rows]
        mean, variance = pieces.moments(x, rows)
        np.testing.assert_array_equal(mean, part.mean(0, dtype=np.float64))
        np.testing.assert_array_equal(variance, part.var(0, dtype=np.float64))


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize(
    ("scaling", "oracle"), [("standardize", StandardScaler), ("min_max", MinMaxScaler)]
)
def test_scaling_is_that_of_scikit_learn(scaling: str, oracle: type) -> None:
    x, train = rows_of(5, "numbers"), np.arange(0, 501, 3)
    scaled = scale(x, *fit_scaling(x, scaling, train))
    np.testing.assert_allclose(scaled, oracle().fit(x[train]).transform(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_an_array_is_read_from_within_an_npz_file(tmp_path: Path, dtype: type) -> None:
    x = RNG.integers(0, 256, (50, 3)).astype(dtype)
    np.savez(tmp_path / "raw.npz", y=np.arange(50), x=x, names=np.array(["ä", "b"]))
    mapped = pieces.mapped(tmp_path / "raw.npz", "x")
    assert mapped.dtype == dtype
    np.testing.assert_array_equal(mapped, x)
    np.testing.assert_array_equal(np.concatenate([p.values for p in pieces.pieces(mapped)]), x)


@pytest.mark.parametrize("expected", [None, 1, 30, 100])
def test_a_stack_holds_what_was_added(expected: int | None) -> None:
    batches = [np.full((4, 2), k, np.uint8) for k in range(5)] + [np.full((10, 2), 0.5)]
    for many in (batches, batches[:5]):
        stack = pieces.Stack(expected)
        for batch in [*many, many[0]]:
            stack.add(batch)
        together = np.concatenate([*many, many[0]])
        assert stack.array().dtype == together.dtype
        np.testing.assert_array_equal(stack.array(), together)


PREPARE = r"""
import re, sys
import numpy as np
from pathlib import Path
from bnlab.data import datasets, preprocessing
from bnlab.files import save_arrays

path, rows = Path(sys.argv[1]), 1_000_000
features, classes = tuple("abcdefghijklmnopqrst"), ("0", "1")
if not path.exists():
    x = np.random.default_rng(0).normal(size=(rows, 20))
    y = np.arange(rows, dtype=np.uint8) % 2
    datasets.save_table(path, datasets.Table(x, y, features, classes))
    sys.exit()
peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
table = datasets.load_table(path)
rule = {"test": 0.1, "validation": 0.1, "test_rows": "stratified"}
arrays, _ = preprocessing.preprocess(table, rule, "standardize")
datasets.digest(table)
save_arrays(path.with_name("split.npz"), arrays)
print(1024 * (peak() - before) / (4 * rows * 20))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_preparing_takes_at_most_two_and_a_half_times_the_memory_of_the_numbers(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", PREPARE, str(tmp_path / "raw.npz")]
    environment = {"PYTHONPATH": str(SCRIPTS)}
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert 1 < float(done.stdout) <= 2.5
