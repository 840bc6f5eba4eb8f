"""What is installed: budgets of import and size, licences, metadata."""

import os
import re
import resource
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module, metadata
from pathlib import Path

import pytest

from qtools import __version__

ROOT = Path(__file__).parents[1]
HEAVY = (
    *("numpy", "scipy", "qiskit", "quimb", "torch", "transformers", "pyarrow", "networkx"),
    *("matplotlib", "jinja2", "dask"),
)
HELP_SECONDS = 0.3
WHEEL_BYTES = 30 << 20


def loaded_by(statement):
    """Modules that a fresh interpreter has after a statement."""
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "statement",
    [
        "import qtools",
        "import qtools.compile, qtools.generate",
        "import qtools.cli",
        "from qtools.cli import run; run(['--help'])",
        "from qtools.cli import run; run(['generate', 'sample', '--help'])",
    ],
)
def test_imports_and_help_load_nothing_heavy(statement):
    assert loaded_by(statement).isdisjoint(HEAVY)


def test_help_takes_less_than_its_budget_of_processor_time():
    def spent():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    costs = []
    for _ in range(6):  # the first writes the byte code
        before = spent()
        command = [sys.executable, "-m", "qtools", "--help"]
        subprocess.run(command, check=True, capture_output=True, env=environment)
        costs.append(spent() - before)
    assert min(costs) < HELP_SECONDS


@pytest.mark.parametrize("room", ["qtools.compile", "qtools.generate"])
def test_every_public_name_is_there(room):
    module = import_module(room)
    assert all(getattr(module, name).__doc__ for name in module.__all__)


def test_the_citation_names_this_version_and_licence():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"\nlicense: {project['license']}\n" in text


def test_every_lower_bound_is_met_by_the_pinned_versions():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += [text for text in extra if not text.startswith("qtools")]
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    pins = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins.items()}
    unpinned = []
    for text in wanted:
        requirement = Requirement(text)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name not in pins:
            unpinned.append(name)
        else:
            assert requirement.specifier.contains(pins[name]), text
    # Clusters are installed by nobody's `make`.
    assert set(unpinned) <= {"dask", "distributed", "dask-jobqueue"}


def test_the_entry_points_are_installed():
    scripts = {point.name for point in metadata.entry_points(group="console_scripts")}
    assert "qtools" in scripts
    plugins = {point.name for point in metadata.entry_points(group="qiskit.synthesis")}
    assert "evolved_state.default" in plugins


@pytest.mark.slow
def test_the_wheel_holds_what_is_needed_and_its_licences(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    subprocess.run([*command, str(ROOT)], check=True, env=os.environ)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "qtools/py.typed",
        "qtools/report/templates/page.html.j2",
        "qtools/report/templates/page.css",
        "qtools/datasets/recipes/small.toml",
        "qtools/generate/recipes/default.toml",
    } <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    models = {name.split("/")[3] for name in names if name.startswith("qtools/generate/models/")}
    for model in models:
        folder = f"qtools/generate/models/{model}/"
        assert folder + "README.md" in names
        assert any("LICENSE" in name or "NOTICE" in name for name in names if folder in name)
    assert not any("test" in name.split("/")[0] for name in names)


@pytest.mark.parametrize(
    ("module", "extra", "command"),
    [
        ("pyarrow", "datasets", ["datasets", "stats", "nowhere/"]),
        ("networkx", "datasets", ["datasets", "build", "--recipe", "small", "--out", "nowhere/"]),
        ("torch", "generate", ["generate", "sample", "--out", "nowhere/"]),
        ("transformers", "generate", ["generate", "sample", "--out", "nowhere/"]),
    ],
)
def test_a_command_without_its_packages_names_their_extra(module, extra, command, tmp_path):
    script = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from qtools.cli import run; sys.exit(run({command!r}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, stderr=subprocess.PIPE)
    assert done.returncode == 5
    assert f"qtools-quantum[{extra}]".encode() in done.stderr
