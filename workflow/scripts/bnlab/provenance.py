"""Versions, processor and memory of the process that computes a result."""

from __future__ import annotations

import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "snakemake")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result depends on."""
    numbers = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            continue
    return numbers


def hardware() -> dict[str, str]:
    """Return the name of the processor, the number of its cores, and the operating system."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
    }


def peak_memory_mb() -> float:
    """Return the largest memory of this process so far, in MB (10⁶ bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf8") as lines:
            names = [
                line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
            ]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
