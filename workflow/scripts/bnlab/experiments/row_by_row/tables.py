"""Tables of the recurrent network, from tidy rows of one dataset."""

from bnlab.analysis.settings import at_each_rate, at_the_best

by_rate = at_each_rate
best = at_the_best
