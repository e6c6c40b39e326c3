"""What the figures of batch sizes show apart."""

SMALL_BATCHES = 10
"""The largest batch of the close-up."""
PAIRS = {
    "bn_vs_ln": ("bn", "ln"),
    "ws_vs_bn": ("ws", "bn"),
    "ws_bn_vs_bn": ("ws_bn", "bn"),
}
"""Figures of two methods alone."""
