"""Settings and titles of recipes as a reader writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnlab.page.phrases import minus, written_out


def recipe_title(recipe: Mapping[str, Any]) -> str:
    """Return the title of a recipe, such as ``learning rate 0.01, 50,000 steps``."""
    reference = recipe["learning_rate_reference_batch"]
    rate = f"learning rate {written_out(recipe['learning_rate'])}"
    if reference:
        rate += f" at batch {reference} and proportional to it"
    (budget,) = (_amount(n, unit) for unit, n in recipe["budget"].items() if n)
    return f"{rate}, {budget}"


def settings_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe, those of its network under the network's name."""
    ((network, settings),) = recipe["network"].items()
    return {network: settings} | {k: v for k, v in recipe.items() if k != "network"}


def setting(value: Any) -> str:
    """Return a setting as a reader writes it: lists with ×, mappings as amounts, None as a dash, a true minus."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(_amount(v, k.replace("_", " ")) for k, v in value.items() if v is not None)
    if isinstance(value, list | tuple):
        return " × ".join(map(setting, value)) or "–"
    if isinstance(value, float):
        return minus(written_out(value, 12))
    return minus(f"{value:,}") if isinstance(value, int) else str(value)


def _amount(value: Any, plural: str) -> str:
    """Return ``1 epoch`` or ``50,000 steps``."""
    return f"{setting(value)} {plural.removesuffix('s') if value == 1 else plural}"
