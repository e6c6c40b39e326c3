"""Split a data set into training, validation and test rows, scale it, and describe it."""

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.data import datasets, preprocessing
from bnlab.files import job_log, read_json, save_arrays, save_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

inputs, settings = snakemake.input, snakemake.params.settings
with job_log(snakemake.log[0], snakemake.wildcards.dataset):
    table = datasets.load_table(Path(inputs.raw))
    image, planes = settings["shape"].get("image"), settings["shape"].get("planes", False)
    rules = {name: settings[name] for name in ("missing", "categories") if name in settings}
    arrays, encoded = preprocessing.preprocess(
        table, settings["split"], settings["scaling"], image, planes, **rules
    )
    summary = preprocessing.summary(
        table, read_json(Path(inputs.origin)), settings, arrays, encoded
    )
    problems = datasets.shape_problems(summary["shape"], settings["shape"])
    if problems:
        raise datasets.DataError.of(problems)
    save_arrays(Path(snakemake.output.split), arrays)
    save_json(Path(snakemake.output.data), summary)
    datasets.logger.info("rows: %s", summary["split"])
