"""Build every method that is told on standard input once, and say on standard output what goes wrong.

Input: a JSON list of the arguments of ``trial.failure``; output: a JSON list of sentences, null for what can be used.
"""

import json
import sys
from contextlib import redirect_stdout

from bnlab import lazy
from bnlab.networks.trial import failure

lazy.load()  # before a file of the user's imports it, with Keras

with redirect_stdout(sys.stderr):
    said = [failure(**trial) for trial in json.load(sys.stdin)]
json.dump(said, sys.stdout)
