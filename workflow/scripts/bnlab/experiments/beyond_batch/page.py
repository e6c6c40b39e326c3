"""Figure and result tables of methods made for small batches."""

from bnlab.page.batches import draw_all_methods, stability
from bnlab.page.grids import by_batch

FIGURES = {"all_methods": draw_all_methods}

GRIDS = {"final": by_batch, "stability": stability}
