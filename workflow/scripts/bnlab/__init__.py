"""The library behind the study: data, layers, training, probes, metrics, figures and report."""

import os

# TensorFlow reads it when it is first imported; its notes on the processor are no news to users.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
