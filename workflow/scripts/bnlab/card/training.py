"""Training of a method in the settings of a card, at each rate of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from bnlab.analysis.tidy import guess
from bnlab.card.outcomes import OF_A_SETTING, OF_SIZES, Trained, sensitivity
from bnlab.card.plan import NONE, plan, references, split
from bnlab.networks import loading
from bnlab.networks.block import Method
from bnlab.study.card import Outcome, Training
from bnlab.study.registry import find
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings

SEED = 1


def trained(setting: Mapping[str, Any], method: Method, step: Callable[[], None]) -> Trained:
    """Train a method at each rate of a setting, and judge it on test rows at the rate of the best validation accuracy.

    A replicate that diverges has the accuracy of a guess.

    Args:
        setting: an entry of ``settings`` in the plan.
        method: the method.
        step: called after each rate.
    """
    chance, _ = guess(np.bincount(split().y_test).tolist())
    run, parts = _run(setting, setting["rates"][0], method, None), []
    first = _first_losses(run)
    for rate in setting["rates"]:
        run = _run(setting, rate, method, run)
        parts.append(_last(run))
        step()
    validation, test, losses = (np.array(part) for part in zip(*parts, strict=True))
    validation, test = (np.nan_to_num(part, nan=chance) for part in (validation, test))
    best = int(np.argmax(validation.mean(axis=1)))
    return Trained(
        accuracy=test[best].tolist(),
        by_rate=test.mean(axis=1).tolist(),
        sensitivity=sensitivity(losses, first).tolist(),
        rate=setting["rates"][best],
        at_end=best in (0, len(parts) - 1),
    )


def outcomes(size: str, own: Mapping[str, Trained], stopped: Collection[str]) -> list[Training]:
    """Return the columns of the tables of a card, beside the references.

    Args:
        size: ``quick`` or ``full``.
        own: the layer in the settings in which it was trained.
        stopped: settings in which it stopped with an error. One in neither has no column.
    """
    found = []
    for table in plan()["cards"][size]:
        tried = [key for key in table["settings"] if key in own or key in stopped]
        if table["shows"] in OF_A_SETTING:
            found += [_of_one(table, key, own) for key in tried]
        elif tried:
            found.append(_of_sizes(table, own))
    return found


def _of_one(table: Mapping[str, Any], key: str, own: Mapping[str, Trained]) -> Training:
    shows = table["shows"]
    outcome = OF_A_SETTING[shows]
    return Training(
        key=key if shows == "accuracy" else f"{shows}_{key}",
        under=table["under"],
        title=plan()["settings"][key]["title"],
        unit="accuracy" if shows == "accuracy" else "loss",
        rates=plan()["settings"][key]["rates"],
        layer=outcome(own[key]) if key in own else None,
        references={name: outcome(known[key]) for name, known in references().items()},
    )


def _of_sizes(table: Mapping[str, Any], own: Mapping[str, Trained]) -> Training:
    keys, none = table["settings"], references()[NONE]
    sizes = [plan()["settings"][key][table["size"]] for key in keys]

    def outcome(method: Mapping[str, Trained]) -> Outcome:
        return OF_SIZES[table["shows"]](
            sizes, [method[key] for key in keys], [none[key] for key in keys]
        )

    return Training(
        key=table["shows"],
        under=table["under"],
        title=table["title"],
        unit="size",
        layer=outcome(own) if {*keys} <= {*own} else None,
        references={name: outcome(known) for name, known in references().items()},
    )


def _run(setting: Mapping[str, Any], rate: float, method: Method, before: Run | None) -> Run:
    """Return a run at a rate; ``before`` is that of another rate, whose programs it takes."""
    ((name, sizes),) = setting["network"].items()
    own = Settings(
        activation="relu",
        initializer=setting.get("initializer", "he_normal"),
        learning_rate=rate,
        steps=setting["steps"],
        first_epoch=0,
        later=1,
        shuffle=setting.get("shuffle", True),
        optimizer=setting.get("optimizer", {"sgd": {}}),
    )
    sizes = sizes * setting["layers"] if "layers" in setting else sizes
    network = loading.network(find("network", name).path, sizes)
    return Run(split(), network, method, own, setting["batch"], SEED, {}, before)


def _last(run: Run) -> tuple[np.ndarray, ...]:
    """Train a run, and return each replicate's last validation accuracy, test accuracy and test loss."""
    history = train(run, plan()["replicates"]).history
    last = history[(history["step"] == run.settings.steps) & (history["statistics"] == "moving")]
    validation, test = (last[last["split"] == part] for part in ("validation", "test"))
    columns = validation["accuracy"], test["accuracy"], test["loss"]
    return tuple(column.to_numpy(float) for column in columns)


def _first_losses(run: Run) -> np.ndarray:
    """Return the test loss of each replicate before training."""
    losses = []
    for replicate in range(plan()["replicates"]):
        parameters, state, *_ = run.start(replicate)
        blocks = run.evaluator.all
        scores = run.evaluator.scores(
            run.evaluator.logits(parameters, state, blocks), blocks, "moving"
        )
        losses += [row["loss"] for row in scores if row["split"] == "test"]
    return np.array(losses)
