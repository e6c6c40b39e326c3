"""Data sets: reading, checks, split and scaling."""
