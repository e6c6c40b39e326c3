"""The figure of the recurrent network, drawn from its published table and nothing else."""

from bnlab.page.by_rate import draw_by_rate

by_rate = draw_by_rate
