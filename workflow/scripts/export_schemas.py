"""Write the JSON schemas of config, ledger and experiments to workflow/schemas, as `make schema` does."""

from pathlib import Path

from bnlab.files import save_source
from bnlab.study.schema import SCHEMAS, as_text

FOLDER = Path(__file__).parents[1] / "schemas"

if __name__ == "__main__":
    for name, schema in SCHEMAS.items():
        save_source(FOLDER / f"{name}.schema.json", as_text(schema()))
