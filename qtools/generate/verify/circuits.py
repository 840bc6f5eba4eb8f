"""Sets of circuits to verify: read from folders, Parquet files or a corpus.

A set is first of all a set of texts: whether they are circuits at all is what the execution check
finds out. The other checks work on those that are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import PARQUET_ERRORS, refuse_large
from qtools.errors import BadInputError
from qtools.generate.language.rows import encode_circuit
from qtools.generate.sampling.write import INDEX
from qtools.runs.calls import attempt
from qtools.runs.untrusted import read_json, read_text

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
#: Columns that tell where a circuit comes from: of corpora, then of sampled sets.
_TOLD = (
    *("source", "license", "generator", "seed", "parameters", "path"),
    *("model", "asked", "conditions"),
)
_VERSION_3 = re.compile(r"\s*OPENQASM\s+3")


@dataclass(frozen=True, kw_only=True)
class Program:
    """One text of a set.

    Attributes:
        name: of its file or row.
        text: OpenQASM 2 or 3, or what claims to be.
        family: as the corpus says or as the model was told; empty if unknown.
    """

    name: str
    text: str
    family: str = ""

    @property
    def version(self) -> int:
        """Of OpenQASM, as the text says; 2 where it says nothing."""
        return 3 if _VERSION_3.match(_COMMENT.sub("", self.text)) else 2


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """One circuit of a set.

    Attributes:
        program: its text.
        normal: in normal form.
    """

    program: Program
    normal: NormalCircuit


def as_circuit(circuit: NormalCircuit, name: str, family: str = "") -> Circuit:
    """A circuit of a set from its normal form."""
    return Circuit(
        program=Program(name=name, text=qasm2.dumps(circuit), family=family), normal=circuit
    )


def read_programs(path: Path) -> list[Program]:
    """All texts that ``qtools generate sample`` wrote to a directory, or any ``*.qasm`` files.

    Raises:
        BadInputError: nothing there, or files that cannot be read.
    """
    found = list(_from_parquet(path)) or list(_from_folder(path))
    if not found:
        raise BadInputError(
            f"expected OpenQASM files (*.qasm) or Parquet files (data/*.parquet) in {path}, "
            "found none"
        )
    return found


def parsed(programs: Sequence[Program]) -> list[Circuit]:
    """Those of the texts that are circuits of the alphabet and of at most 128 qubits."""
    outcomes = [attempt(parse, place, program) for place, program in enumerate(programs)]
    return [outcome.value for outcome in outcomes if outcome.value is not None]


def parse(program: Program) -> Circuit:
    """The circuit of a text.

    Raises:
        BadInputError: it is none, or one that rows cannot express.
    """
    if program.version == 3:
        from qiskit import qasm3

        from qtools.circuits.qiskit_io import from_qiskit

        normal = from_qiskit(qasm3.loads(program.text))
    else:
        normal = qasm2.loads(program.text)
    encode_circuit(normal)
    return Circuit(program=program, normal=normal)


def _from_folder(path: Path) -> Iterator[Program]:
    families = _families(path / INDEX)
    for file in sorted(path.glob("*.qasm")):
        text = read_text(file, what="circuit")
        yield Program(name=file.name, text=text, family=families.get(file.name, ""))


def _families(index: Path) -> dict[str, str]:
    if not index.exists():
        return {}
    record: Any = read_json(index, what="index of sampled circuits")
    try:
        return {str(e["file"]): str(e["conditions"]["family"] or "") for e in record["circuits"]}
    except (KeyError, TypeError) as error:
        raise BadInputError(
            f"expected the index of sampled circuits in {index}: {error}"
        ) from error


def _from_parquet(path: Path) -> Iterator[Program]:
    import pyarrow.parquet as pq

    for file in sorted(path.glob("data/*.parquet")):
        try:
            with pq.ParquetFile(file) as shard:
                refuse_large(shard, file)
                told = [name for name in _TOLD if name in shard.schema_arrow.names]
                rows = shard.read(columns=["id", "qasm", "family", *told]).to_pylist()
        except PARQUET_ERRORS as error:
            reason = " ".join(str(error).split())
            raise BadInputError(f"cannot read {file} ({reason}); sample again") from error
        for row in rows:
            texts = [row.get(name) for name in ("id", "qasm", "family")]
            if not all(isinstance(text, str) for text in texts):
                raise BadInputError(f"expected circuits with id, qasm and family in {file}")
            name, qasm, family = map(str, texts)
            yield Program(name=name, text=_origin(row) + qasm, family=family)


def _origin(row: dict[str, Any]) -> str:
    """Comment lines with what a row tells about where its circuit comes from."""
    facts = [f"{name} {row[name]}" for name in _TOLD if row.get(name) not in (None, "")]
    # A line break inside a fact would end the comment.
    return "".join(f"// {' '.join(fact.split())}\n" for fact in facts)
