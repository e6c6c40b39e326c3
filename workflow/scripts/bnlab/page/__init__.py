"""Figures, grids and the pages of a report."""
