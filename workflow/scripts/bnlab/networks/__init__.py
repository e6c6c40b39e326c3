"""Kernels, normalizers, the block that joins them, and one file a network."""

from bnlab.imports import without_collector

with without_collector():
    import tensorflow  # noqa: F401
