"""Training of the references of a card, whose replicates ship: `make references`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np

from bnlab import lazy
from bnlab.card.outcomes import Trained
from bnlab.card.plan import REFERENCES, method_of, plan
from bnlab.card.training import trained
from bnlab.files import save_source
from bnlab.training.trainer import share_the_machine


def main(names: Sequence[str]) -> None:
    """Train the references of these names, all without any, and write each as soon as it is trained."""
    lazy.load("3")
    share_the_machine()
    settings, about = plan()["settings"], plan()["references"]
    for name in names or about:
        method, found = method_of(about[name]), {}
        for key, setting in settings.items():
            started = time.process_time()
            found[key] = trained(setting, method, lambda: None)
            spent, mean = time.process_time() - started, np.mean(found[key].accuracy)
            print(f"{name}, {key}: {mean:.3f} at {found[key].rate}, {spent:.0f} s", flush=True)
        _save(name, found)


def _save(name: str, found: Mapping[str, Trained]) -> None:
    """Add a reference to the file, in the order of the plan; those that the plan no longer has go."""
    known = json.loads(REFERENCES.read_text("utf8")) if REFERENCES.exists() else {}
    known[name] = {key: each.model_dump() for key, each in found.items()}
    kept = {each: known[each] for each in plan()["references"] if each in known}
    save_source(REFERENCES, json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
