"""Build every method that is told on standard input once, and say on standard output what goes wrong.

Input: a JSON list of the arguments of ``trial.failure``; output: a JSON list of sentences, null for what can be used.
"""

import json
import os
import sys
from contextlib import redirect_stdout

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from bnlab.networks.trial import failure  # noqa: E402

with redirect_stdout(sys.stderr):
    said = [failure(**trial) for trial in json.load(sys.stdin)]
json.dump(said, sys.stdout)
