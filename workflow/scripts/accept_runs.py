"""Record today's code and data in every finished run of a study, so that none of them is trained again."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import store
from bnlab.files import job_log, sha256

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logger = logging.getLogger("bnlab.accept_runs")

with job_log(snakemake.log[0], "runs"):
    data = {Path(path).parent.name: sha256(Path(path)) for path in snakemake.input}
    accepted = sum(
        store.accept(Path(order["folder"]), order["code"], data[order["run"]["dataset"]])
        for order in snakemake.params.runs
    )
    logger.info("%d of %d runs are accepted", accepted, len(snakemake.params.runs))
