"""Layers of other libraries as normalizers, one file a library."""
