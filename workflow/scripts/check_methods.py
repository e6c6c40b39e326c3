"""Build each of the methods on standard input once, and write their problems to standard output.

Input: a JSON list of the arguments of ``trial.failure``. Output: a JSON list of sentences, null for a usable method.
"""

import json
import sys
from contextlib import redirect_stdout

from bnlab import lazy
from bnlab.networks.trial import failure

lazy.load()  # before the user's file imports TensorFlow, with Keras

with redirect_stdout(sys.stderr):
    problems = [failure(**trial) for trial in json.load(sys.stdin)]
json.dump(problems, sys.stdout)
