"""Tables of a convolutional network by batch size."""

from bnlab.analysis.batches import all_methods, stability
from bnlab.analysis.summaries import final

TABLES = {"all_methods": all_methods, "final": final, "stability": stability}
