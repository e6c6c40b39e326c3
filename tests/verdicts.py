"""A synthetic judged ledger: claims.csv and effects.csv, with a few claims of each verdict."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.page.contents import Ledger
from bnlab.study.ledger import Row

NONE = float("nan")
HOSTILE = "<script>document.title='taken'</script> & \"quotes\""

SOURCES = {
    "report": "A student replication report on batch normalization",
    "blog": "A blog post that explains batch normalization",
    "wiki": "Lecture notes kept by a class of statisticians",
}


AT = {"experiment": "batch_size", "dataset": "digits", "recipe": "lr0.1", "batch": 16}
QUESTIONS: list[dict[str, Any]] = [
    {"asks": "Accuracy", "quantity": "test_accuracy", **AT},
    {"asks": "Lost to few rows", "quantity": "accuracy_gap", "under": "Losses", **AT},
]
"""Rows of the ledger that ``scorecard`` answers."""


def claim(
    number: int, source: str, topic: str, text: str, verdict: str, reason: str, **more: Any
) -> dict[str, Any]:
    """Return a row of claims.csv."""
    return {
        "id": str(number),
        "source": source,
        "source_title": SOURCES[source],
        "place": "results",
        "topic": topic,
        "claim": text,
        "claimed": NONE,
        "verdict": verdict,
        "decided_by": NONE if verdict in ("undecided", "not tested here") else "training",
        "stand_in": NONE,
        "needs": NONE,
        "observation": verdict == "not reproduced",
        "holds": NONE,
        "fails": NONE,
        "not_known": NONE,
        "reason": reason,
        "correction": NONE,
        "second": NONE,
        "tests": 0,
        **more,
    }


def effect(
    number: int, test: int, estimate: float, low: float, high: float, verdict: str, **more: Any
) -> dict[str, Any]:
    """Return a row of effects.csv, by default a paired difference in points of test accuracy."""
    return {
        "id": str(number),
        "topic": "accuracy",
        "test": test,
        "primary": True,
        "headline": NONE,
        "region": "digits, rate 0.1",
        "experiment": "learning_curves",
        "dataset": "digits",
        "dataset_label": "digits",
        "stand_in": NONE,
        "recipe": "lr0.1",
        "batch": "60",
        "quantity": "test_accuracy",
        "compare": "bn - base",
        "effect": "test accuracy: BN minus Base",
        "rule": "above 0 points",
        "scale": "points",
        "estimate": estimate,
        "low": low,
        "high": high,
        "threshold_low": 0.0,
        "threshold_high": NONE,
        "claimed": NONE,
        "n": 10,
        "replicates": 10,
        "censored": 0,
        "distribution": "t",
        "p": 0.00021,
        "p_holm": 0.0034,
        "decisive_low": low - (high - low) / 10,
        "decisive_high": high + (high - low) / 10,
        "d_z": 1.84,
        "p_better": 0.9,
        "p_better_low": 0.7,
        "p_better_high": 1.0,
        "better": "meaningful",
        "verdict": verdict,
        "coarse": False,
        "coarse_reason": NONE,
        "replicates_needed": NONE,
        "anchor": "learning_curves-digits-lr0.1",
        **more,
    }


def ledger(copies: int = 1) -> Ledger:
    """Return ten claims, or several copies of them with further numbers."""
    claims, effects = _claims(), _effects()
    for copy in range(1, copies):
        claims += [row | {"id": str(int(row["id"]) + 10 * copy)} for row in _claims()]
        effects += [row | {"id": str(int(row["id"]) + 10 * copy)} for row in _effects()]
    return Ledger(pd.DataFrame(claims), pd.DataFrame(effects), scorecard(), sensitivity())


def sensitivity() -> pd.DataFrame:
    """Return sensitivity.csv of nine claims, two of which other corrections change."""
    rows = [
        ("holm_by_topic", 0, ""),
        ("holm_over_all", 2, "2 9"),
        ("none", 1, "3"),
        ("max_t", 0, ""),
    ]
    return pd.DataFrame(rows, columns=["correction", "changed", "which"]).assign(claims=9)


KEYS = {each["asks"]: Row.model_validate(each).key for each in QUESTIONS}


def scorecard() -> pd.DataFrame:
    """Return scorecard.csv of two questions and three methods.

    bn leads the first question clearly, and is last in the second, where ln has no number.
    """

    def answer(asks: str, better: str, method: str, at: float, half: float, behind: int) -> Any:
        known = {
            "key": KEYS[asks],
            "asks": asks,
            "when": "",
            "experiment": "batch_size",
            "dataset": "digits",
        }
        known |= {"dataset_label": "Digits", "unit": "%", "better": better, "against": ""}
        numbers = {"estimate": at, "low": at - half, "high": at + half, "n": 10}
        ranks = {
            "replicates": 10,
            "open": 0,
            "at_end": False,
            "behind": behind,
            "rivals": 2 if asks == "Accuracy" else 1,
        }
        ranks |= {"missing": ""}
        less = at - (97.0 if asks == "Accuracy" else 1.0)
        ends = {"less_best_low": less - 2 * half, "less_best_high": less + 2 * half}
        ranks |= {"less_best": less} | (ends if less else dict.fromkeys(ends, 0.0))
        return known | {"method": method, "method_label": method.upper()} | numbers | ranks

    rows = [
        answer("Accuracy", "high", "base", 90.0, 1.0, 1),
        answer("Accuracy", "high", "bn", 97.0, 1.0, 0),
        answer("Accuracy", "high", "ln", 90.5, 1.0, 1),
        answer("Lost to few rows", "low", "base", 1.0, 0.5, 0),
        answer("Lost to few rows", "low", "bn", 30.0, 2.0, 1),
    ]
    return pd.DataFrame(rows)


def _claims() -> list[dict[str, Any]]:
    return [
        claim(
            1,
            "report",
            "data",
            "The digits are binary images of 28 by 28 pixels.",
            "refuted",
            "Settled by primary source.",
            decided_by="primary source",
            correction="They are stored in grey levels from 0 to 255; a network may threshold them.",
        ),
        claim(
            2,
            "report",
            "accuracy",
            "At the end of training the network without normalization has the higher accuracy, 94 % "
            "against 90.7 %.",
            "mixed",
            "",
            holds="digits, rate 0.01",
            fails="digits, each at its best rate",
            claimed="-3.3 points",
            place="MNIST results",
            tests=2,
        ),
        claim(
            3,
            "report",
            "cost",
            "A step with batch normalization takes about a sixth longer.",
            "supported",
            "",
            holds="digits",
            claimed="932 s against 1079 s",
            tests=1,
        ),
        claim(
            4,
            "report",
            "ranking",
            "All classes are predicted with the same quality.",
            "supported",
            "",
            holds="digits, rate 0.1",
            tests=1,
        ),
        claim(
            5,
            "report",
            "batch size",
            "Weight standardization depends less on the size of the batch than batch normalization.",
            "undecided",
            "An effect as large as observed would be found with about 41 replicates.",
            not_known="digits, rate 0.1",
            tests=1,
        ),
        claim(
            6,
            "wiki",
            "speed",
            "With batch normalization a higher accuracy comes far earlier.",
            "supported",
            "",
            holds="digits, rate 0.1",
            tests=1,
        ),
        claim(
            7,
            "wiki",
            "large networks",
            "Six networks together are the state of the art on ImageNet.",
            "not tested here",
            "Needs ImageNet, which this project does not train on.",
        ),
        claim(
            8,
            "blog",
            "accuracy",
            f"Batch normalization makes dropout needless, {HOSTILE}.",
            "undecided",
            "Fewer than 5 replicates decide nothing.",
            not_known="digits, rate 0.1; digits, rate 0.1",
            tests=2,
        ),
        claim(
            9,
            "blog",
            "batch size",
            "Small batches cost batch normalization its accuracy.",
            "not reproduced",
            "",
            fails="digits, batch 2",
            tests=1,
        ),
        claim(
            10,
            "blog",
            "speed",
            "Training accuracy passes 80 % in the third epoch.",
            "supported",
            "",
            holds="digits, rate 0.1",
            claimed="over 80 %",
            tests=1,
        ),
    ]


def _effects() -> list[dict[str, Any]]:
    ratio = {"scale": "ratio", "threshold_low": NONE, "threshold_high": 1.0}
    nothing = {
        "n": 0,
        "p": NONE,
        "p_holm": NONE,
        "d_z": NONE,
        "p_better": NONE,
        "p_better_low": NONE,
        "p_better_high": NONE,
    }
    return [
        effect(
            2,
            1,
            -1.234,
            -1.41,
            -1.06,
            "supported",
            region="digits, rate 0.01",
            headline="Accuracy at the end",
            rule="below 0 points",
            threshold_low=NONE,
            threshold_high=0.0,
            claimed=-3.3,
            d_z=-4.9,
            p=1.1e-7,
            p_holm=4.2e-6,
            p_better=0.0,
            p_better_low=0.0,
            p_better_high=0.0,
        ),
        effect(
            2,
            2,
            0.412,
            0.31,
            0.52,
            "refuted",
            region="digits, each at its best rate",
            rule="below 0 points",
            threshold_low=NONE,
            threshold_high=0.0,
            claimed=-3.3,
            anchor="learning_rate-digits-all_recipes",
        ),
        effect(
            3,
            1,
            1.171,
            1.148,
            1.195,
            "supported",
            region="digits",
            headline="Time of a step",
            effect="seconds per 1,000 steps: BN / Base",
            quantity="seconds_per_1000_steps",
            compare="bn / base",
            rule="from 1.1 to 1.25",
            scale="ratio",
            threshold_low=1.1,
            threshold_high=1.25,
            claimed=1.158,
            n=5,
            replicates=5,
        ),
        effect(
            4,
            1,
            0.31,
            0.24,
            0.38,
            "supported",
            effect="largest minus smallest AUC of a class of BN",
            compare="bn",
            quantity="auc_range",
            rule="from -0.5 to 0.5 points",
            threshold_low=-0.5,
            threshold_high=0.5,
            p_better=NONE,
            p_better_low=NONE,
            p_better_high=NONE,
        ),
        effect(
            5,
            1,
            -0.02,
            -0.11,
            0.07,
            "undecided",
            experiment="batch_size",
            batch="1, 2, 4, 8",
            effect="size of the change of test accuracy per doubling of the batch: WS minus BN",
            compare="ws - bn",
            quantity="absolute_slope",
            rule="below 0 points",
            threshold_low=NONE,
            threshold_high=0.0,
            p=0.63,
            p_holm=1.0,
            d_z=-0.16,
            p_better=0.4,
            p_better_low=0.1,
            p_better_high=0.7,
            replicates_needed=40.2,
            anchor="batch_size-digits-lr0.1",
        ),
        effect(
            6,
            1,
            0.118,
            0.094,
            0.149,
            "supported",
            effect="steps to 90% test accuracy: BN / Base",
            quantity="steps_to_test",
            compare="bn / base",
            rule="below 1",
            claimed=0.07,
            censored=3,
            n=9,
            p=3e-9,
            p_holm=8e-8,
            d_z=-6.1,
            p_better=0.0,
            p_better_low=0.0,
            p_better_high=0.0,
            **ratio,
        ),
        effect(8, 1, 0.2, NONE, NONE, "undecided", **nothing | {"n": 1}),
        effect(8, 2, NONE, NONE, NONE, "undecided", **nothing, replicates_needed=float("inf")),
        effect(
            9,
            1,
            2.1,
            1.7,
            2.5,
            "refuted",
            experiment="batch_size",
            region="digits, batch 2",
            batch="2",
            rule="below 0 points",
            threshold_low=NONE,
            threshold_high=0.0,
            anchor="batch_size-digits-lr0.1",
        ),
        effect(
            10,
            1,
            97.12,
            96.9,
            97.34,
            "supported",
            effect="training accuracy at epoch 3 of BN",
            compare="bn",
            quantity="train_accuracy",
            rule="above 80 points",
            threshold_low=80.0,
            claimed=80.0,
            p_better=NONE,
            p_better_low=NONE,
            p_better_high=NONE,
        ),
    ]
