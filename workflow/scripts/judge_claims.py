"""Judge every claim of the ledger by the results of a study, and write its tables."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from bnlab.imports import without_collector

with without_collector():
    from bnlab.analysis.claims import judge_ledger
    from bnlab.analysis.confirmation import confirm
    from bnlab.analysis.earlier import Earlier
    from bnlab.analysis.scores import score, unanswered
    from bnlab.experiments import quantity
    from bnlab.files import job_log, read_csv, read_parquets, save_csv
    from bnlab.study.config import Study
    from bnlab.study.ledger import Ledger

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logger = logging.getLogger("bnlab.judge_claims")

params = snakemake.params
with job_log(snakemake.log[0], "claims"):
    study = Study.model_validate(params.study)
    results = {
        experiment: {source: read_parquets(map(Path, paths)) for source, paths in sources.items()}
        for experiment, sources in params.evidence.items()
    }
    ledger = Ledger.model_validate(params.ledger)
    earlier = earlier_scores = None
    if snakemake.input.published:
        published = (read_csv(Path(path)) for path in snakemake.input.published)
        effects, replicates, earlier_scores = published
        earlier = Earlier(effects, replicates)
    judged = judge_ledger(ledger, study, results, quantity, earlier)
    for name, table in judged._asdict().items():
        save_csv(Path(snakemake.output[name]), table)
    fresh = map(read_csv, map(Path, snakemake.input.fresh))
    confirmation = confirm(judged.claims, judged.effects, next(fresh, judged.effects[:0]))
    save_csv(Path(snakemake.output.confirmation), confirmation)
    scores = score(ledger.scorecard, study, results, quantity, earlier_scores)
    for question in unanswered(ledger.scorecard, study):
        logger.warning("the scorecard does not answer: %s", question)
    if ledger.scorecard and scores.empty:
        logger.warning(
            "the scorecard is empty, since no run of this study answers one of its questions"
        )
    save_csv(Path(snakemake.output.scorecard), scores)
