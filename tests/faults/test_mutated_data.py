"""A data file that is damaged or odd is read or refused in one sentence that names it, and never a traceback."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openml_server import serve

from bnlab.data import datasets, preprocessing, sources
from bnlab.data.datasets import DataError

SHORT, LONG = 8, 100
"""Mutated files of each format in the suite, and of ``make faults``."""
ROWS = 40
ODD = [
    *(
        "",
        " ",
        "?",
        "NA",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "0x10",
        "1_0",
        "1.5.2",
        "--1",
        "١",
        "TRUE",
    ),
    *("'", '"', "\\", "%", "{", "}", ",", ";", "\t", "\r", "\0", "\u2028", "Ü", "'a", '"a', "a'b"),
    *("2020-01-01", "9" * 400, "a" * 5000, "'it''s'", "{0 1}", "@data", "@attribute x {", "=1+1"),
]
"""Cells in the place of others."""
KINDS = ["?", "i1", "u8", "f2", "f4", "f8", "g", "F", "M8[s]", "m8[D]", "U3", "S3", "V4", "O"]
"""Kinds of arrays in the place of others."""
SPLIT = {"test": 0.2, "test_rows": "stratified", "validation": 0.1}


def frame() -> pd.DataFrame:
    chance = np.random.default_rng(0)
    columns = {
        "a (cm)": chance.normal(size=ROWS),
        "b": chance.integers(0, 9, ROWS),
        "colour": np.array(["red", "dark blue", "it's"])[np.arange(ROWS) % 3],
    }
    return pd.DataFrame(columns).assign(kind=np.array(["yes", "no way"])[np.arange(ROWS) % 2])


def csv() -> bytes:
    return frame().to_csv(index=False).encode()


def arff() -> bytes:
    head = """% made for a test
@relation r
@attribute 'a (cm)' real
@attribute b integer
@attribute colour {red,'dark blue',"it's"}
@attribute kind {yes,'no way'} % the class
@data
"""
    rows = frame().replace({"it's": "'it\\'s'", "dark blue": "'dark blue'", "no way": '"no way"'})
    return (head + "\n".join(",".join(map(str, row)) for row in rows.to_numpy())).encode()


def parquet() -> bytes:
    return frame().assign(kind=pd.Categorical(frame()["kind"])).to_parquet()


def npz(**changes: Any) -> bytes:
    arrays = {
        "x": frame()[["a (cm)", "b"]].to_numpy(),
        "y": np.arange(ROWS) % 2,
        "class_names": ["yes", "no way"],
    }
    stream = io.BytesIO()
    np.savez(stream, **arrays | changes)
    return stream.getvalue()


def idx() -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, ROWS * 4, np.uint8)
    images = bytes([0, 0, 8, 3, 0, 0, 0, ROWS // 2, 0, 0, 0, 2, 0, 0, 0, 2])
    labels = bytes([0, 0, 8, 1, 0, 0, 0, ROWS // 2]) + bytes(range(2)) * (ROWS // 4)
    parts = {}
    for number, part in enumerate(("train", "t10k")):
        half = pixels[number * ROWS * 2 :][: ROWS * 2]
        parts[f"{part}-images-idx3-ubyte"] = images + half.tobytes()
        parts[f"{part}-labels-idx1-ubyte"] = labels
    return parts


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return bytes that are cut, or with others in some places."""
    at, length = chance.randrange(len(content)), chance.choice([1, 1, 4, 64])
    match chance.randrange(6):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + content[at + length :]
        case 2:
            return content[:at] + chance.randbytes(length) + content[at + length :]
        case 3:
            return content[:at] + content[at : at + length] * 3 + content[at + length :]
        case 4:
            return content + chance.randbytes(length)
    flipped = bytearray(content)
    flipped[at] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def edited(content: bytes, chance: random.Random) -> bytes:
    """Return a text in which a line or a cell is another one."""
    lines = content.decode().split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 2:
            lines[at] = chance.choice(ODD)
        case 3:
            cells = lines[at].split(",")
            del cells[chance.randrange(len(cells))]
            lines[at] = ",".join(cells)
        case 4:
            column = chance.randrange(4)
            lines = [
                ",".join(
                    chance.choice(ODD) if k == column else cell
                    for k, cell in enumerate(line.split(","))
                )
                for line in lines
            ]
        case 5:
            cells = lines[at].split(",")
            cells[chance.randrange(len(cells))] = chance.choice(ODD)
            lines[at] = ",".join(cells)
    return chance.choice(["\n", "\n", "\r\n", "\r"]).join(lines).encode()


