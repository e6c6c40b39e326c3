"""The files by which outsiders find and start the workflow: those that the Snakemake workflow catalog asks for."""

import re
from pathlib import Path

import yaml

from bnlab.study.schema import ConfigFile

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "config" / "README.md").read_text(encoding="utf8")


def test_the_catalog_finds_a_way_in_instructions_and_a_readme_with_its_words() -> None:
    assert (ROOT / "workflow" / "Snakefile").is_file()
    readme = (ROOT / "README.md").read_text(encoding="utf8").lower()
    assert "snakemake" in readme and "workflow" in readme
    entry = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf8"))
    assert entry["usage"]["software-stack-deployment"]["conda"] is True


def test_the_instructions_name_every_key_of_a_config() -> None:
    table = re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(table))) == set(ConfigFile.model_fields)


def test_the_config_of_a_deployed_copy_is_the_config() -> None:
    assert (ROOT / "config" / "config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()
