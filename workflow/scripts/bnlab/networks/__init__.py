"""Kernels, normalizers, the block that joins them, and one file a network."""

import gc

# What TensorFlow's import makes lives to the end; looking through it again and again would take a fifth of a short job.
gc.disable()
try:
    import tensorflow  # noqa: F401
finally:
    gc.freeze()
    gc.enable()
