"""Tables of differences with intervals over seeds alone, and over seeds and test rows."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.settings import at_chosen_rates
from bnlab.analysis.statistics import crossed_interval, paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    columns_of,
    compare,
    final_accuracies,
    summarize,
)


def differences(metrics: pd.DataFrame, rows_right: pd.DataFrame) -> pd.DataFrame:
    """Summarize test accuracy at the chosen rate, and its difference from base with both intervals.

    ``difference`` has the interval over replicates, ``crossed_difference`` that over replicates and test rows
    (``statistics.crossed_interval``), and ``rows`` says how many there are.
    """
    ends = final_accuracies(at_chosen_rates(metrics, metrics))
    table = summarize(ends, RUN, "value", scale="logit")
    table = table.merge(compare(ends, ACROSS_RATES, "value", BASE, paired_difference, "difference"))
    values = {key: part.set_index("replicate")["value"] for key, part in ends.groupby(ACROSS_RATES)}
    rows = at_chosen_rates(metrics, rows_right)
    shares = {key: part.set_index("row")["share"] for key, part in rows.groupby(ACROSS_RATES)}
    crossed = []
    for key in values:
        names = dict(zip(ACROSS_RATES, key, strict=True))
        other = tuple((names | {"method": BASE}).values())
        by_replicate, by_row = (
            of[key] - of[other] if key != other and other in of else of[key].iloc[:0]
            for of in (values, shares)
        )
        interval = crossed_interval(by_replicate, by_row)
        crossed.append(
            names | columns_of(interval, "crossed_difference") | {"rows": len(shares[key])}
        )
    return table.merge(pd.DataFrame(crossed))


TABLES = {"gains": differences, "differences": differences}

QUANTITIES: dict[str, object] = {}
