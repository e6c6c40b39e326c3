"""What figures of noise after normalization show, and what the experiment answers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.page.curves import best_at_the_end
from bnlab.page.phrases import Tables, as_, each, listed, number, on_each, place
from bnlab.page.style import NONE_LEFT

training = best_at_the_end


def stability(table: pd.DataFrame) -> str:
    """How far outputs move in ten steps, method by method."""
    rows = table[(table["measure"] == "sliced") & (table["view"] == "overall")]
    return f"In ten steps the outputs of a layer move by {each(rows)}"


def ridgeline(table: pd.DataFrame) -> str:
    """How far the middle of the values wanders, in units of their spread, method by method."""
    said = []
    for name, rows in table.groupby("method_label", sort=False):
        at = rows.pivot_table(index=["layer", "step"], columns="share", values="value")
        if at.empty:
            said.append(f"{NONE_LEFT} of {name}")
            continue
        low, middle, high = (at.iloc[:, int(q * (at.shape[1] - 1))] for q in (0.25, 0.5, 0.75))
        wandering = middle.groupby("layer").std() / (high - low).groupby("layer").mean()
        said.append(f"{wandering.mean():.2g} with {name}")
    return f"Over training the middle of a unit's values wanders by {listed(said)} of their middle half"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether noise that makes distributions unstable takes the gain away."""
    kept = on_each(effects, quantity="gain_kept", compare="noisy_bn")
    if not kept:
        return []
    text = (
        "with noise after batch normalization, of its gain in training accuracy "
        f"{listed([_share(row) for row in kept])} {'are' if len(kept) > 1 else 'is'} left"
    )
    moved = on_each(effects, quantity="output_shift", compare="noisy_bn / bn")
    if moved:
        far = [f"{as_(row, 'far')} on {place(row)}" for row in moved]
        text += f", though the outputs of the first layer move {listed(far)} between steps"
    lows = [row.low for row in kept]
    if min(lows) > 0.5:
        lead = "Stable inputs are not the reason"
    else:
        lead = "Stable inputs need not be the reason" if max(lows) > 0.5 else "Noise"
    return [f"{lead}: {text}."]


def _share(row: Any) -> str:
    half = 50 * (row.high - row.low)
    share, low, high = (number(100 * v, half) for v in (row.estimate, row.low, row.high))
    return f"{share} % ({low} to {high} %) on {place(row)}"
