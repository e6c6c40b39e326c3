"""Measurements of speed: `python -m bench` of steps, `python -m bench.study` of a whole study."""