def other_arrays(chance: random.Random) -> bytes:
    """Return an NPZ file with an array of another kind or shape."""
    shape = chance.choice([(), (0,), (ROWS,), (ROWS, 2), (ROWS, 1), (2, ROWS), (ROWS, 2, 2)])
    kind = chance.choice(KINDS)
    try:
        array = np.zeros(shape, kind) if kind != "O" else np.full(shape, None)
        return npz(**{chance.choice(["x", "y", "class_names", "feature_names", "z"]): array})
    except ValueError:
        return npz()


def mutated(form: str, seed: int) -> bytes:
    """Return the content of a file of a format with one or two changes; equal seeds give equal files."""
    chance = random.Random(seed)
    if form == "npz":
        return other_arrays(chance) if seed % 2 else damaged(npz(), chance)
    if form == "parquet":
        return damaged(parquet(), chance)
    content = csv() if form.startswith("csv") else arff()
    for _ in range(chance.randint(1, 2)):
        content = (damaged if seed % 3 == 0 else edited)(content, chance) if content else b""
        content = content.decode(errors="replace").encode() if seed % 6 else content
    if form != "csv.gz":
        return content
    packed = gzip.compress(content, mtime=0)
    return packed if seed % 2 else damaged(packed, chance)


def use(dataset: Mapping[str, Any], openml: Mapping[str, Any] | None = None) -> None:
    """Do with a data set what the jobs that read and split it do."""
    table = sources.read(dataset, openml)
    with datasets.about(datasets.describe(dataset)):
        sizes = (*table.x.shape, len(table.class_names))
        shape = dict(zip(("rows", "features", "classes"), sizes, strict=True))
        datasets.check(table, shape, missing=dataset["missing"])
        preprocessing.preprocess(
            table, SPLIT, "standardize", missing=dataset["missing"], categories="one_hot"
        )


def outcome(subject: str, dataset: Mapping[str, Any], **openml: str) -> str | None:
    """Return "read", "refused", or what is wrong with what was said."""
    try:
        use(dataset, openml)
    except DataError as error:
        message = str(error)
        fits = subject in message and len(message.splitlines()) == 1 and len(message) < 1000
        return "refused" if fits else message
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "read"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["csv", "csv.gz", "arff", "parquet", "npz", "idx", "openml"])
def test_a_mutated_data_file_is_read_or_refused_in_a_sentence(
    form: str, tmp_path: Path, many: bool
) -> None:
    outcomes = {}
    for seed in range(LONG if many else SHORT):
        path = tmp_path / f"{seed}.{form}"
        dataset = {"source": "file", "path": str(path), "categories": "one_hot", "target": "kind"}
        dataset["missing"] = "refuse" if seed % 2 else "most_frequent"
        if form == "openml":
            with serve(
                {7: mutated("arff", seed)}, changes={"default_target_attribute": "kind"}
            ) as s:
                dataset |= {"source": "openml", "id": 7}
                said = outcome("data set 7", dataset, server=s.url, cache=str(path))
        elif form == "idx":
            path.mkdir()
            parts, chance = idx(), random.Random(seed)
            name = chance.choice(list(parts))
            for part, content in parts.items():
                (path / part).write_bytes(damaged(content, chance) if part == name else content)
            said = outcome(str(path), dataset)
        else:
            path.write_bytes(mutated(form, seed))
            said = outcome(str(path), dataset)
        outcomes[seed] = said
    wrong = {seed: said for seed, said in outcomes.items() if said not in ("read", "refused")}
    assert wrong == {}
    assert "refused" in outcomes.values()
    print(form, {said: list(outcomes.values()).count(said) for said in ("read", "refused")})
