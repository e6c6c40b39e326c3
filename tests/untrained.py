"""Print the runs that the store lacks, or has from other code: in the folder of a project, by its own library.

The arguments are the YAML files of the study.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, "workflow/scripts")

from bnlab import store
from bnlab.study import code, families, training, validation

files = [Path(name) for name in sys.argv[1:]]
study = validation.read(files)
trainer = code.digest_files([Path("workflow/scripts/train.py").resolve()])
jobs = training.jobs(study, families.of_recipes(validation.overlaid(files)["recipes"]))
missing = []
for job, runs in jobs.items():
    for run in runs:
        made_from = store.made_from(Path(study.folder(run)))
        expected = training.order(study, run, trainer)["code"]
        if made_from is None or made_from["code"] != expected:
            missing.append([job, run])
print(json.dumps(missing))
