"""Read a data set from its source, check it, and write raw.npz and origin.json."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.data import datasets, sources
from bnlab.data.from_openml import OPENML_SERVER, server_of
from bnlab.files import job_log, save_json
from bnlab.study.datasets import REFUSE, settings
from bnlab.study.locations import without_nulls

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params, config = snakemake.params, snakemake.config
with job_log(snakemake.log[0], snakemake.wildcards.dataset):
    # Not parameters of the rule, because another source of the same rows is no reason to read them again.
    given = without_nulls(config["datasets"][snakemake.wildcards.dataset])
    dataset = settings({**given, "shape": params.shape})
    table = sources.read(dataset, config.get("openml"))
    for note in table.notes:
        datasets.logger.warning("%s", note)
    with datasets.about(datasets.describe(dataset)):
        datasets.check(
            table,
            params.shape,
            dataset.get("sha256"),
            dataset.get("missing", REFUSE),
            dataset.get("class_labels"),
        )
    server = server_of(config.get("openml"))
    origin = {
        "source": datasets.describe(dataset, server if server != OPENML_SERVER else None),
        "is_redraw": False,
        "study": snakemake.config["study"],
        "origin": params.origin,
    }
    datasets.save_table(Path(snakemake.output.raw), table)
    save_json(Path(snakemake.output.origin), origin)
    datasets.logger.info("%d rows, %d features", *table.x.shape)
