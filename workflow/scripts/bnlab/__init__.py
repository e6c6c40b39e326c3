"""The library behind the study: data, layers, training, probes, metrics, figures and report."""

import os

# TensorFlow reads these when it is first imported. Its notes on the processor are no news to users, and oneDNN, which
# announces itself at every start, serves operations outside the compiled programs only.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
