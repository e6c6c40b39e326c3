"""Figure and result tables of methods made for small batches."""

from bnlab.page.batches import draw_all_methods, final_by_batch, stability

FIGURES = {"all_methods": draw_all_methods}

GRIDS = {"final": final_by_batch, "stability": stability}
