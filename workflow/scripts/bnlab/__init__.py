"""The library behind the study: data, layers, training, probes, metrics, figures and report."""
