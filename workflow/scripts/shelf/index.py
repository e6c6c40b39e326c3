"""The index of the shelf, ``cards/README.md``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bnlab.card.tables import words
from bnlab.study.card import Card, Outcome, Property, Value
from shelf.declaration import Entry, Family, Shelf
from shelf.measure import TABLES, Record, Records

NONE = "–"
INTRODUCTION = """\
# The shelf

One card for each normalization layer that ships in these frameworks, and for those of bnlab. Every cell is measured on
the layer itself by `make cards`, at the defaults of its framework and the options of [one list](shelf.yaml).
[How to add one](../docs/how-to/score.md).

“Yes” is a change below 10⁻⁹, “nearly” one below 1 %. A dash is a property that the layer does not have. “error” means
that the layer raises one. Each card has the values on rows, images and tokens, and says what its words mean. All layers
run in float64 unless a line says otherwise, through the adapter of bnlab. Times are processor times with bnlab around
the layer, and no benchmark of a framework.
"""


def page(shelf: Shelf, cards: Mapping[str, Card], records: Records) -> str:
    """Return the index in Markdown."""
    parts = [INTRODUCTION]
    for family in shelf.families:
        columns = [(each, cards[each.name]) for each in family.cards if each.name in cards]
        if columns:
            parts.append("\n".join(_family(shelf, family, columns)))
    for name in TABLES:
        if columns_of := records.get(name):
            parts.append("\n".join(_table(name, columns_of)))
    parts.append(_foot(cards.values()))
    return "\n".join(parts)


def _family(shelf: Shelf, family: Family, columns: Sequence[tuple[Entry, Card]]) -> Iterator[str]:
    heads = [f"[{_label(entry, columns)}]({entry.name}/README.md)" for entry, _ in columns]
    yield f"## {family.title}\n"
    yield from _head(["", *heads])
    kinds = [_kind(family.kind, card) for _, card in columns]
    if set(kinds) != {family.kind}:
        yield _line(["measured on", *kinds])
    for key in shelf.lines:
        properties = [_property(card, key) for _, card in columns]
        values = [
            each.values.get(k) if each else None for each, k in zip(properties, kinds, strict=True)
        ]
        first = next((each for each in properties if each), None)
        if first and any(value is not None for value in values):
            yield _line([_title(first), *(words(first, value) for value in values)])
    yield from _trained([card for _, card in columns])
    yield _line(["tried inputs that break it", *(str(len(card.breaks)) for _, card in columns)])
    versions = [_version(shelf, entry, card) for entry, card in columns]
    yield _line(["version", *versions])
    yield _line(["date", *(card.date for _, card in columns)])
    yield ""


def _table(name: str, columns: Mapping[str, Record]) -> Iterator[str]:
    table = TABLES[name]
    yield f"## {table.title}\n\n{table.text}\n"
    yield from _head(["", *columns])
    for key, line in table.lines.items():
        yield _line([line, *(_number(each.values.get(key)) for each in columns.values())])
    yield _line(["version", *(each.version for each in columns.values())])
    yield _line(["date", *(each.date for each in columns.values())])
    yield ""


def _trained(cards: Sequence[Card]) -> Iterator[str]:
    """Yield a line for each setting in which one of the layers was trained."""
    of = [{each.title: each for each in card.trainings} for card in cards]
    titles = {each.title for own in of for each in own.values() if each.unit == "accuracy"}
    for title in sorted(titles):
        outcomes = [own[title].layer if title in own else None for own in of]
        yield _line([f"accuracy, %: {title}", *map(_percent, outcomes)])


def _percent(outcome: Outcome | None) -> str:
    if outcome is None or outcome.value is None:
        return NONE
    return f"{100 * outcome.value:.1f}"


def _foot(cards: Collection[Card]) -> str:
    versions: dict[str, set[str]] = {}
    for card in cards:
        for package, version in card.versions.items():
            versions.setdefault(package, set()).add(version)
    named = (f"{package} {', '.join(sorted(each))}" for package, each in sorted(versions.items()))
    processors = sorted({card.processor for card in cards} - {""})
    return f"Measured with {'; '.join(named)}, on {', '.join(processors)}.\n"


def _label(entry: Entry, columns: Sequence[tuple[Entry, Card]]) -> str:
    """Return the framework, or the class with its options where a framework has two columns."""
    frameworks = [each.framework for each, _ in columns]
    alike = len({*frameworks}) == len(frameworks)
    return entry.framework if alike else entry.text.rpartition(":")[2]


def _kind(kind: str, card: Card) -> str:
    return kind if kind in card.inputs else next(iter(card.inputs))


def _version(shelf: Shelf, entry: Entry, card: Card) -> str:
    package = shelf.frameworks[entry.framework]
    return f"{package} {card.versions.get(package, '')}".strip()


def _property(card: Card, key: str) -> Property | None:
    return next((each for each in card.properties if each.key == key), None)


def _title(of: Property) -> str:
    """Return the property in words that need no heading."""
    return f"influence of {of.title}" if of.unit == "influence" else of.title


def _number(value: Value) -> str:
    if value is None:
        return NONE
    return value if isinstance(value, str) else f"{value:.3g}"


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _line(cells)
    yield "|" + " --- |" * len(cells)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
