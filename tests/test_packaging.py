"""The files around the code agree: versions, locks, environments, README, Makefile, rules."""

import re
import runpy
import subprocess
import sys
import tomllib
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path

import documentation
import numpy as np
import pytest
import tensorflow as tf
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bnlab.networks.loading import load
from bnlab.study import validation

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "workflow" / "studies"
METHOD = documentation.code_of("README.md", "RMS")
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
    groups = PROJECT["dependency-groups"].values()
    requirements = [
        *PROJECT["project"]["dependencies"],
        *(name for group in groups for name in group),
    ]
    for requirement in map(Requirement, requirements):
        actual = versions.get(canonicalize_name(requirement.name), set())
        assert actual, f"{requirement.name} is not locked; run `make lock`"
        assert all(requirement.specifier.contains(version) for version in actual), requirement


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
    (minimum,) = re.findall(r'min_version\("([\d.]+)"\)', RULES[0].read_text(encoding="utf8"))
    (version,) = locked("requirements.lock")["snakemake"]
    assert Requirement(f"snakemake>={minimum}").specifier.contains(version)


# --- files that are named ---------------------------------------------------------------------


def test_environments_scripts_and_included_rules_exist() -> None:
    named = re.compile(r'^ *(?:conda|script|include|report|configfile):\s+"([^"{]+)"', re.MULTILINE)
    actual = [
        (file, name) for file in RULES for name in named.findall(file.read_text(encoding="utf8"))
    ]
    assert len(actual) > len(RULES)
    for file, name in actual:
        assert (file.parent / name).is_file(), f"{file.name} names {name}"


def test_no_script_or_module_on_a_path_hides_an_installed_package_or_a_module_of_python() -> None:
    taken = {*packages_distributions(), *sys.stdlib_module_names} - {"bnlab"}
    folders = ("workflow/scripts", "workflow/envs", "docs/scripts", "tests")
    names = {file.stem: file for folder in folders for file in (ROOT / folder).iterdir()}
    assert [names[name] for name in names.keys() & taken] == []


@pytest.mark.parametrize(
    "overlay",
    [None, *sorted(STUDIES.glob("*.yaml"))],
    ids=lambda path: getattr(path, "name", "config.yaml"),
)
def test_every_figure_and_table_has_a_caption(overlay: Path | None) -> None:
    study = validation.read([ROOT / "config.yaml", *([overlay] if overlay else [])])
    for item in [*study.figures(), *study.tables()]:
        assert study.declaration(item.experiment).item(item.kind).caption.strip()


def test_no_file_knows_the_machine_it_was_written_on_or_a_registry() -> None:
    machine = re.compile(
        r"(?<![\w.~>*})-])/(?:home|root|work|opt|tmp|mnt|srv|Users)/\w"
        r"|pypi\.(?:org|python)|pythonhosted\.|anaconda\.(?:org|com)"
    )
    for path in tracked_files():
        if path.suffix in {".png", ".svg", ".gz"}:
            continue
        match = machine.search(path.read_text(encoding="utf8"))
        assert not match, f"{path.relative_to(ROOT)}: {match and match[0]}"


