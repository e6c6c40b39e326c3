"""Parametrizations of kernels, one file each, whose name configs use."""
