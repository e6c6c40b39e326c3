"""What figures of noise after normalization show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.curves import best_at_the_end
from bnlab.page.grids import rows_of
from bnlab.page.phrases import Tables, as_, each, effect, listed, number, place
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
    kept = effect(effects, quantity="gain_kept", compare="noisy_bn")
    rows = effects[
        (effects["quantity"] == "output_shift") & (effects["compare"] == "noisy_bn / bn")
    ]
    moved = [as_(r, "far") for r in rows_of(rows) if r.n > 1][:1]
    if not kept:
        return []
    half = 50 * (kept.high - kept.low)
    share, low, high = (number(100 * v, half) for v in (kept.estimate, kept.low, kept.high))
    text = (
        f"with noise after batch normalization {share} % ({low} to {high} %) of its gain in training accuracy on "
        f"{place(kept)} is left"
    )
    if moved:
        text += f", though the outputs of the first layer move {moved[0]} between steps"
    lead = "Stable inputs are not the reason" if kept.low > 0.5 else "Noise"
    return [f"{lead}: {text}."]
