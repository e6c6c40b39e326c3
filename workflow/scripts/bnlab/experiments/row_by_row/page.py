"""Figure and result table of the recurrent network."""

from bnlab.page.by_rate import best_grids, draw_by_rate

FIGURES = {"by_rate": draw_by_rate}

GRIDS = {"best": best_grids}
