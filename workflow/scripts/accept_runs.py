"""Record today's code and data in every finished run of a study, so that none of them is trained again."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab import store
from bnlab.files import job_log, read_json, save_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logger = logging.getLogger("bnlab.accept_runs")

with job_log(snakemake.log[0], "runs"):
    data = {Path(path).parent.name: store.digest_of_file(Path(path)) for path in snakemake.input}
    accepted = 0
    for order in snakemake.params.runs:
        record = Path(order["folder"]) / store.RECORD
        if record.is_file():
            made_from = {"code": order["code"], "data": data[order["run"]["dataset"]]}
            save_json(record, read_json(record) | {store.MADE_FROM: made_from})
            accepted += 1
    logger.info("%d of %d runs are accepted", accepted, len(snakemake.params.runs))
