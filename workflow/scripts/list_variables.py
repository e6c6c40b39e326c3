"""Build each of the networks on standard input, and write the variables that it trains to standard output.

Input: a JSON list of the arguments of ``trial.variables``. Output: a JSON list of lists of paths.
"""

import json
import sys
from contextlib import redirect_stdout

from bnlab import lazy
from bnlab.networks.trial import variables

lazy.load()

with redirect_stdout(sys.stderr):
    paths = [variables(**trial) for trial in json.load(sys.stdin)]
json.dump(paths, sys.stdout)
