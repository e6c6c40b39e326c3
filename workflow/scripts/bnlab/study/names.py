"""Names and numbers that config, results and page have in common."""

ALL_RECIPES = "all_recipes"
"""Stands in the place of a recipe where figures and tables compare recipes."""
NEAR_BEST = 0.01
"""How far accuracy may be below the best, one point, at a learning rate that is about as good."""
LEVELS = (0.8, 0.9, 0.95)
"""Accuracies whose first step a run records."""
