"""Normalizers, one file each, whose name configs use."""
