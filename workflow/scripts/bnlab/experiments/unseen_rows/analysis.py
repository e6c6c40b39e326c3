"""Tables of differences with intervals over seeds alone, and over seeds and test rows."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.settings import at_chosen_rates
from bnlab.analysis.statistics import crossed_interval, mean_interval, paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    columns_of,
    compare,
    final_accuracies,
    summarize,
    with_reference,
)


def differences(metrics: pd.DataFrame, rows_right: pd.DataFrame) -> pd.DataFrame:
    """Summarize test accuracy at the chosen rate, and its difference from base with both intervals.

    ``difference`` has the interval over replicates, ``crossed_difference`` that over replicates and test rows
    (``statistics.crossed_interval``), and ``rows`` says how many there are.
    """
    ends = final_accuracies(at_chosen_rates(metrics, metrics))
    table = summarize(ends, RUN, "value", scale="logit")
    table = table.merge(compare(ends, ACROSS_RATES, "value", BASE, paired_difference, "difference"))
    rows = at_chosen_rates(metrics, rows_right)
    shares = {key: part.set_index("row")["share"] for key, part in rows.groupby(ACROSS_RATES)}
    both = {
        key: (part.set_index("replicate")["value"], shares[key])
        for key, part in ends.groupby(ACROSS_RATES)
    }
    crossed = []
    for names, (values, by_row), base in with_reference(both, ACROSS_RATES, BASE):
        interval = mean_interval([])
        if base is not None:
            interval = crossed_interval(values - base[0], by_row - base[1])
        crossed.append(names | columns_of(interval, "crossed_difference") | {"rows": len(by_row)})
    return table.merge(pd.DataFrame(crossed))


TABLES = {"gains": differences, "differences": differences}
