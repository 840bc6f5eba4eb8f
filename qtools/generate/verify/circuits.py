"""Sets of circuits to verify: read from folders, Parquet files or a corpus."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtools.circuits import qasm2
from qtools.circuits.normal import NormalCircuit
from qtools.datasets.corpus import PARQUET_ERRORS, refuse_large
from qtools.errors import BadInputError
from qtools.generate.write import INDEX
from qtools.runs.untrusted import read_json, read_text


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """One circuit of a set.

    Attributes:
        name: of its file or row.
        qasm: its OpenQASM 2 text.
        normal: in normal form.
        family: as the corpus says or as the model was told; empty if unknown.
    """

    name: str
    qasm: str
    normal: NormalCircuit
    family: str = ""


def read_circuits(path: Path) -> list[Circuit]:
    """All circuits that ``qtools generate sample`` wrote to a directory (qasm2 or parquet).

    Raises:
        BadInputError: nothing there, or files that qtools did not write.
    """
    found = list(_from_parquet(path)) or list(_from_folder(path))
    if not found:
        raise BadInputError(
            f"expected OpenQASM 2 files (*.qasm) or Parquet files (data/*.parquet) in {path}, "
            "found none"
        )
    return found


def _from_folder(path: Path) -> Iterator[Circuit]:
    families = _families(path / INDEX)
    for file in sorted(path.glob("*.qasm")):
        text = read_text(file, what="circuit")
        yield Circuit(
            name=file.name,
            qasm=text,
            normal=qasm2.loads(text),
            family=families.get(file.name, ""),
        )


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


def _from_parquet(path: Path) -> Iterator[Circuit]:
    import pyarrow.parquet as pq

    for file in sorted(path.glob("data/*.parquet")):
        try:
            with pq.ParquetFile(file) as shard:
                refuse_large(shard, file)
                rows = shard.read(columns=["id", "qasm", "family"]).to_pylist()
        except PARQUET_ERRORS as error:
            reason = " ".join(str(error).split())
            raise BadInputError(f"cannot read {file} ({reason}); sample again") from error
        for row in rows:
            texts = [row.get(name) for name in ("id", "qasm", "family")]
            if not all(isinstance(text, str) for text in texts):
                raise BadInputError(f"expected circuits with id, qasm and family in {file}")
            name, qasm, family = map(str, texts)
            yield Circuit(name=name, qasm=qasm, normal=qasm2.loads(qasm), family=family)
