"""Tables of scaled inputs."""

from bnlab.analysis.settings import at_each_rate, at_the_best

TABLES = {"by_rate": at_each_rate, "best": at_the_best}
