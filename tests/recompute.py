"""Every p, correction and verdict of a study again, from its published tables, with SciPy alone.

Run ``python tests/recompute.py reports/published``. It prints the number of each claim and its verdict.
"""

import csv
import sys
import warnings
from collections import defaultdict
from itertools import accumulate
from math import inf, isfinite, isinf, log
from pathlib import Path

from scipy import stats

warnings.filterwarnings("ignore", "Precision loss")  # of values that are nearly equal
ALPHA, FEWEST = 0.05, 5  # with fewer replicates nothing is decided


def read(folder: str, table: str) -> list[dict[str, str]]:
    with (Path(folder) / f"{table}.csv").open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


def tail(kind: str, values: list[float], threshold: float, side: str) -> float:
    """Return p of the one-sided test that the mean lies on this side of the threshold."""
    if kind == "binomial":
        share = min(max(threshold, 0), 1)
        return float(stats.binomtest(round(sum(values)), len(values), share, side).pvalue)
    if alike(values):
        beyond = values[0] - threshold if side == "greater" else threshold - values[0]
        return float(0.5 ** len(values) if beyond > 1e-9 * abs(threshold) + 1e-12 else 1)
    return float(stats.ttest_1samp(values, threshold, alternative=side).pvalue)


def alike(values: list[float]) -> bool:
    """Return true for values without spread, of which the sign test judges instead of Student's t-test."""
    return max(values) - min(values) <= 1e-9 * max(map(abs, values))


def interval(kind: str, values: list[float], alpha: float) -> tuple[float, float]:
    """Return the interval of the mean of confidence 1 − α; a value without bound has none either."""
    if any(map(isinf, values)):
        return (-inf, inf)
    if kind == "binomial":
        return tuple(stats.binomtest(round(sum(values)), len(values)).proportion_ci(1 - alpha))
    if alike(values):
        return (values[0], values[0]) if 2 * 0.5 ** len(values) <= alpha else (-inf, inf)
    half = stats.t.isf(alpha / 2, len(values) - 1) * stats.tsem(values)
    return stats.tmean(values) - half, stats.tmean(values) + half


def judge(
    effect: dict[str, str], rows: list[dict[str, str]], alpha: float
) -> tuple[float | None, str]:
    """Return p of an effect before any correction, and what its interval of confidence 1 − α says."""
    sign = "".join(effect["compare"].split()[1:2])  # of `bn - base`, `bn / base` or `bn`
    unit = 100 if effect["scale"] == "points" else 1

    def number(text: str) -> float:
        value = float(text) / unit
        return value if sign != "/" else log(value) if value > 0 else -inf

    sample = []  # value, lowest and highest of each replicate that has a value
    for row in rows:
        if row["first"] and (row["second"] or not sign):
            value = number(row["first"]) - (number(row["second"]) if sign else 0)
            if isfinite(value):
                sample.append((value, number(row["low"]), number(row["high"])))
    if len(sample) < 2:
        return None, "undecided"
    values, lowest, highest = map(list, zip(*sample, strict=True))
    low = number(effect["threshold_low"]) if effect["threshold_low"] else -inf
    high = number(effect["threshold_high"]) if effect["threshold_high"] else inf
    kind, mean = effect["distribution"], sum(values) / len(values)
    inside = low < mean < high
    sides = {"less": low} if mean <= low else {"greater": high}
    if inside:
        sides = {"greater": low, "less": high}
    p = max(tail(kind, values, end, side) for side, end in sides.items() if isfinite(end))
    p = min(2 * p, 1)
    least = min(interval(kind, each, alpha)[0] for each in (values, lowest))
    most = max(interval(kind, each, alpha)[1] for each in (values, highest))
    if len(values) < FEWEST:
        return p, "undecided"
    if inside and (low == -inf or least > low) and (high == inf or most < high):
        return p, "supported"
    return p, "refuted" if most <= low or least >= high else "undecided"


def holm(family: dict[tuple, float]) -> dict[tuple, float]:
    """Return the p-values of a family after Holm's correction."""
    tests = sorted(family, key=lambda test: family[test])
    steps = [family[test] * (len(tests) - place) for place, test in enumerate(tests)]
    return dict(zip(tests, accumulate(steps, max), strict=True))


def combine(verdicts: set[str], needs: str) -> str:
    """Return the verdict on a claim by those of its effects."""
    if not verdicts:
        return "not tested here"
    if verdicts == {"supported"} or (needs == "one" and "supported" in verdicts):
        return "supported"
    if verdicts == {"refuted"} or (needs == "all" and "refuted" in verdicts):
        return "refuted"
    return "mixed" if {"supported", "refuted"} <= verdicts else "undecided"


def recompute(folder: str) -> dict[str, str]:
    """Return the verdict on each claim that training decides, by its number."""
    rows: dict[tuple, list] = defaultdict(list)
    families: dict[tuple, dict] = defaultdict(dict)
    for row in read(folder, "replicates"):
        rows[row["claim"], row["test"]].append(row)
    judged = []
    for effect in read(folder, "effects"):
        of_effect = rows[effect["id"], effect["test"]]
        if len(of_effect) != int(effect["replicates"]):
            sys.exit(f"replicates.csv lacks rows of claim {effect['id']}, test {effect['test']}")
        p, _ = judge(effect, of_effect, ALPHA)
        family = effect["topic"], effect["primary"]
        test = *(effect[name] for name in ("effect", "dataset", "recipe", "batch")), p
        if p is not None:
            families[family][test] = p  # an effect that two claims rest on is one test
        judged.append((effect, family, test, p))
    corrected = {family: holm(tests) for family, tests in families.items()}
    found: dict[str, list] = defaultdict(list)
    for effect, family, test, p in judged:
        after = corrected.get(family, {}).get(test, 1)
        left = ALPHA * p / after if p and after else ALPHA  # the level that the correction leaves
        _, verdict = judge(effect, rows[effect["id"], effect["test"]], left)
        sure = after <= ALPHA
        found[effect["id"]].append((effect["primary"] == "True", verdict if sure else "undecided"))
    verdicts = {}
    for claim in read(folder, "claims"):
        settled = claim["decided_by"] in ("algebra", "primary source")
        if claim["id"] in found and not settled:
            own = {v for primary, v in found[claim["id"]] if primary or claim["needs"] == "one"}
            if own and int(claim["unmeasured"]):
                own.add("undecided")
            verdict = combine(own, claim["needs"])
            unlike = claim["observation"] == "True" and verdict == "refuted"
            verdicts[claim["id"]] = "not reproduced" if unlike else verdict
    return verdicts


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/recompute.py FOLDER, such as reports/published")
    for number, verdict in recompute(sys.argv[1]).items():
        print(number, verdict, sep="\t")
