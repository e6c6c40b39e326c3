"""What claims compare over learning rates, beside the common quantities."""

from __future__ import annotations

import numpy as np

from bnlab.analysis.quantities import Bounded, Results, method_runs
from bnlab.analysis.rates import rate_ranges
from bnlab.study.ledger import Measure


def rate_range(results: Results, effect: Measure, method: str) -> Bounded:
    """Decades of learning rate within one point of the best accuracy (``metrics.rate_range``).

    A range that touches an end of the rates tried may go on beyond it.
    """
    ranges = rate_ranges(method_runs(results, "metrics", effect, method)).set_index("replicate")
    values = ranges["decades"]
    open_ = ranges["reaches_lowest"] | ranges["reaches_highest"]
    why = "ranges of rates end where the rates tried do"
    return Bounded(values, values, values.where(~open_, np.inf), why)


def highest_good_rate(results: Results, effect: Measure, method: str) -> Bounded:
    """The upper end of the stretch of ``rate_range``.

    The true end lies there or above, below the next rate that was tried, which is no good rate.
    """
    rows = method_runs(results, "metrics", effect, method)
    values = rate_ranges(rows).set_index("replicate")["highest"]
    tried = sorted(rows["learning_rate"].unique())
    next_one = dict(zip(tried, [*np.nextafter(tried[1:], 0), np.inf], strict=True))
    return Bounded(values, values, values.map(next_one), "rates are known to the next one tried")
