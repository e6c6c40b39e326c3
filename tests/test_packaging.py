"""The files around the code agree: versions, locks, environments, README, Makefile, rules."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bnlab import layer_source, validation

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "workflow" / "studies"
README = (ROOT / "README.md").read_text(encoding="utf8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
LOCKS = ("requirements.lock", "requirements-gpu.lock")
ENVIRONMENTS = sorted((ROOT / "workflow" / "envs").glob("*.yaml"))
RULES = [ROOT / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk"))]


def entries(lock: str) -> list[str]:
    """The requirements of a lock file, each with its hashes and without comments, on one line."""
    text = (ROOT / lock).read_text(encoding="utf8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def locked(lock: str) -> dict[str, set[str]]:
    """Versions that a lock file holds of each package; more than one where Python decides."""
    versions: dict[str, set[str]] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.partition(" --hash")[0])
        versions.setdefault(requirement.name, set()).add(only_version(requirement))
    return versions


def only_version(requirement: Requirement) -> str:
    (pin,) = requirement.specifier
    assert pin.operator == "==", requirement
    return pin.version


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


# --- versions -------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_one_version_with_hashes(lock: str) -> None:
    for entry in entries(lock):
        assert re.fullmatch(r"\S+==\S+( ; [^-]+?)?( +--hash=sha256:[0-9a-f]{64})+ *", entry), entry


def test_the_lock_holds_everything_that_pyproject_asks_for() -> None:
    versions = locked("requirements.lock")
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    for requirement in map(Requirement, asked):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is not locked; run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found), requirement


def test_the_gpu_lock_has_the_same_versions_and_no_second_tensorflow() -> None:
    cpu, gpu = locked("requirements.lock"), locked("requirements-gpu.lock")
    assert cpu.keys() - gpu.keys() == {"tensorflow-cpu"}
    assert {name: gpu[name] for name in cpu.keys() & gpu.keys()} == {
        name: versions for name, versions in cpu.items() if name in gpu
    }
    added = gpu.keys() - cpu.keys()
    assert added
    assert all(name.startswith("nvidia-") for name in added)


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_conda_environments_have_the_versions_of_the_lock(path: Path) -> None:
    versions = locked("requirements.lock")
    dependencies = yaml.safe_load(path.read_text(encoding="utf8"))["dependencies"]
    pins = [
        Requirement(pin)
        for entry in dependencies
        if isinstance(entry, dict)
        for pin in entry["pip"]
    ]
    for pin in pins:
        assert only_version(pin) in versions[pin.name], pin
    direct = {Requirement(text).name for text in PROJECT["project"]["dependencies"]}
    assert {pin.name for pin in pins} >= direct - {"snakemake"}


def test_the_conda_environment_is_what_make_lock_writes() -> None:
    written = runpy.run_path(str(ROOT / "workflow" / "envs" / "pin.py"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf8")
    assert (ROOT / "workflow/envs/bnlab.yaml").read_text(encoding="utf8") == written["environment"](
        lock
    )


def test_snakemake_is_at_least_the_version_that_the_snakefile_asks_for() -> None:
    (asked,) = re.findall(r'min_version\("([\d.]+)"\)', RULES[0].read_text(encoding="utf8"))
    (version,) = locked("requirements.lock")["snakemake"]
    assert Requirement(f"snakemake>={asked}").specifier.contains(version)


# --- files that are named ---------------------------------------------------------------------


def test_environments_scripts_and_included_rules_exist() -> None:
    named = re.compile(r'^ *(?:conda|script|include|report|configfile):\s+"([^"{]+)"', re.MULTILINE)
    found = [
        (file, name) for file in RULES for name in named.findall(file.read_text(encoding="utf8"))
    ]
    assert len(found) > len(RULES)
    for file, name in found:
        assert (file.parent / name).is_file(), f"{file.name} names {name}"


@pytest.mark.parametrize(
    "overlay",
    [None, *sorted(STUDIES.glob("*.yaml"))],
    ids=lambda path: getattr(path, "name", "config.yaml"),
)
def test_every_figure_and_table_has_a_caption(overlay: Path | None) -> None:
    study = validation.read([ROOT / "config.yaml", *([overlay] if overlay else [])])
    for item in [*study.figures(), *study.tables()]:
        caption = ROOT / "workflow" / "report" / item.experiment / f"{item.figure}.rst"
        assert caption.read_text(encoding="utf8").strip(), caption


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"^(?:\| )?`?make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "study", "test"} <= named <= targets


def test_files_that_the_readme_names_exist() -> None:
    copied_by_the_user = {"workflow/studies/local.yaml"}
    named = set(re.findall(r"(?<![\w/])(?:workflow|profiles|tests|\.ci)/[\w./-]*[\w/]", README))
    assert "workflow/studies/demo.yaml" in named
    for path in named - copied_by_the_user:
        assert (ROOT / path).exists(), path


def test_no_file_knows_the_machine_it_was_written_on_or_a_registry() -> None:
    machine = re.compile(
        r"(?<![\w.~>*})-])/(?:home|root|work|opt|tmp|mnt|srv|Users)/\w"
        r"|pypi\.(?:org|python)|pythonhosted\.|anaconda\.(?:org|com)"
    )
    for path in tracked_files():
        if path.suffix in {".png", ".svg", ".gz"}:
            continue
        found = machine.search(path.read_text(encoding="utf8"))
        assert not found, f"{path.relative_to(ROOT)}: {found and found[0]}"


@pytest.mark.parametrize(
    "path",
    [*(ROOT / lock for lock in LOCKS), *ENVIRONMENTS],
    ids=lambda path: getattr(path, "name", "config.yaml"),
)
def test_locks_and_environments_hold_no_address(path: Path) -> None:
    assert "://" not in path.read_text(encoding="utf8")


# --- what the README shows, done --------------------------------------------------------------


@pytest.fixture
def layers_of_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of layers.py with the README's method at its end, which configs may name."""
    (method,) = code_blocks("python")
    file = tmp_path / "layers.py"
    file.write_text(
        layer_source.LAYERS_FILE.read_text(encoding="utf8") + "\n\n" + method, encoding="utf8"
    )
    monkeypatch.setattr(layer_source, "LAYERS_FILE", file)
    return file


