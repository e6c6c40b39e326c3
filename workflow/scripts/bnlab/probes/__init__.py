"""Probes, one file each, whose name recipes use."""
