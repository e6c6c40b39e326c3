"""The command `bnlab`."""

from __future__ import annotations

import sys

USAGE = """usage: bnlab score my_norms.py:MyNorm p=1       the card of a normalizer; --quick in a minute or two
       bnlab same ln 'torch.nn:LayerNorm'       two implementations, held against each other"""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def main() -> None:
    """Run the command that a user types."""
    try:
        _run(*sys.argv[1:] or [""])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run(command: str, *arguments: str) -> None:
    if command == "score":
        from bnlab.card import score

        score.main(arguments)
    elif command == "same":
        from bnlab import same

        same.main(arguments)
    else:
        sys.exit(USAGE)


if __name__ == "__main__":
    main()
