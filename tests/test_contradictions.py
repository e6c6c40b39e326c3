"""Contradictions of papers are found again by code that shares nothing with the laboratory (tests/contradictions)."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.datasets import load_digits

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "contradictions"
OWN = {file.stem for file in FOLDER.glob("*.py")}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch):
    """The module of claims on networks before training."""
    monkeypatch.syspath_prepend(FOLDER)
    import start

    return start


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """The lines of the program, one for each test."""
    command = [sys.executable, FOLDER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_nothing_of_the_laboratory_takes_part():
    names = set()
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
            if isinstance(node, ast.ImportFrom):
                names.add(str(node.module))
            elif isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
    allowed = {*sys.stdlib_module_names, "numpy", "scipy", "torch", *OWN}
    assert {name.partition(".")[0] for name in names} <= allowed


def test_the_ledger_says_what_is_computed_again_and_what_is_then_not_refuted(printed):
    text = (ROOT / "workflow" / "primary_claims.yaml").read_text(encoding="utf8")
    claims = {claim["id"]: claim for claim in yaml.safe_load(text)["claims"]}
    assert len(printed) >= 6
    for line in printed:
        claim = claims[line.partition(":")[0]]
        again = re.findall(r"again (.*) of \d+ seeds", line)
        assert again[0] in claim["second"]
        assert line.endswith(": refuted again") or "decides nothing" in claim["second"], line


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "linear"])
def test_gradients_by_hand_are_differences_of_the_loss(start, activation, axis):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(12, 7)), rng.integers(0, 10, 12)
    layers = start.draw(rng, 7, 3)
    _, _, by_layers, _ = start.passes(layers, x, y, activation, axis)
    for layer, gradients in zip(layers, by_layers, strict=True):
        for values, gradient in zip(layer, gradients, strict=True):
            place = tuple(rng.integers(0, size) for size in values.shape)
            losses = []
            for step in (1e-6, -1e-6):
                values[place] += step
                losses.append(start.passes(layers, x, y, activation, axis)[3])
                values[place] -= step
            assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(
                gradient[place], rel=1e-4, abs=1e-8
            )


def test_what_refutes_claims_on_networks_before_training_is_there_on_digits_too(start):
    x, y = load_digits(return_X_y=True)
    rows = start.Rows(*[(x / 16, y)] * 3)

    def mean(measure, *settings):
        return np.mean([measure(rows, seed, *settings) for seed in range(8)])

    assert mean(start.growth, "tanh") > 1.104 and mean(start.growth, "sigmoid") > 1.036
    assert mean(start.range_left) > 0.5
    assert mean(start.rank) < 10
    assert mean(start.likeness, "relu") > 0.5 and mean(start.likeness, "sigmoid") > 0.5
    assert mean(start.shattering) > -0.8
