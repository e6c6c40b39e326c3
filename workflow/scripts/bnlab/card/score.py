"""`bnlab score`: the card of a normalizer as files."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple, NoReturn, Self

from pydantic import ValidationError

from bnlab import lazy
from bnlab.card import comparison, formats, measure
from bnlab.card.page import page
from bnlab.files import as_json, save_source
from bnlab.same import side
from bnlab.study.card import Card

SIZES = ("quick", "properties")
"""Options for less than the full card."""
USAGE = """usage: bnlab score my_norms.py:MyNorm p=1 [--quick | --properties] [--compare other.json]
       bnlab score scorecard.json --compare other.json"""
UNUSABLE = 2
"""Exit status of a command line that asks for nothing that can be done."""


class Command(NamedTuple):
    """A class with its options, or a scorecard.json; trainings; and the scorecard.json of another card, if any."""

    words: list[str]
    size: str
    other: str | None


def command(arguments: Sequence[str]) -> Command | None:
    """Return what a command line asks for, None where it cannot be understood."""
    words, size, other = [], "full", None
    left = iter(arguments)
    for word in left:
        name = word.removeprefix("--")
        if name == word:
            words.append(word)
        elif name in SIZES and size == "full":
            size = name
        elif name == "compare" and other is None and (other := next(left, None)):
            continue
        else:
            return None
    return Command(words, size, other) if words and "=" not in words[0] else None


def main(arguments: Sequence[str]) -> None:
    """Write the card of the class on the command line.

    The process ends with 0 where no input breaks the layer, with 1 where one does or the layer cannot be used, and with
    2 where the command cannot be understood or a file not be read. A difference from another card changes none of that.
    """
    asked = command(arguments)
    if asked is None:
        _end(USAGE)
    other = _read(asked.other) if asked.other else None
    here = Path.cwd()  # a layer may leave the folder
    if asked.words[0].endswith(".json"):
        card, place = _read(asked.words[0]), Path(asked.words[0]).parent
        texts = {}
    else:
        card = _measured(asked)
        place, texts = folder(card), files(card)
        print(formats.markdown(card))
    if other:
        texts |= comparison.files(card, other)
        print(texts["comparison.md"])
    for name, text in texts.items():
        save_source(here / place / name, text)
    if texts:
        print(f"Written to {place}: {', '.join(texts)}.")
    sys.exit("\n".join(card.breaks) or None)


def folder(card: Card) -> Path:
    """Return the folder of the files of a layer, which its class and options name."""
    name = formats.title(card).rpartition(":")[2]
    return Path("scorecard_" + re.sub(r"[^a-z0-9_.-]+", "_", name.lower()))


def files(card: Card) -> dict[str, str]:
    """Return the text of each file of a card, by name."""
    return {
        "scorecard.json": as_json(card.model_dump()),
        "card.md": formats.markdown(card),
        "card.html": page(card),
        "badge.svg": formats.badge(card),
    }


def _measured(asked: Command) -> Card:
    """Return the card of a class, or end the process with a sentence."""
    # A layer may print, and the card is printed next.
    with Progress() as progress, redirect_stdout(sys.stderr):
        progress.show(0, "imports")
        lazy.load("3")  # it says of float16 that some processors have none
        try:
            layer = side(asked.words)
        except ValueError as error:
            _end(f"{error}")
        try:
            return measure.card(layer, asked.size, progress.show)
        except ValueError as error:
            sys.exit(f"{error}")


def _read(path: str) -> Card:
    """Return the card of a scorecard.json, or end the process with a sentence."""
    try:
        return Card.model_validate_json(Path(path).read_bytes())
    except OSError:
        _end(f"{path} cannot be read.")
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        _end(
            f"{path} is no card of version 1{f': {where}' * bool(where)} (bnlab score writes one, scorecard.json)."
        )


def _end(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(UNUSABLE)


class Progress:
    """Share of a measurement that is done and time left: one line of a terminal, else a line for each part."""

    def __init__(self) -> None:
        self.started, self.part = time.monotonic(), ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the line of a terminal, where the card is printed next."""
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def show(self, share: float, part: str) -> None:
        """Print the share that is done and what comes next."""
        now = time.monotonic()
        if not share:  # imports say nothing of the rest
            self.started = now
        spent = now - self.started
        left = f", {_duration(spent * (1 - share) / share)} left" if share else ""
        line = f"{share:4.0%} done{left}: {part}"
        if sys.stderr.isatty():
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
        elif part != self.part:
            print(line, file=sys.stderr, flush=True)
        self.part = part


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
