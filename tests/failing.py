"""Tidy tables of studies in which training fails, made from those of one in which it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

Sources = Mapping[str, pd.DataFrame]

MEASURED = {
    "percentiles": ["value"],
    "classes": ["auc", "average_precision"],
    "roc": ["tpr"],
    "confusion": ["count"],
    "ensembles": ["accuracy", "best_member", "mean_member", "gain"],
    "covariate_shift": ["relative", "gradient", "shift", "cosine"],
    "output_shift": ["units", "sliced", "units_in_spreads", "sliced_in_spreads"],
    "distributions": ["value"],
    "landscape": ["loss", "gradient", "gradient_change", "distance", "weights"],
    "loss_surface": ["loss"],
    "gradient_flow": ["gradient", "moved", "change"],
    "norms": ["norm"],
    "gradient_noise": ["variance", "length"],
    "signal": ["gradient", "cosine", "rank", "variance"],
    "input_gradients": ["cosine"],
    "stream": ["stream", "added", "gradient"],
    "rotation": ["norm", "angle", "growth", "squares"],
    "curvature": ["eigenvalue", "share", "trace", "trace_error", "weights"],
    "averages": ["accuracy"],
    "corrupted": ["accuracy"],
    "reliability": ["count", "confidence", "right"],
}
"""Columns of each source that are NaN for a replicate that diverged."""


def diverged(table: pd.DataFrame, source: str, rows: pd.Series) -> pd.DataFrame:
    """Return a tidy table in which these rows are of replicates that diverged before the first evaluation."""
    if source == "metrics":
        guess = {"accuracy": 0.1, "loss": table["guess_loss"], "diverged": True, "failed": False}
        changes = {name: table[name].mask(rows, value) for name, value in guess.items()}
        return table.assign(**changes).astype({"diverged": bool, "failed": bool})
    known = [*MEASURED.get(source, []), *({"distance_from_normal"} & {*table})]
    if "diverged" in table:
        table = table.assign(diverged=table["diverged"] | rows)
    return table.assign(**{name: table[name].mask(rows) for name in known})


def at_chance(table: pd.DataFrame, source: str, rows: pd.Series) -> pd.DataFrame:
    """Return a tidy table in which these replicates end at chance, all of them alike."""
    if source == "metrics":
        guess = {"accuracy": 0.1, "loss": table["guess_loss"], "diverged": False, "failed": True}
        changes = {name: table[name].mask(rows, value) for name, value in guess.items()}
        return table.assign(**changes).astype({"diverged": bool, "failed": bool})
    if source == "classes":
        return table.assign(auc=table["auc"].mask(rows, 0.5))
    if source == "roc":
        return table.assign(tpr=table["tpr"].mask(rows, table["fpr"]))
    known = {*MEASURED.get(source, [])} - {"average_precision", "count", "cosine"}
    return table.assign(**{name: table[name].mask(rows, 0.0) for name in known})


def of_methods(how: Callable[..., pd.DataFrame], *methods: str) -> Callable[[Sources], Sources]:
    """Return a function to sources in which all replicates of these methods, of all without any, fail."""

    def fail(sources: Sources) -> Sources:
        return {
            name: how(
                table,
                name,
                table["method"].isin(methods) if methods else pd.Series(True, table.index),
            )
            for name, table in sources.items()
        }

    return fail


def but_one(sources: Sources) -> Sources:
    """Return sources in which one replicate of each method is left."""
    return {
        name: diverged(table, name, table["replicate"] > 0) if "replicate" in table else table
        for name, table in sources.items()
    }


def but_base(sources: Sources) -> Sources:
    """Return sources in which all methods but base diverged."""
    return {
        name: diverged(table, name, table["method"] != "base") for name, table in sources.items()
    }


def one_replicate(sources: Sources) -> Sources:
    """Return sources of a single replicate, and of a single process that times."""
    return {
        name: table[
            table[{"timing": "process"}.get(name, "replicate")].le(1 if name == "timing" else 0)
        ]
        for name, table in sources.items()
    }


def only(*methods: str) -> Callable[[Sources], Sources]:
    """Return a function to sources of these methods alone."""

    def kept(sources: Sources) -> Sources:
        return {name: table[table["method"].isin(methods)] for name, table in sources.items()}

    return kept


def without_base(sources: Sources) -> Sources:
    """Return sources without base."""
    return {name: table[table["method"] != "base"] for name, table in sources.items()}


def without_spread(sources: Sources) -> Sources:
    """Return sources in which all replicates are alike."""
    alike = {}
    for name, table in sources.items():
        each = "process" if name == "timing" else "replicate"
        first = table[table[each] == table[each].min()]
        alike[name] = pd.concat(
            [first.assign(**{each: number}) for number in np.unique(table[each])], ignore_index=True
        )
    return alike


STUDIES: dict[str, Callable[[Sources], Sources]] = {
    "all diverged": of_methods(diverged),
    "base diverged": of_methods(diverged, "base"),
    "all but base diverged": but_base,
    "all at chance": of_methods(at_chance),
    "base at chance": of_methods(at_chance, "base"),
    "one survivor": but_one,
    "one replicate": one_replicate,
    "base alone": only("base"),
    "without base": without_base,
    "without spread": without_spread,
    "ws_bn diverged": lambda sources: of_methods(diverged)(only("base", "ws_bn")(sources)),
}
