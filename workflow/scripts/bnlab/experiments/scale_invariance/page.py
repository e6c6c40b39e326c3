"""Figure and result tables of rate and decay of normalized weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, FigureBase

from bnlab.page.forms import method_label, row_table, split_by
from bnlab.page.grids import Grid, amount, percent, signed
from bnlab.page.panels import (
    by_method,
    column_title,
    draw_curve,
    legend_row,
    log_values,
    name_of,
    panel_grid,
    per_batch,
    thousands,
)
from bnlab.page.style import method_style

SETTING = ["weight_decay", "l2", "momentum", "schedule", "units"]
COLUMNS = 2


def rotation(table: pd.DataFrame) -> Figure:
    """Draw the angle of a step over training, a panel for each setting, a line for each method and layer."""
    settings = list(dict.fromkeys(zip(*(table[name] for name in SETTING), strict=True)))

    def panels(part: FigureBase, rows: pd.DataFrame) -> None:
        columns = min(COLUMNS, len(settings))
        grid = panel_grid(part, len(settings), columns, sharex=True)
        for axis, setting in zip(grid.ravel(), settings, strict=False):
            shown = rows[(rows[SETTING] == list(setting)).all(axis=1)]
            for method, of_method in by_method(shown):
                for _, curve in of_method.groupby("layer"):
                    style = method_style(method)
                    draw_curve(axis, style, curve["step"], curve, name_of(curve), markers=False)
            for angle in shown["theory"].dropna().unique():
                axis.axhline(angle, color="0.5", lw=1, zorder=0)
            log_values(axis, "angle of a step (rad)")
            thousands(axis)
            column_title(axis, _name(*setting), columns)
        for axis in grid[-1]:
            axis.set_xlabel("training step")
        legend_row(part, *grid.flat)

    height = 0.6 + 2.4 * -(-len(settings) // COLUMNS)
    return per_batch(table, height, "angle of a step in each hidden layer", panels)


def _name(weight_decay: float, l2: float, momentum: float, schedule: str, units: int) -> str:
    parts = [f"decay {weight_decay:g}"] if weight_decay else []
    parts += [f"L2 {l2:g}"] if l2 else []
    parts = parts or ["no decay"]
    parts += [f"momentum {momentum:g}"] if momentum else []
    parts += [] if schedule == "constant" else [f"{schedule} rate"]
    return ", ".join([*parts, f"{units} units"])


FIGURES = {"rotation": rotation}


def balance(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line a layer: a grid for each setting."""
    columns = {
        "method": method_label,
        "layer": lambda row: str(row.layer),
        "angle of a step (theory)": _beside_theory,
        "growth over steps": lambda row: amount(row, "growth"),
    }
    grids = []
    for (_, *setting), part in split_by(table, *SETTING, sort=False):
        for grid in row_table(part, columns):
            title = ", ".join(filter(None, (_name(*setting), grid.title)))
            grids.append(grid._replace(title=title))
    return grids


def _beside_theory(row: Any) -> str:
    return amount(row) + ("" if np.isnan(row.theory) else f" ({row.theory:.4f})")


def equal_schedules(table: pd.DataFrame) -> list[Grid]:
    """Lay out a line for each method and width."""
    columns = {
        "method": method_label,
        "units": lambda row: str(row.units),
        "constant rate with decay": percent,
        "growing rate": lambda row: f"{amount(row, 'growing', 100)} %",
        "difference": lambda row: signed(amount(row, "difference", 100)),
    }
    return row_table(table, columns)


GRIDS = {"balance": balance, "equal_schedules": equal_schedules}
