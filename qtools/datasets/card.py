"""The data set card: ``README.md`` with the YAML that Hugging Face's ``load_dataset`` reads."""

from pathlib import Path

from qtools.datasets.manifest import Manifest, SourceEntry
from qtools.datasets.shards import RELEASED
from qtools.datasets.splits import SPLITS
from qtools.runs.files import write_text

# SPDX identifier -> the name Hugging Face uses.
_LICENSE_TAGS = {
    "MIT": "mit",
    "Apache-2.0": "apache-2.0",
    "BSD-3-Clause": "bsd-3-clause",
    "BSD-2-Clause": "bsd-2-clause",
    "CC-BY-4.0": "cc-by-4.0",
    "CC0-1.0": "cc0-1.0",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_COLUMNS = """\
| column | meaning |
|---|---|
| id | 128 bits of SHA-256 of `qasm` |
| qasm | the circuit in OpenQASM 2; loads with plain `qiskit.qasm2.loads` |
| family, parameters, seed | which circuit of the source this is; `parameters` is JSON |
| level, gate_set, target, opt_level | how it was lowered (alg, indep, nativegates, mapped, file) |
| source, license, generator, repairs, path | where it comes from |
| fingerprint | equal for circuits that agree up to qubit relabelling and commuting order |
| structure | the same without angles: near-duplicates share it |
| fingerprint_exhaustive | whether every relabelled copy is sure to have the same fingerprints |
| group | id of (source, family, parameters); a group is in one split |
| num_qubits, num_gates, two_qubit_gates, two_qubit_fraction, depth | size |
| num_clbits, num_operations, has_conditions, gate_counts | more size; `gate_counts` is JSON |
| ig_*, gdg_*, density_score, idling_score | Bandic et al., arXiv:2212.06640 and 2407.12640 |
| sq_* | SupermarQ, arXiv:2202.11045 |
"""


def write_card(corpus: Path, manifest: Manifest) -> None:
    """Write ``README.md`` and ``NOTICE.md`` of a corpus."""
    write_text(corpus / "README.md", card_text(manifest))
    write_text(corpus / "NOTICE.md", notice_text(manifest))


def card_text(manifest: Manifest) -> str:
    """The card; equal manifests give equal text."""
    released = [entry for entry in manifest.sources if entry.released]
    counts = manifest.circuits()
    return "\n".join(
        [
            _front_matter(manifest, released, counts),
            f"# {manifest.name}\n",
            "Quantum circuits in OpenQASM 2, deduplicated modulo qubit relabelling and commuting "
            "order, split so that near-duplicates stay together, with structural features.\n",
            _split_table(counts),
            _source_table(released),
            "## Columns\n",
            _COLUMNS,
            "## Licences\n",
            "Each row names its source and licence; the notices are in `NOTICE.md` and "
            "`LICENSES/`.\n",
            "## How it was made\n",
            f"`manifest.json` holds the recipe, versions, counts, rejections and the hash of every "
            f"file. Recipe `{manifest.name}`, seed {manifest.seed}, recipe id "
            f"`{manifest.recipe_id or 'none'}`.\n",
        ]
    )


def _front_matter(manifest: Manifest, released: list[SourceEntry], counts: dict[str, int]) -> str:
    licenses = dict.fromkeys(_LICENSE_TAGS.get(entry.license, "other") for entry in released)
    total = sum(counts.values())
    size = next((name for most, name in _SIZES if total < most), "1M<n<10M")
    lines = ["---", f"pretty_name: {manifest.name}"]
    if licenses:
        lines += ["license:", *(f"- {name}" for name in licenses)]
    lines += ["tags:", "- quantum-circuits", "- openqasm", "size_categories:", f"- {size}"]
    filled = [split for split in SPLITS if counts[split]]
    if filled:
        lines += ["configs:", "- config_name: default", "  data_files:"]
    for split in filled:
        lines += [f"  - split: {split}", f"    path: {RELEASED}/{split}-*.parquet"]
    return "\n".join([*lines, "---", ""])


def _split_table(counts: dict[str, int]) -> str:
    rows = "\n".join(f"| {split} | {count} |" for split, count in counts.items())
    return f"## Splits\n\n| split | circuits |\n|---|---|\n{rows}\n"


def _source_table(released: list[SourceEntry]) -> str:
    rows = "\n".join(
        f"| {entry.name} | {entry.license} | {entry.generator} | {len(entry.families)} "
        f"| {sum(entry.circuits.values())} |"
        for entry in released
    )
    head = "| source | licence | generator | families | circuits |\n|---|---|---|---|---|"
    return f"## Sources\n\n{head}\n{rows}\n"


def notice_text(manifest: Manifest) -> str:
    """Copyright and licence of every released source."""
    parts = ["# Notices\n"]
    for entry in manifest.sources:
        if entry.released:
            files = ", ".join(f"`{path}`" for path in entry.notices) or "none was found"
            parts.append(
                f"## {entry.name}\n\n{entry.origin}\n\n{entry.copyright}\n\n"
                f"Licence: {entry.license} (text: {files})\n"
            )
    return "\n".join(parts)
