"""Quick trainings of a card: accuracy at the best of a few rates, in a few settings, beside methods that ship."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bnlab.analysis.statistics import mean_interval, within
from bnlab.analysis.tidy import guess
from bnlab.data import preprocessing, sources
from bnlab.files import as_json, save_source
from bnlab.networks import loading
from bnlab.networks.block import Method
from bnlab.same import Side
from bnlab.study.card import Accuracy, Training
from bnlab.study.datasets import settings
from bnlab.study.registry import find
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split, aligned

PLAN = Path(__file__).with_name("quick.yaml")
REFERENCES = Path(__file__).with_name("references.json")
SEED = 1


def trainings(own: Side, progress: Callable[[float], None]) -> list[Training]:
    """Return the accuracy of a layer in each setting of ``quick.yaml``, beside the references.

    Args:
        own: the class with its options.
        progress: called with the share that is done.
    """
    plan = yaml.safe_load(PLAN.read_text("utf8"))
    method = Method(normalizer=own.reference.load(), options=own.options)
    known = json.loads(REFERENCES.read_text("utf8"))
    measured = accuracies(plan, method, progress)
    return [
        Training(
            key=key,
            title=setting["title"],
            accuracy=measured[key],
            references={
                name: Accuracy.model_validate(values[key]) for name, values in known.items()
            },
        )
        for key, setting in plan["trainings"].items()
    ]


def scale() -> str:
    """Return the sentences on how much was trained."""
    plan = yaml.safe_load(PLAN.read_text("utf8"))
    data, rates = plan["data"], len(plan["rates"])
    return (
        f"Means of {plan['replicates']} replicates on {data['shape']['rows']:,} {data['label']} with 95 % intervals, "
        f"each method at its best of {rates} rates. Where that is the first or last one, a better one may lie beyond. "
        "A replicate that diverged counts as one that guesses. Larger networks and other data may have another order."
    )


def accuracies(
    plan: Mapping[str, Any], method: Method, progress: Callable[[float], None]
) -> dict[str, Accuracy]:
    """Return the test accuracy of a method in each setting of a plan, at the rate of the best validation accuracy."""
    split = _split(plan["data"])
    found = {}
    for number, (key, setting) in enumerate(plan["trainings"].items()):
        progress(number / len(plan["trainings"]))
        runs = _runs(setting, plan["rates"], plan["replicates"], method, split)
        best = max(runs, key=lambda rate: float(np.mean(runs[rate]["validation"])))
        mean, low, high, _ = within(mean_interval(runs[best]["test"]), "logit")
        at_end = best in (min(runs), max(runs))
        found[key] = Accuracy(value=mean, low=low, high=high, rate=best, at_end=at_end)
    return found


def write_references() -> None:
    """Train the references of ``quick.yaml`` and write their accuracies."""
    plan = yaml.safe_load(PLAN.read_text("utf8"))
    table = {}
    for name, about in plan["references"].items():
        normalizer = find("normalizer", about["normalizer"]).load() if about else None
        method = Method(normalizer=normalizer, options=about.get("options", {}))
        found = accuracies(plan, method, lambda share: None)
        table[name] = {key: value.model_dump() for key, value in found.items()}
        print(name, {key: round(value.value, 3) for key, value in found.items()}, flush=True)
    save_source(REFERENCES, as_json(table))


def _runs(
    setting: Mapping[str, Any],
    rates: Sequence[float],
    replicates: int,
    method: Method,
    split: Split,
) -> dict[float, dict[str, np.ndarray]]:
    """Return the last accuracy of each replicate on validation and test rows, by rate; one that diverged guesses."""
    ((name, sizes),) = setting["network"].items()
    before, found = None, {}
    chance, _ = guess(np.bincount(split.y_test).tolist())
    for rate in rates:
        own = Settings(
            activation="relu",
            initializer=setting.get("initializer", "he_normal"),
            learning_rate=rate,
            steps=setting["steps"],
            first_epoch=0,
            later=1,
            shuffle=setting.get("shuffle", True),
        )
        network = loading.network(find("network", name).path, sizes)
        before = Run(split, network, method, own, setting["batch"], SEED, {}, before)
        history = train(before, replicates).history
        last = history[(history["step"] == setting["steps"]) & (history["statistics"] == "moving")]
        found[rate] = {
            part: last[last["split"] == part]["accuracy"].fillna(chance).to_numpy(float)
            for part in ("validation", "test")
        }
    return found


def _split(data: Mapping[str, Any]) -> Split:
    """Return the parts of a table of scikit-learn."""
    table, about = sources.read(data), settings(data)
    arrays, _ = preprocessing.preprocess(table, about["split"], about["scaling"])
    return Split(**{name: aligned(array) for name, array in arrays.items()})


if __name__ == "__main__":
    write_references()
