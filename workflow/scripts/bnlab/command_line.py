"""Mistakes on Snakemake's command line, told in a sentence."""

from __future__ import annotations

import logging
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

import yaml

from bnlab.study.locations import ConfigError, read_yaml
from bnlab.study.messages import unknown

CONFIGS = ("--configfile", "--configfiles")
SUFFIXES = (".yaml", ".yml", ".json")
BUILT_IN = ("local", "dryrun", "touch")
MANY = 1_000
"""Files that one option takes, at most."""


def check(arguments: Sequence[str]) -> None:
    """End the program with a sentence where Snakemake would end in a traceback.

    ``profiles/default/config.yaml`` calls it, the first file of a workflow that Snakemake reads.
    """
    for problem in problems(arguments):
        sys.exit(problem)


def problems(arguments: Sequence[str]) -> Iterator[str]:
    """Yield targets and missing files in the place of overlays, and executors without their plugin."""
    given = list(_values(arguments, CONFIGS))
    files = [name for name in given if Path(name).is_file()]
    for name in given:
        if Path(name).is_file():
            yield from _unreadable(Path(name))
            continue
        if Path(name).is_dir():
            yield f"{name} is a folder, and --configfile takes YAML files."
        elif name.endswith(SUFFIXES):
            near = [str(file) for file in Path(name).parent.glob("*.yaml")]
            yield unknown("overlay", name, sorted(near))
        else:
            rest = [each for each in arguments if each != name]
            command = shlex.join(["snakemake", name, *rest])
            yield (
                f"{name} is no file. --configfile takes all that follows it for overlays, so targets go before it"
                + (f": {command}" if files else ".")
            )
    executors = [*_values(arguments, ("--executor", "-e"), 1), *_of_profiles(arguments)]
    for name in executors:
        plugin = f"snakemake_executor_plugin_{name.replace('-', '_')}"
        if name not in BUILT_IN and find_spec(plugin) is None:
            yield (
                f"The executor {name} is a plugin that is not installed. Type once {sys.executable} -m pip install "
                f"{plugin.replace('_', '-')}, and then the same command again."
            )


def _unreadable(file: Path) -> Iterator[str]:
    """Yield the problem of an overlay that is no YAML or no mapping, of which Snakemake names no file or line."""
    try:
        content = read_yaml(file)
    except ConfigError as error:
        yield f"{error}"
        return
    if not isinstance(content, Mapping):
        yield f"{file} holds no keys (an overlay begins with a line such as `study: mine`)."


def _of_profiles(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the executors that profiles on the command line name."""
    for name in _values(arguments, ("--profile",), 1):
        file = Path(name, "config.yaml")
        if file.is_file() and (settings := yaml.safe_load(file.read_text("utf8"))):
            yield from [settings["executor"]] if "executor" in settings else []


def _values(arguments: Sequence[str], options: Iterable[str], most: int = MANY) -> Iterator[str]:
    """Yield what follows these options up to the next option, at most so many, or stands behind their equals sign."""
    left = 0
    for each in arguments:
        name, equals, value = each.partition("=")
        if each.startswith("-"):
            left = most if name in options and not equals else 0
            if name in options and equals:
                yield value
        elif left:
            left -= 1
            yield each


class TargetsNamed(logging.Filter):
    """Snakemake's messages, with the targets of a study where a target or rule has none of its names.

    Args:
        targets: names that a user may type.
        rules: names of all rules, which options such as ``--forcerun`` take too.
    """

    def __init__(self, targets: Iterable[str], rules: Iterable[str]):
        super().__init__()
        self.targets, self.rules = sorted(targets), list(rules)

    def filter(self, record: logging.LogRecord) -> bool:
        if match := re.search(r"No rule to produce (\S+) \(", str(record.msg)):
            record.msg = self._sentence(match[1])
        return True

    def _sentence(self, name: str) -> str:
        if name.endswith(SUFFIXES) and Path(name).is_file():
            return f"{name} is no target. Overlays come after --configfile, and targets before it."
        study = Path("workflow/studies", f"{name}.yaml")
        if study.is_file():
            return f"'{name}' is a study and no target: snakemake --configfile {study}"
        if "/" in name:
            return (
                f"No rule makes the file {name}. Files of a study are in results/<study> and reports/<study>, and "
                "--configfile says which study it is."
            )
        near = get_close_matches(name, [*self.targets, *self.rules], n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"unknown target '{name}'{hint} (targets of this study: {', '.join(self.targets)})"
