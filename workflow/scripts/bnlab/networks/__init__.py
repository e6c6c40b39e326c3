"""Kernels, normalizers, the block that joins them, and networks, one file each."""