def test_overlays_of_the_readme_are_valid(tmp_path: Path, layers_of_the_readme: Path) -> None:
    *overlays, _ = code_blocks("yaml")
    assert len(overlays) == 2
    for block in overlays:
        overlay = tmp_path / "overlay.yaml"
        overlay.write_text(block, encoding="utf8")
        study = validation.read([ROOT / "config.yaml", STUDIES / "demo.yaml", overlay])
        assert study.all_runs()


def test_the_claim_of_the_readme_is_valid(tmp_path: Path) -> None:
    *_, claim = code_blocks("yaml")
    ledger = (ROOT / "workflow" / "claims.yaml").read_text(encoding="utf8").rstrip()
    file = tmp_path / "claims.yaml"
    file.write_text(f"{ledger}\n{claim}".replace("sources:", "sources:\n  mine: {title: Mine}"))
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf8"))
    assert validation.load_ledger(file, config).claims[-1].id == 67


def test_the_method_of_the_readme_computes_what_it_says(
    layers_of_the_readme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("layers_of_the_readme")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(layers_of_the_readme.read_text(encoding="utf8"), module.__dict__)
    layer = module.RMS(5, "sigmoid", dtype="float64")
    x = np.random.default_rng(0).normal(size=(4, 3))
    layer.build(x.shape)
    gain = np.arange(1.0, 6.0)
    layer.gain.assign(gain)
    u = x @ layer.kernel.numpy()
    scaled = gain * u / np.sqrt((u**2).mean(axis=1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layer(x, training=True), 1 / (1 + np.exp(-scaled)), rtol=1e-12)
