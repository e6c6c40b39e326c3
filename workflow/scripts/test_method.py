"""Test a normalizer of one's own, as `make test-method METHOD=my_norms.py:MyNorm` does.

python workflow/scripts/test_method.py my_norms.py:MyNorm p=1
"""

import os
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from bnlab.networks.loading import load  # noqa: E402
from bnlab.study import rooms, signatures  # noqa: E402
from bnlab.study.sentences import option_problems  # noqa: E402
from bnlab.testing import NormalizerTests  # noqa: E402

NAMED = "BNLAB_TEST_METHOD"


def main() -> None:
    """Check the reference and its options, then run the tests."""
    if len(sys.argv) < 2 or not sys.argv[1]:
        sys.exit("Name a class: make test-method METHOD=my_norms.py:MyNorm (OPTIONS='p=1')")
    reference, *given = sys.argv[1:]
    options = dict(pair.split("=", 1) for pair in given)
    options = {name: yaml.safe_load(value) for name, value in options.items()}
    try:
        room = rooms.find("normalizer", reference)
    except rooms.RoomError as error:
        sys.exit(f"{reference}: {error}")
    found = signatures.options(room)
    wrong = [] if found is None else list(option_problems((), options, found))
    if wrong:
        sys.exit(
            "\n".join(f"{reference}: {'.'.join(map(str, p.key))}: {p.sentence}" for p in wrong)
        )
    os.environ[NAMED] = yaml.safe_dump({"path": room.path, "options": options})
    sys.exit(pytest.main(["-p", "no:cacheprovider", __file__]))


if NAMED in os.environ:
    SAID = yaml.safe_load(os.environ[NAMED])

    class TestNormalizer(NormalizerTests):
        """The tests of the class that was named."""

        normalizer = load(SAID["path"])
        options = SAID["options"]


if __name__ == "__main__":
    main()
