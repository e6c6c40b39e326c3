"""The git checkout that a study is run from: its commit, and its address if it has a public one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import urlsplit


def git(root: Path, *arguments: str) -> str | None:
    """Return the output of git in a folder, or None outside a git checkout."""
    try:
        process = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return None if process.returncode else process.stdout.strip()


def public_address(remote: str | None) -> str | None:
    """Return the address of a remote on the web, without user, password and ``.git``; None for any other remote."""
    parts = urlsplit(remote or "")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/').removesuffix('.git')}"
