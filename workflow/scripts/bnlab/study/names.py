"""Names and numbers that config, results and page have in common."""

PUBLISHED = "reports/published"
"""Where a finished study is published, and where another takes from what it does not measure again."""
ALL_RECIPES = "all_recipes"
"""Stands in the place of a recipe where figures and tables compare recipes."""
NEAR_BEST = 0.01
"""How far accuracy may be below the best, one point, at a learning rate that is about as good."""
FAILED = 0.02
"""How far above chance, or above the share of the largest class, the accuracy of a replicate may be that has failed."""
