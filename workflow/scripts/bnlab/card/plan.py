"""Plan of the trainings of a card: data, settings, tables and references, from ``trainings.yaml``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bnlab.card.outcomes import Trained
from bnlab.data import preprocessing, sources
from bnlab.networks.block import Method
from bnlab.study.datasets import settings
from bnlab.study.registry import find
from bnlab.training.settings import Split, aligned

PLAN = Path(__file__).with_name("trainings.yaml")
REFERENCES = Path(__file__).with_name("references.json")
NONE = "none"
"""Name of the reference without a normalizer."""


@cache
def plan() -> dict[str, Any]:
    """Return the plan."""
    content: dict[str, Any] = yaml.safe_load(PLAN.read_text("utf8"))
    return content


def settings_of(size: str) -> list[str]:
    """Return the settings of a card, ``quick`` or ``full``, each once, in the order of the plan."""
    used = {key for table in plan()["cards"][size] for key in table["settings"]}
    return [key for key in plan()["settings"] if key in used]


@cache
def references() -> dict[str, dict[str, Trained]]:
    """Return the references that ship, by name and setting."""
    known = json.loads(REFERENCES.read_text("utf8"))
    return {
        name: {key: Trained.model_validate(values) for key, values in of_settings.items()}
        for name, of_settings in known.items()
    }


def method_of(about: dict[str, Any]) -> Method:
    """Return the method of a reference: ``kernel``, ``normalizer`` and its ``options``, each of which may lack."""
    classes = {
        kind: find(kind, about[kind]).load() for kind in ("kernel", "normalizer") if kind in about
    }
    return Method(**classes, options=about.get("options", {}))


@cache
def split() -> Split:
    """Return the parts of the data, images of one channel."""
    about = settings(plan()["data"])
    arrays, _ = preprocessing.preprocess(
        sources.read(about), about["split"], about["scaling"], about["shape"]["image"]
    )
    return Split(**{name: aligned(array) for name, array in arrays.items()})


def scale(keys: Sequence[str]) -> str:
    """Return the heading of trainings in these settings, with their scale."""
    data, steps = plan()["data"], [plan()["settings"][key]["steps"] for key in keys]
    return (
        f"Small networks, {min(steps)} to {max(steps)} steps on {data['shape']['rows']:,} images of "
        f"{data['label']}: elsewhere the order may be another"
    )
