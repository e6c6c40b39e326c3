"""Kernels, normalizers, the block that joins them, and one file a network."""

import gc
import os

# Half of a short job would be TensorFlow's import: it takes Keras along, which no job uses, and the collector would
# look again and again through objects that live to the end.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
gc.disable()
try:
    import tensorflow  # noqa: F401
finally:
    gc.freeze()
    gc.enable()
