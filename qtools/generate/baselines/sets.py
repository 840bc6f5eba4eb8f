"""Sets of circuits from the baselines, to be verified as the model's are.

All are made like held-out real circuits: the random ones keep width and size or gates, the trigram
model gets width and gate set, the line-token model the declarations.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from qtools.circuits.alphabet import ALPHABET
from qtools.circuits.normal import NormalCircuit
from qtools.generate.baselines.line_model import LineModel
from qtools.generate.baselines.line_tokens import source_lines
from qtools.generate.baselines.random_circuits import matched_random, qiskit_random
from qtools.generate.baselines.trigram import Trigram
from qtools.generate.baselines.trigram_sample import sample_trigram
from qtools.generate.grammar.limits import Limits
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.rows import decode_rows
from qtools.generate.verify.circuits import Program, as_circuit


def likenesses(
    real: Sequence[NormalCircuit], count: int, rng: np.random.Generator
) -> list[NormalCircuit]:
    """So many real circuits in random order, again and again if there are fewer."""
    order = [i for _ in range(0, count, len(real)) for i in rng.permutation(len(real)).tolist()]
    return [real[i] for i in order[:count]]


def random_sets(
    like: Sequence[NormalCircuit], rng: np.random.Generator
) -> dict[str, list[Program]]:
    """Qiskit's random circuits, and shuffles of real circuits."""
    return {
        "qiskit random": _programs(qiskit_random(circuit, rng) for circuit in like),
        "matched random": _programs(matched_random(circuit, rng) for circuit in like),
    }


def trigram_set(trigram: Trigram, like: Sequence[NormalCircuit], *, seed: int = 0) -> list[Program]:
    """Circuits of the trigram model with the widths and gates of real circuits."""
    limits = [_limits(circuit) for circuit in like]
    return _programs(decode_rows(rows) for rows in sample_trigram(trigram, limits, seed=seed))


def line_set(model: LineModel, like: Sequence[NormalCircuit], *, seed: int = 0) -> list[Program]:
    """Texts of the line-token model that start with the declarations of real circuits."""
    lines = [source_lines(circuit) for circuit in like]
    heads = [[line for line in one if line.startswith(("qreg", "creg"))] for one in lines]
    # No text gets longer than the longest real circuit.
    texts = model.sample(heads, most=max(map(len, lines), default=0), seed=seed)
    return [Program(name=str(i), text=text) for i, text in enumerate(texts)]


def lines_of(documents: EncodedDocuments) -> list[list[str]]:
    """Source lines of documents, angles as rows write them."""
    return [source_lines(decode_rows(documents.document(index))) for index in range(len(documents))]


def _limits(like: NormalCircuit) -> Limits:
    gates = {gate.name for gate in like.gates()}
    if not any(ALPHABET[name].num_qubits == 1 for name in gates):
        # The grammar needs a single-qubit gate to fill up with.
        gates.add("id")
    return Limits(num_qubits=like.num_qubits, gates=tuple(sorted(gates)))


def _programs(circuits: Iterable[NormalCircuit]) -> list[Program]:
    return [as_circuit(circuit, str(i)).program for i, circuit in enumerate(circuits)]
