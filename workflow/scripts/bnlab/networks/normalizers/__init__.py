"""One file a normalizer; its name is what a config calls it."""
