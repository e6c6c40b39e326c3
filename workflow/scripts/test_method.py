"""Test the user's normalizer, as `make test-method METHOD=my_norms.py:MyNorm` does.

python workflow/scripts/test_method.py my_norms.py:MyNorm p=1
"""

import sys

import pytest

from bnlab import testing
from bnlab.study.options import parse
from bnlab.study.registry import find
from bnlab.study.sentences import option_problems


def main() -> None:
    """Check the reference and its options, then run the tests that every normalizer has."""
    if len(sys.argv) < 2 or not sys.argv[1]:
        sys.exit("Name a class: make test-method METHOD=my_norms.py:MyNorm (OPTIONS='p=1')")
    reference, *pairs = sys.argv[1:]
    try:
        options = parse(pairs)
        normalizer = find("normalizer", reference).load()
        problems = list(option_problems((), options, normalizer))
    except ValueError as error:
        sys.exit(f"{reference}: {error}")
    if problems:
        lines = (f"{reference}: {'.'.join(map(str, p.key))}: {p.sentence}" for p in problems)
        sys.exit("\n".join(lines))
    testing.NormalizerTests.normalizer = normalizer
    testing.NormalizerTests.options = options
    settings = ["-p", "no:cacheprovider", "-o", "python_classes=NormalizerTests"]
    sys.exit(pytest.main([*settings, testing.__file__]))


if __name__ == "__main__":
    main()
