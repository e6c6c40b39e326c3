"""Measure, write and check the shelf, in the folder of the project.

python -m shelf packages         packages that the cards are measured with, for pip
python -m shelf make [NAME …]    cards that are missing or of another version, or those named, and the index
python -m shelf check [NAME …]   measure a few again, by the week, or those named; 1 where a value moved
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from bnlab import lazy
from bnlab.files import save_source
from bnlab.study.messages import unknown
from shelf import declaration


def main() -> None:
    """Run a command."""
    command, *names = sys.argv[1:] or [""]
    try:
        shelf = declaration.read()
    except ValueError as error:
        sys.exit(f"{error}")
    if command == "packages":
        print(" ".join(f"{name}=={version}" for name, version in shelf.packages.items()))
        return
    if command not in ("make", "check"):
        sys.exit(__doc__)
    lazy.load("3")  # it says of float16 that some processors have none
    from shelf import check, index, measure

    names, known = [_name(each) for each in names], [*shelf.names(), *measure.TABLES]
    for name in names:
        if name not in known:
            sys.exit(unknown("card", name, known))
    if command == "make":
        measure.make(shelf, names)
        save_source(
            declaration.FOLDER / "README.md",
            index.page(shelf, measure.cards(shelf), measure.records()),
        )
        return
    failed = False
    for sentence, is_wrong in check.check(shelf, names, datetime.now(UTC).isocalendar().week):
        print(sentence, flush=True)
        failed |= is_wrong
    sys.exit(failed)


def _name(path: str) -> str:
    """Return the name of a card, of which a file or folder may be given."""
    name = path.strip("/").removeprefix("cards/")
    return name.removesuffix("/scorecard.json").removesuffix("/README.md")


if __name__ == "__main__":
    main()
