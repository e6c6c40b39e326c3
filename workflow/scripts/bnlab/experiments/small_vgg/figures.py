"""The figure of convolutional networks, drawn from its published table and nothing else."""

from bnlab.page.batches import draw_all_methods

all_methods = draw_all_methods
