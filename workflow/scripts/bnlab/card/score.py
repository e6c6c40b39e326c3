"""`bnlab score`: the card of a normalizer as files."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bnlab import lazy
from bnlab.card import formats, measure
from bnlab.card.page import page
from bnlab.files import as_json, save_source
from bnlab.same import side
from bnlab.study.card import Card

QUICK = "--quick"
USAGE = f"Name a class: bnlab score my_norms.py:MyNorm p=1 ({QUICK} trains it, too)"


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


def main(arguments: Sequence[str]) -> None:
    """Write the card of the class on the command line; end with 1 where an input breaks it."""
    trains = QUICK in arguments
    arguments = [word for word in arguments if word != QUICK]
    if not arguments or "=" in arguments[0] or any(word.startswith("-") for word in arguments):
        sys.exit(USAGE)
    lazy.load("3")  # it says of float16 that some processors have none
    started = time.monotonic()
    try:
        card = measure.card(
            side(arguments), lambda share: _print_progress(share, started), trains=trains
        )
    except ValueError as error:
        sys.exit(f"{error}")
    place = folder(card)
    for name, text in files(card).items():
        save_source(place / name, text)
    print(formats.markdown(card))
    print(f"{place}/card.html, card.md, scorecard.json and badge.svg are written.")
    sys.exit("\n".join(card.breaks) or None)


def _print_progress(share: float, started: float) -> None:
    """Print the share that is done and the seconds left, on one line of a terminal."""
    if sys.stderr.isatty():
        spent = time.monotonic() - started
        left = f", {spent * (1 - share) / share:.0f} s left" if share else ""
        print(f"\r{share:4.0%} measured{left}   ", end="", file=sys.stderr, flush=True)
