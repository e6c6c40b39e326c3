"""Measure how the cost of training and planning grows, print it, and write results/bench.csv.

One process with one thread measures processor time, in turn and in several rounds; medians, lowest and highest are in
microseconds. The network is a perceptron of three hidden layers of 100 units on data in the shape of MNIST, at batch
60, or three stages of convolutions on images of 32 × 32 × 3, both with batch normalization. ``varies`` is the one size
that differs, ``value`` its value.

    trainer     ``bnlab.training``, for each replicate; a replicate has 500 steps and an evaluation
    fit         ``keras.Model.fit`` on the same network of Keras' own layers
    products    the matrix products of a step alone, at their own shapes, in NumPy's BLAS
    snakemake   a dry run of a study with so many runs, each in a job of its own; measured once
    limit       the operations of a step at the rate of a large product in BLAS on this machine
"""

from pathlib import Path

import pandas as pd

from bench import growth, machine
from bench.timing import measure
from bnlab import lazy
from bnlab.files import save_csv
from bnlab.provenance import hardware, versions
from bnlab.training.trainer import share_the_machine

RESULT = Path("results/bench.csv")
COLUMNS = ["varies", "value", "of", "per", "median", "lowest", "highest", "limit"]


def main() -> None:
    """Measure everything, print a line for each size as it comes, write the table."""
    lazy.load()  # with the settings of a training job, before Keras imports it
    share_the_machine()
    print(hardware()["processor"], versions())
    limits = {"product": machine.large_product(), "copy": machine.copy()}
    times = measure(limits).set_index("of")["median"]
    rate, bandwidth = machine.product_rate(times["product"]), machine.bandwidth(times["copy"])
    print(f"{rate / 1e3:.1f} GFLOP/s in large products, {bandwidth / 1e3:.1f} GB/s in copies")
    print(
        f"{'varies':>10} {'value':>7} {'of':>9} {'median µs':>11} {'lowest':>11} {'highest':>11}  of limit"
    )
    tables = []
    for table in growth.measure_all():
        tables.append(table.reindex(columns=[*COLUMNS, "operations"]))
        tables[-1]["limit"] = tables[-1].pop("operations").astype(float) / rate
        for row in tables[-1].to_dict("records"):
            share = "" if pd.isna(row["limit"]) else f"{row['limit'] / row['median']:>9.0%}"
            print(
                f"{row['varies']:>10} {row['value']:>7} {row['of']:>9} {row['median']:>11.1f}"
                f" {row['lowest']:>11.1f} {row['highest']:>11.1f} {share}",
                flush=True,
            )
    save_csv(RESULT, pd.concat(tables)[COLUMNS])


if __name__ == "__main__":
    main()
