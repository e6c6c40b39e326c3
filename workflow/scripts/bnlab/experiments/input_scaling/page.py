"""Figure and result table of scaled inputs."""

from functools import partial

from bnlab.page.by_rate import best_grids, draw_by_rate

FIGURES = {"by_rate": draw_by_rate}

GRIDS = {"best": partial(best_grids, compared="inputs")}
