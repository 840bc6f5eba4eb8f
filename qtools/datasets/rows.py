"""One circuit of a corpus as a row: its text, where it comes from, what it looks like."""

import json
from dataclasses import dataclass, field
from typing import Any

from qtools.circuits import qasm2
from qtools.circuits.canonical import canonical_fingerprints, exact_fingerprint
from qtools.circuits.features import features
from qtools.circuits.normal import NormalCircuit
from qtools.runs.tasks import canonical_json, content_id

#: A row, as JSON values; the columns are listed in :mod:`qtools.datasets.schema`.
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a circuit comes from.

    Attributes:
        source: name of the source.
        license: SPDX identifier, or ``unknown``.
        family: family within the source; for files, the name of the file without its suffix.
        parameters: what tells the circuit apart within its family, angles and levels excepted.
        level: alg, indep, nativegates, mapped, or file.
        gate_set: native gate set, or ``universal``.
        target: device of mapped circuits, else empty.
        opt_level: optimisation level of Qiskit's transpiler.
        generator: package and version that made it, or ``file``.
        seed: of its random angles and structure; -1 for files.
        repairs: what was repaired in a file, by name.
        path: the file, relative to the imported folder; empty for generated circuits.
    """

    source: str
    license: str
    family: str
    parameters: dict[str, Any] = field(default_factory=dict)
    level: str
    gate_set: str
    target: str = ""
    opt_level: int = 0
    generator: str
    seed: int = -1
    repairs: tuple[str, ...] = ()
    path: str = ""

    @property
    def group(self) -> str:
        """Id of (source, family, parameters): all of one group go into one split."""
        return content_id([self.source, self.family, self.parameters])


def make_row(circuit: NormalCircuit, provenance: Provenance) -> Row:
    """All columns of one circuit except its split."""
    text = qasm2.dumps(circuit)
    canonical = canonical_fingerprints(circuit)
    counts = circuit.gate_histogram()
    return {
        **vars(provenance),
        "parameters": canonical_json(provenance.parameters),
        "repairs": list(provenance.repairs),
        "group": provenance.group,
        "id": exact_fingerprint(text),
        "qasm": text,
        "fingerprint": canonical.circuit.fingerprint,
        "structure": canonical.structure.fingerprint,
        "fingerprint_exhaustive": canonical.circuit.exhaustive and canonical.structure.exhaustive,
        "num_clbits": circuit.num_clbits,
        "num_operations": len(circuit.operations) - counts.get("barrier", 0),
        "has_conditions": any(op.condition is not None for op in circuit.operations),
        "gate_counts": json.dumps(counts),
        **vars(features(circuit)),
    }
