"""Configuration of the documentation; `make docs` builds it with warnings as errors."""

import sys
from pathlib import Path

from qtools import __version__

project = "qtools"
author = copyright = "the qtools developers"
version = release = __version__
root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "docs"))

extensions = [
    "formulas",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "qiskit_sphinx_theme",
]
html_theme = "qiskit-ecosystem"
html_title = f"qtools {__version__}"
html_static_path: list[str] = []
html_math_renderer = "formulas"
templates_path = ["templates"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints"]

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True

# Sampling from the bundled model needs one.
if not (root / "qtools/generate/models/default/model.safetensors").is_file():
    nb_execution_excludepatterns = ["tutorials/benchmark-suite.md"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_use_ivar = True
napoleon_google_docstring = True
add_module_names = False
suppress_warnings = ["config.cache"]


def _measured(app: object) -> None:
    """Gather the tables of benchmarks/results/ on one page."""
    parts = [
        "# Measurements\n\nEvery table comes from the script of its name in `benchmarks/`; the "
        "data behind it lies beside it as JSON.\n"
    ]
    for path in sorted((root / "benchmarks/results").glob("*.md")):
        text = path.read_text(encoding="utf-8").strip()
        parts.append(f"#{text}\n" if text.startswith("# ") else f"## {path.stem}\n\n{text}\n")
    (root / "docs/measurements.md").write_text("\n".join(parts), encoding="utf-8")


def _kets(
    app: object, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Keep ``|0>`` in docstrings from being read as a substitution of reStructuredText."""
    for index, line in enumerate(lines):
        parts = line.split("``")
        parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
        lines[index] = "``".join(parts)


def setup(app: object) -> None:
    """Make the generated page before anything is read."""
    app.connect("builder-inited", _measured)  # type: ignore[attr-defined]
    app.connect("autodoc-process-docstring", _kets)  # type: ignore[attr-defined]
