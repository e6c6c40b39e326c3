"""Names and numbers that config, results and page have in common."""

from typing import Literal

PUBLISHED = "reports/published"
"""Folder of the published study, from which others read the results that they do not measure again."""
CONFIRMATION = "confirmation"
"""Name of the study that trains fresh seeds, and of its folder in ``PUBLISHED``."""
ALL_RECIPES = "all_recipes"
"""Name in the place of a recipe in figures and tables that compare recipes."""
RESERVED = {
    "study": ("published", "runs", "data", "earlier", "costs.json", "bench.csv", "bench_study.csv"),
    "recipe": (ALL_RECIPES,),
}
"""Names that no study and no recipe may have: what lies beside studies in results/, reports/ and logs/, and others."""
NEAR_BEST = 0.01
"""Largest distance of accuracy from the best, one point, at which a learning rate is about as good."""
FAILED = 0.02
"""Largest accuracy of a failed replicate above chance, or above the share of the largest class."""
PHASES = {
    "plateau": "while base is on its plateau",
    "learning": "while base learns",
    "end": "in the last quarter of training",
    "equal_loss": "at equal training loss",
}
"""Phases of training in which measures of a probe are compared, and their names in print (``analysis.phases``)."""
OF_PROGRAM = (
    *("activation", "initializer", "softmax", "optimizer", "l2", "dropout"),
    *("train", "rates", "scheduled", "weight_decay", "fixed_norms"),
)
"""Settings that a network, its compiled steps and its evaluator depend on.

The rates of a schedule, the budget and the evaluated rows are none of them.
"""
Scale = Literal["linear", "log", "logit", "atanh"]
"""Scale of an interval: all numbers, positive ones, those from 0 to 1, or those from −1 to 1."""
LEADING_COLUMNS = ("dataset", "dataset_label", "recipe", "method", "method_label")
"""First columns of every published table of an experiment."""
EFFECT_COLUMNS = [
    "id",
    "topic",
    "test",
    "primary",
    "headline",
    "region",
    "experiment",
    "dataset",
    "dataset_label",
    "stand_in",
    "recipe",
    "batch",
    "quantity",
    "compare",
    "effect",
    "rule",
    "scale",
    "estimate",
    "low",
    "high",
    "threshold_low",
    "threshold_high",
    "claimed",
    "n",
    "replicates",
    "censored",
    "distribution",
    "p",
    "p_holm",
    "decisive_low",
    "decisive_high",
    "d_z",
    "p_better",
    "p_better_low",
    "p_better_high",
    "better",
    "verdict",
    "coarse",
    "coarse_reason",
    "replicates_needed",
    "anchor",
    "key",
]
"""Columns of effects.csv."""
