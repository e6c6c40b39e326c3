"""One file a probe; its name is what a recipe calls it."""
