"""Schema and validation of config, claims and declarations, without pandas and TensorFlow to keep dry runs fast."""
