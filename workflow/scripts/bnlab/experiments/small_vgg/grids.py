"""Result tables of convolutional networks as the page shows them."""

from bnlab.page.batches import stability
from bnlab.page.grids import by_batch

__all__ = ["final", "stability"]

final = by_batch
