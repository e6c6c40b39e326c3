"""What experiments share between tables and the report: style, panels, grids, the ledger, the page."""

from bnlab.imports import without_collector

with without_collector():
    import seaborn  # noqa: F401
