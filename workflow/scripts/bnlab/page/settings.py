"""Settings and titles of recipes as a reader writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bnlab.page.phrases import listed, minus, written_out
from bnlab.study.recipes import Recipe
from bnlab.study.section import unique


def recipe_title(recipe: Mapping[str, Any]) -> str:
    """Return the title of a recipe, such as ``learning rate 0.01, 50,000 steps``."""
    reference = recipe["learning_rate_reference_batch"]
    rate = f"learning rate {written_out(recipe['learning_rate'])}"
    if reference:
        rate += f" at batch {reference} and proportional to it"
    if recipe.get("schedule"):
        rate += f", {schedule_in_words(recipe['schedule'])}"
    (budget,) = (_amount(n, unit) for unit, n in recipe["budget"].items() if n)
    return f"{rate}, {budget}"


def schedule_in_words(schedule: Mapping[str, Any]) -> str:
    """Return a schedule as a reader writes it, such as ``a warm-up of 10 %, then a cosine to 0``."""
    parts = []
    if schedule.get("warm_up"):
        parts.append(f"a warm-up of {_length(schedule['warm_up'])}")
    if cosine := schedule.get("cosine"):
        parts.append(f"a cosine to {setting(cosine['to'])}")
    if step := schedule.get("step"):
        after = " and ".join(_length(at) for at in step["at"])
        parts.append(f"times {setting(step['factor'])} after {after}")
    if exponential := schedule.get("exponential"):
        parts.append(f"times {setting(exponential['factor'])} in each step")
    of = f", for {setting(schedule['of'])} alone" if schedule.get("of") else ""
    return ", then ".join(parts) + of


def trainer_in_words(recipe: Recipe) -> str:
    """Return what a recipe is trained by, as ``Adam`` or ``gradient descent with momentum and weight decay``."""
    descent = recipe.optimizer.sgd
    parts = {
        "momentum": descent and descent.momentum,
        "weight decay": any((recipe.weight_decay or {}).values()),
        "a schedule": recipe.schedule,
    }
    more = [words for words, has in parts.items() if has]
    name = "Adam" if descent is None else "gradient descent" if more else "plain gradient descent"
    return f"{name} with {listed(more)}" if more else name


def _length(size: float) -> str:
    """Return a size in steps, or its share of all of them."""
    return (
        _amount(size, "steps") if isinstance(size, int) else f"{setting(100 * size)} % of all steps"
    )


def differences(recipes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the settings in which recipes differ, a text for each, such as ``replicates 3``."""
    each = [settings_of(recipe) for recipe in recipes]
    names = unique(name for settings in each for name in settings)
    differing = [name for name in names if any(s.get(name) != each[0].get(name) for s in each)]
    return [
        ", ".join(f"{name.replace('_', ' ')} {setting(s.get(name))}" for name in differing)
        for s in each
    ]


def settings_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe that are not left out, those of its network under the network's name."""
    ((network, settings),) = recipe["network"].items()
    own = {k: v for k, v in recipe.items() if k != "network" and v is not None}
    for name in {"rates", "weight_decay"} & own.keys():
        own[name] = ", ".join(f"{setting(v)} for {k}" for k, v in own[name].items())
    if isinstance(own.get("optimizer"), Mapping):
        ((optimizer, more),) = own["optimizer"].items()
        each = (f"{k.replace('_', ' ')} {setting(v)}" for k, v in more.items())
        own["optimizer"] = f"{optimizer} with {', '.join(each)}"
    if "schedule" in own:
        own["schedule"] = schedule_in_words(own["schedule"])
    return {network: settings} | own


def setting(value: Any) -> str:
    """Return a setting as a reader writes it: sizes with ×, mappings as amounts, None as a dash, a true minus."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(_amount(v, k.replace("_", " ")) for k, v in value.items() if v is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        between = ", " if any(isinstance(each, str) for each in value) else " × "
        return between.join(map(setting, value)) or "–"
    if isinstance(value, float):
        return minus(written_out(value, 12))
    return minus(f"{value:,}") if isinstance(value, int) else str(value)


def _amount(value: Any, plural: str) -> str:
    """Return ``1 epoch`` or ``50,000 steps``."""
    return f"{setting(value)} {plural.removesuffix('s') if value == 1 else plural}"
