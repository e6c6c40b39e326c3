"""Refuted claims of the second ledger, computed a second time, beside the numbers that were published.

``python tests/contradictions`` prints both. With ``--data``, a folder that has ``mnist`` and ``fashion-mnist``, it
computes anew: by NumPy, and by PyTorch where that is installed. Nothing here imports the laboratory: layers, initial
weights, training and measurements are those of NumPy, PyTorch and SciPy, or written after the claims' own words.
"""

import argparse
import csv
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from math import exp, floor, log, log10
from pathlib import Path
from typing import NamedTuple

import start
from scipy import stats

warnings.filterwarnings("ignore", "Precision loss")  # of values that are nearly equal
HERE = Path(__file__).parent
EFFECTS = HERE.parents[1] / "reports" / "published" / "primary" / "effects.csv"
COMPUTED = HERE / "computed.csv"


class Line(NamedTuple):
    """A test that refutes a claim: means and intervals, as published and of so many seeds here."""

    claim: str
    region: str
    rule: str
    published: str
    again: str
    seeds: int
    refutes: bool

    def __str__(self) -> str:
        agrees = "refuted again" if self.refutes else "NOT REFUTED AGAIN"
        return (
            f"{self.claim}: {self.region}, {self.rule}: published {self.published}, "
            f"again {self.again} of {self.seeds} seeds: {agrees}"
        )


def interval(values: list[float], is_ratio: bool) -> tuple[float, float, float]:
    """Return mean and ends of the 95 % interval by Student's t; ratios are on a logarithmic scale."""
    numbers = [log(value) for value in values] if is_ratio else values
    half = stats.t.ppf(0.975, len(numbers) - 1) * stats.tsem(numbers)
    mean = stats.tmean(numbers)
    ends = (mean, mean - half, mean + half)
    return (exp(ends[0]), exp(ends[1]), exp(ends[2])) if is_ratio else ends


def text(mean: float, low: float, high: float, is_ratio: bool) -> str:
    """Return ``0.944 ± 0.035``, with two digits of the half-width, or ``0.62 (0.54 to 0.71)`` of a ratio."""
    if is_ratio:
        return f"{mean:.2g} ({low:.2g} to {high:.2g})"
    half = (high - low) / 2
    digits = min(4, max(0, 1 - floor(log10(half or 1e-9))))
    return f"{mean:.{digits}f} ± {half:.{digits}f}".replace("-", "−")


def lines() -> list[Line]:
    """Return every test that was published as refuted and is computed here."""
    values = defaultdict(list)
    for (claim, test, _), value in table().items():
        values[claim, test].append(float(value))
    with EFFECTS.open(encoding="utf8", newline="") as file:
        refuted = [row for row in csv.DictReader(file) if row["verdict"] == "refuted"]
    return [
        _line(row, values[row["id"], row["test"]])
        for row in refuted
        if (row["id"], row["test"]) in values
    ]


def _line(row: dict[str, str], values: list[float]) -> Line:
    is_ratio = row["scale"] == "ratio"
    mean, low, high = interval(values, is_ratio)
    lowest, highest = (float(row[f"threshold_{end}"] or "nan") for end in ("low", "high"))
    published = text(*(float(row[end]) for end in ("estimate", "low", "high")), is_ratio)
    outside = high < lowest or low > highest
    return Line(
        *(row["id"], row["region"], row["rule"], published),
        *(text(mean, low, high, is_ratio), len(values), outside),
    )


def table() -> dict[tuple[str, str, str], str]:
    """Return each computed value by its claim, test and replicate."""
    with COMPUTED.open(encoding="utf8", newline="") as file:
        return {
            (row["claim"], row["test"], row["replicate"]): row["value"]
            for row in csv.DictReader(file)
        }


def computations() -> list[Callable[[Path], Iterator[tuple[str, int, list[float]]]]]:
    """Return what can be computed here: claim, test and a value for each seed."""
    if find_spec("torch") is None:
        return [start.before_training]
    import torch

    torch.set_num_threads(1)
    import perceptrons
    import rates
    import streams

    return [
        start.before_training,
        *(c for m in (perceptrons, rates, streams) for c in m.COMPUTATIONS),
    ]


def compute(data: Path) -> None:
    """Compute the claims anew, in the place of what the table has of them."""
    rows = table()
    for computation in computations():
        for claim, test, values in computation(data):
            rows = {key: value for key, value in rows.items() if key[:2] != (claim, str(test))}
            rows |= {(claim, str(test), str(i)): f"{value:.6g}" for i, value in enumerate(values)}
            with COMPUTED.open("w", encoding="utf8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(["claim", "test", "replicate", "value"])
                writer.writerows([*key, value] for key, value in rows.items())


def main() -> None:
    """Print a line for each test, after computing anew if data are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder with mnist and fashion-mnist; none: print alone"
    )
    if data := parser.parse_args().data:
        compute(data)
    print(*lines(), sep="\n")


if __name__ == "__main__":
    main()
