"""The card of a normalizer: its properties, measured in seconds without training."""
