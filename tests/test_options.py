"""Options of classes of one's own are their arguments, with their types."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlab.study.options import options, parse
from bnlab.study.registry import find
from bnlab.study.sentences import option_problems

BASE = """\
from __future__ import annotations

from dataclasses import dataclass

from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Positive


@dataclass
class Base(Normalizer):
    epsilon: Positive = 1e-5
"""
MINE = """\
from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Literal, Optional, Union

from base import Base
from bnlab.networks.normalizer import Normalizer


@dataclass(kw_only=True)
class Fields(Base):
    kind: Literal["mean", "max"] = "mean"
    centred: bool = True
    groups: Optional[int] = None
    share: Union[float, Literal["all"]] = 0.5
    axes: list[int] = field(default_factory=list)
    start: InitVar[float] = 0.5

    def __post_init__(self, start):
        self.started = start


class Arguments(Normalizer):
    def __init__(self, *, kind: Literal["mean", "max"] = "mean", centred: bool = True,
                 groups: int | None = None, share: float | Literal["all"] = 0.5):
        self.kind = kind


@dataclass(frozen=True)
class Frozen(Normalizer):
    epsilon: float = 1e-5


class Rest(Base):
    def __init__(self, power: int = 1, **others):
        super().__init__(**others)


class Places(Normalizer):
    def __init__(self, *powers):
        self.powers = powers


class First(Normalizer):
    def __init__(self, power, /):
        self.power = power


class Misspelt(Normalizer):
    def __init__(self, power: Postive = 1):
        self.power = power
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "mine.py").write_text(MINE)
    return lambda name: find("normalizer", f"mine.py:{name}").load()


GOOD = {
    "kind": "max",
    "centred": False,
    "groups": None,
    "share": "all",
}
BAD = {
    "kind": ("maximum", "unknown value 'maximum'; did you mean 'max'? (allowed: mean, max)"),
    "centred": ("yes", "'yes' is not true or false"),
    "groups": (1.5, "1.5 is not a whole number"),
}


@pytest.mark.parametrize("name", ["Fields", "Arguments"])
def test_options_of_a_dataclass_and_of_arguments_are_checked_by_their_types(load, name):
    cls = load(name)
    assert list(option_problems((), GOOD, cls)) == []
    cls(**GOOD)
    problems = option_problems((), {option: value for option, (value, _) in BAD.items()}, cls)
    assert {p.key[0]: p.sentence for p in problems} == {o: text for o, (_, text) in BAD.items()}


def test_a_dataclass_has_the_fields_of_its_base_in_another_file_and_defaults_of_factories(load):
    cls = load("Fields")
    assert set(options(cls).model_fields) == {*GOOD, "epsilon", "axes", "start"}
    assert [p.sentence for p in option_problems((), {"epsilon": 0.0}, cls)] == [
        "0.0 is too small (allowed: above 0.0)"
    ]
    assert cls.keeps_averages(**GOOD, start=0.1, axes=[1]) is False


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Frozen", "Frozen is frozen and cannot hold variables; drop frozen=True"),
        ("Rest", r"Rest.__init__ has \*\*others, which no config can set by name; write each"),
        ("Places", r"Places.__init__ has \*powers, which no config can set by name"),
        ("First", r"First.__init__ has power, which no config can set by name"),
        ("Misspelt", "Misspelt.__init__ cannot be read: name 'Postive' is not defined"),
    ],
)
def test_arguments_that_no_config_can_set_are_one_sentence(load, name, sentence):
    with pytest.raises(ValueError, match=sentence):
        options(load(name))


def test_options_on_a_command_line_may_be_numbers_with_an_exponent():
    pairs = ["a=1e-5", "b=-2E3", "c=.5e+1", "d=1.0e-5", "e=e5", "f=true", "g=[1, 2]", "h="]
    expected = {"a": 1e-5, "b": -2000.0, "c": 5.0, "d": 1e-5, "e": "e5", "f": True, "g": [1, 2]}
    assert parse(pairs) == expected | {"h": None}
    with pytest.raises(ValueError, match=r"The value of p, \[1, is no YAML"):
        parse(["p=[1"])
