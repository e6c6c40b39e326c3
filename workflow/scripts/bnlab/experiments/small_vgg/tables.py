"""Tables of convolutional networks, from tidy rows of one dataset and recipe."""

from bnlab.analysis.batches import all_methods, stability
from bnlab.analysis.summaries import final

__all__ = ["all_methods", "final", "stability"]
