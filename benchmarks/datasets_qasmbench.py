"""Import a folder of real files and compare every circuit with Qiskit's own load.

    python -m benchmarks.datasets_qasmbench FOLDER

Every file is accounted for; up to ten qubits the unitary (or, with measurements and resets, the
distribution of outcomes over 4,000 shots) is compared with that of Qiskit's own loader
with its legacy gates.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit import qasm2 as qiskit_qasm2
from qiskit.quantum_info import Operator

from benchmarks.measure import machine, write_results
from qtools.circuits.normal import UnsupportedCircuitError
from qtools.circuits.qiskit_io import to_qiskit
from qtools.datasets.wild import read_file

_MAX_QUBITS = 10


def counts(circuit: QuantumCircuit) -> dict[str, int]:
    """Outcomes of 4,000 shots with a fixed seed on Aer, over all classical bits."""
    from qiskit_aer import AerSimulator

    simulator = AerSimulator(method="statevector", seed_simulator=5)
    basis = ["u", "cx", "measure", "reset", "if_else"]
    plain = transpile(circuit, basis_gates=basis, optimization_level=0)
    found = simulator.run(plain, shots=4000).result().get_counts()
    return {key.replace(" ", ""): value for key, value in found.items()}


def without_measurements(circuit: QuantumCircuit) -> QuantumCircuit | None:
    """The circuit without final measurements, or None if it has others."""
    bare: QuantumCircuit = circuit.remove_final_measurements(inplace=False)
    plain = {"measure", "reset", "if_else"}
    return None if any(item.name in plain for item in bare.data) else bare


def same(ours: QuantumCircuit, theirs: QuantumCircuit) -> bool:
    """Equal unitaries, or equal outcome distributions up to shot noise."""
    one, two = without_measurements(ours), without_measurements(theirs)
    if one is not None and two is not None and one.num_qubits <= 8:
        return bool(Operator(one).equiv(Operator(two)))
    if one is not None and two is not None:
        from qiskit.quantum_info import Statevector

        return bool(Statevector(one).equiv(Statevector(two)))
    a, b = counts(ours), counts(theirs)
    distance = sum(abs(a.get(key, 0) - b.get(key, 0)) for key in {*a, *b}) / 8000
    return bool(distance < 3 * np.sqrt(max(len(a), len(b)) / 4000))


def main() -> None:
    """Print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    measured_on = machine()
    files = sorted(parser.parse_args().folder.glob("*.qasm"))
    account: Counter[str] = Counter()
    for path in files:
        try:
            reading = read_file(path)[0]
        except UnsupportedCircuitError as error:
            account[f"quarantined: {error.reason}"] += 1
            print(f"{path.name}: {error}")
            continue
        account["loaded"] += 1
        account["repaired"] += bool(reading.repairs)
        if reading.circuit.num_qubits > _MAX_QUBITS:
            account["too wide to compare"] += 1
            continue
        theirs = qiskit_qasm2.load(
            path, custom_instructions=qiskit_qasm2.LEGACY_CUSTOM_INSTRUCTIONS
        )
        account["equal" if same(to_qiskit(reading.circuit), theirs) else "DIFFERENT"] += 1
    print(f"{len(files)} files: {dict(account)}")
    write_results(
        "datasets_qasmbench",
        [{"what": what, "files": number} for what, number in account.most_common()],
        measured_on=measured_on,
        columns={"what": "what became of the files", "files": "files"},
        notes=f"{len(files)} files. Loaded ones of at most {_MAX_QUBITS} qubits are compared with "
        "Qiskit's own load: unitaries, output states, or outcome distributions where they measure "
        "on the way.",
    )


if __name__ == "__main__":
    main()
