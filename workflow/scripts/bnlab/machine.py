"""Memory that the machine gives to a process."""

from __future__ import annotations

import os
import resource
from pathlib import Path

GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Limits of a container, in either version of control groups."""


def memory_mb() -> float:
    """Return the memory of the machine, or of the container or `ulimit -v` where this is less, in MB (10⁶ bytes)."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    for file in GROUPS:
        try:
            limits.append(int(Path(file).read_text("utf8")))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return min(limits) / 1e6