@pytest.mark.parametrize(
    "path",
    [*(ROOT / lock for lock in LOCKS), *ENVIRONMENTS],
    ids=lambda path: getattr(path, "name", "config.yaml"),
)
def test_locks_and_environments_hold_no_address(path: Path) -> None:
    assert "://" not in path.read_text(encoding="utf8")


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ('"""Return the mean of a batch."""', False),
        ('    """Whatever is run."""', False),
        ('"""What a batch is."""', True),
        ('    """Whether a batch is small."""', True),
    ],
)
def test_lint_refuses_a_docstring_that_opens_with_a_question_word(
    tmp_path: Path, line: str, refused: bool
) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text("utf8"), "utf8")
    for folder in ("docs", "tests", "workflow/rules"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Snakefile").touch()
    (tmp_path / "workflow" / "rules" / "some.smk").write_text(f"{line}\n", "utf8")
    command = ["make", "docstrings"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, "workflow/rules/some.smk:1:" in done.stdout) == (refused, refused)


# --- security -----------------------------------------------------------------------------------


def test_an_accepted_finding_is_left_out_until_its_last_day() -> None:
    audit = runpy.run_path(str(ROOT / "workflow" / "envs" / "audit.py"))
    accepted = [
        {"id": "PYSEC-1", "until": date(2026, 11, 30)},
        {"id": "B", "until": date(2027, 1, 1)},
    ]
    both, one = ["--ignore-vuln=PYSEC-1", "--ignore-vuln=B"], ["--ignore-vuln=B"]
    assert audit["ignored"](accepted, date(2026, 11, 30)) == both
    assert audit["ignored"](accepted, date(2026, 12, 1)) == one
    assert audit["ignored"](accepted, date(2027, 1, 2)) == []


@pytest.mark.parametrize("named", [True, False])
def test_a_file_of_classes_runs_only_where_the_config_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    mark = tmp_path / "it ran"
    code = f"from pathlib import Path\nPath({str(mark)!r}).touch()\n{METHOD}"
    (tmp_path / "my_norms.py").write_text(code, encoding="utf8")
    overlay = {"study": "named", "methods": {"rms": {"normalizer": "my_norms.py:RMS"}}}
    file = tmp_path / "named.yaml"
    file.write_text(yaml.safe_dump(overlay if named else {"study": "named"}), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    validation.read([ROOT / "config.yaml", file])
    assert mark.exists() == named


def test_each_accepted_finding_has_package_reason_and_days() -> None:
    text = (ROOT / "workflow" / "envs" / "accepted.toml").read_text(encoding="utf8")
    example = text.replace("\n# ", "\n")  # the comment shows an entry
    for entry in [each for t in (text, example) for each in tomllib.loads(t).get("accepted", [])]:
        assert entry.keys() == {"id", "package", "since", "until", "reason"}
        assert entry["since"] < entry["until"]


def test_actions_are_pinned_by_digest_and_their_token_only_reads() -> None:
    for file in (ROOT / ".github" / "workflows").iterdir():
        text = file.read_text(encoding="utf8")
        for line in re.findall(r"uses: (.+)", text):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert job["permissions"] == {"contents": "read"}


# --- what the README shows, done --------------------------------------------------------------


def test_the_method_of_the_readme_computes_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "my_norms.py").write_text(METHOD, encoding="utf8")
    layer = load(f"{tmp_path / 'my_norms.py'}:RMS")(epsilon=1e-6).build_for(5, dtype="float64")
    gain = np.arange(1.0, 6.0)
    layer.gain = tf.constant(gain)
    u = np.random.default_rng(0).normal(size=(4, 5))
    expected = gain * u / np.sqrt((u**2).mean(axis=1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layer.normalize(tf.constant(u), training=True), expected, rtol=1e-12)


def outcome_of(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "workflow" / "scripts" / "test_method.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([""], "Name a class: make test-method METHOD="),
        (["my_norms.py:RSM"], "unknown normalizer 'RSM' in my_norms.py; did you mean 'RMS'?"),
        (["my_norms.py"], "names no class of its file (allowed: my_norms.py:Class)"),
        (["their_norms.py:RMS"], "there is no file their_norms.py"),
        (["my_norms.py:RMS", "epsilon=-1.0"], "epsilon: -1.0 is too small (allowed: above 0"),
        (["my_norms.py:RMS", "eps=1.0"], "unknown option 'eps'; did you mean 'epsilon'?"),
    ],
)
def test_what_cannot_be_tested_is_said_in_a_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "my_norms.py").write_text(METHOD, encoding="utf8")
    done = outcome_of(*arguments, folder=tmp_path)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert sentence in done.stderr
