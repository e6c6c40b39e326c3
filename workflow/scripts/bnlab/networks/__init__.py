"""Kernels, normalizers, the block that joins them, and one file a network."""
