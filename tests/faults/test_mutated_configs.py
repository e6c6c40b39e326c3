"""A mistake anywhere in a config or a ledger is a sentence with its place, and never a traceback."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from mutation import Place, mutated
from project import CHECKOUT, SMOKE

from bnlab.study import families, training, validation
from bnlab.study.ledger_validation import load_ledger
from bnlab.study.locations import ConfigError, overlaid

CONFIG = overlaid([CHECKOUT / "config.yaml", CHECKOUT / SMOKE])
LEDGER = yaml.safe_load((CHECKOUT / "workflow" / "claims.yaml").read_text("utf8"))
SHORT, LONG = 15, 1500
"""Mutated files of each kind in the suite, and of ``make faults``."""


def use_config(file: Path) -> None:
    """Do with a config what a dry run does."""
    study = validation.load(overlaid([file]), [file])
    training.jobs(study, families.of_recipes(overlaid([file])["recipes"]))
    for run in study.all_runs():
        study.folder(run)
    study.figures(), study.tables()


def use_ledger(file: Path) -> None:
    load_ledger(file, CONFIG)


@pytest.mark.parametrize(("content", "use"), [(CONFIG, use_config), (LEDGER, use_ledger)])
def test_a_mutated_file_is_read_or_refused_in_sentences(
    content: Any, use: Callable[[Path], None], tmp_path: Path, many: bool
) -> None:
    file, refused, wrong = tmp_path / "config.yaml", 0, []
    for seed in range(LONG if many else SHORT):
        text = yaml.dump(
            mutated(content, seed, most=1 + seed % 3), Dumper=yaml.SafeDumper, sort_keys=False
        )
        file.write_text(text, encoding="utf8")
        try:
            use(file)
        except ConfigError as error:
            refused += 1
            if not str(error).startswith(str(file)):
                wrong.append(f"{seed}: {str(error)[:200]}")
        except Exception as error:
            wrong.append(f"{seed}: {type(error).__name__}: {error}")
    assert wrong == []
    assert refused > 0
    print(f"{use.__name__}: {refused} refused")


@pytest.mark.parametrize("odd", [["bn"], {"a": 1}, [], None, 7])
@pytest.mark.parametrize(
    ("content", "use", "place"),
    [
        (CONFIG, use_config, ("only", 0)),
        (CONFIG, use_config, ("recipes", "smoke", "probes", 0)),
        (LEDGER, use_ledger, ("findings", 0)),
        (LEDGER, use_ledger, ("front", "picture", "methods", 0)),
    ],
)
def test_a_value_in_the_place_of_a_name_is_a_sentence(
    content: Any, use: Callable[[Path], None], place: Place, odd: Any, tmp_path: Path
) -> None:
    changed = copy.deepcopy(content)
    parent = functools.reduce(lambda value, key: value[key], place[:-1], changed)
    parent[place[-1]] = odd
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf8")
    with pytest.raises(ConfigError, match=r"file\.yaml:\d+: "):
        use(file)


def test_a_key_without_a_name_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(yaml.safe_dump({**CONFIG, None: 1}, sort_keys=False), encoding="utf8")
    with pytest.raises(ConfigError, match=r"file\.yaml:1: None: "):
        use_config(file)
