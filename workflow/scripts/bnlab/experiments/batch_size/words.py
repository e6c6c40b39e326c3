"""What figures of batch sizes say in numbers, for their alternative text and the summary."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import part, percent, rows_of


def all_methods(table: pd.DataFrame) -> str:
    """Each curve's test accuracy at the smallest and at the largest batch."""
    test = part(table, "test", "accuracy")
    names = ["method_label", "statistics"] if "statistics" in table else ["method_label"]
    curves = [
        f"{' '.join(map(str, key))} {percent(first)} at {first.batch}, "
        f"{percent(last)} at {last.batch}"
        for key, curve in test.groupby(names, sort=False)
        for first, *_, last in [[*rows_of(curve), *rows_of(curve)]]
    ]
    return f"Test accuracy at the smallest and largest batch: {'; '.join(curves)}."


bn_vs_ln = ws_vs_bn = ws_bn_vs_bn = small_batches = statistics = all_methods


def all_methods_in_short(table: pd.DataFrame) -> str:
    """The best and the worst method at the smallest and at the largest batch."""
    test = part(table, "test", "accuracy").dropna(subset="mean")
    said = []
    for batch in sorted({test["batch"].min(), test["batch"].max()}):
        best, *_, worst = [
            f"{r.method_label} {percent(r)}"
            for r in rows_of(test[test["batch"] == batch].sort_values("mean", ascending=False))
        ] * 2
        said.append(f"at batch {batch} {best} to {worst}")
    return f"Test accuracy from the best method to the worst: {'; '.join(said)}."
