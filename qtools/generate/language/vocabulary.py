"""The rows that a circuit is written in: one row per gate, with fixed columns.

A circuit becomes a table with one row per statement and the columns op, a, b, c, angle, fine.
``a``, ``b`` and ``c`` hold qubits, a classical bit or a number, as the op says; ``angle`` and
``fine`` hold a code of :mod:`qtools.generate.language.angles`. Empty cells hold -1. A gate with
several angles is followed by one ``more`` row for each angle after the first. Read row by row
without its empty cells the table is the token sequence that the tokenizer writes; the model takes
one position per row, which is three times shorter.
"""

from enum import IntEnum

import numpy as np

from qtools.circuits.alphabet import ALPHABET

#: Qubits, classical bits and numbers lie below this.
MAX_INDEX = 128


class Column(IntEnum):
    """Columns of a row."""

    OP = 0
    A = 1
    B = 2
    C = 3
    ANGLE = 4
    FINE = 5


NUM_COLUMNS = len(Column)
EMPTY = -1


class Kind(IntEnum):
    """What an operand column holds."""

    NONE = 0
    QUBIT = 1
    CLBIT = 2
    NUMBER = 3


#: Statements that are no gates, with the kinds of their operands.
#: qreg: number of qubits - 1. creg: size - 1, number of such registers - 1. if: register, value.
#: barrier and barrier_join: first and last qubit of a range; a join extends the barrier before it.
_STATEMENTS: dict[str, tuple[Kind, ...]] = {
    "pad": (),
    "bos": (),
    "eos": (),
    "qreg": (Kind.NUMBER,),
    "creg": (Kind.NUMBER, Kind.NUMBER),
    "if": (Kind.NUMBER, Kind.NUMBER),
    "more": (),
    "barrier_all": (),
    "barrier": (Kind.QUBIT, Kind.QUBIT),
    "barrier_join": (Kind.QUBIT, Kind.QUBIT),
    "measure": (Kind.QUBIT, Kind.CLBIT),
    "reset": (Kind.QUBIT,),
}
_GATES = {name: (Kind.QUBIT,) * spec.num_qubits for name, spec in ALPHABET.items()}

#: Names of the ops; the position is the id.
OP_NAMES = (*_STATEMENTS, *_GATES)
OP_IDS = {name: index for index, name in enumerate(OP_NAMES)}
NUM_OPS = len(OP_NAMES)
FIRST_GATE = len(_STATEMENTS)

PAD, BOS, EOS = OP_IDS["pad"], OP_IDS["bos"], OP_IDS["eos"]
QREG, CREG, IF, MORE = OP_IDS["qreg"], OP_IDS["creg"], OP_IDS["if"], OP_IDS["more"]
BARRIER_ALL, BARRIER = OP_IDS["barrier_all"], OP_IDS["barrier"]
BARRIER_JOIN = OP_IDS["barrier_join"]
MEASURE, RESET = OP_IDS["measure"], OP_IDS["reset"]


def _kinds() -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    table = np.zeros((NUM_OPS, 3), dtype=np.int64)
    for name, kinds in (_STATEMENTS | _GATES).items():
        table[OP_IDS[name], : len(kinds)] = kinds
    return table


#: (NUM_OPS, 3): the :class:`Kind` of each operand column of each op.
OPERAND_KINDS = _kinds()
#: (NUM_OPS,): angles of each op; the first sits in its own row, the others in ``more`` rows.
NUM_ANGLES = np.array([ALPHABET[n].num_params if n in ALPHABET else 0 for n in OP_NAMES])
#: (NUM_OPS,): qubits of each gate; 0 for other statements.
ARITY = np.array([ALPHABET[n].num_qubits if n in ALPHABET else 0 for n in OP_NAMES])
#: (NUM_OPS,): whether the op's row has an angle.
HAS_ANGLE = (NUM_ANGLES > 0) | (np.arange(NUM_OPS) == MORE)
#: (NUM_OPS,): rows that the statement takes, ``more`` rows included.
ROWS_OF = np.maximum(NUM_ANGLES, 1)
