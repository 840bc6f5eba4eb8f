"""Measure qiskit-addon-aqc-tensor: ``python -m benchmarks.peer.aqc_tensor suite --sites 50``.

Each run is a process of its own in the peer's environment, so that its just-in-time compilation
is counted every time and its memory is its own.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import machine, run, write_results
from benchmarks.peer.environment import peer_python

COLUMNS = {
    "problem": "problem",
    "label": "setting",
    "target_source": "target",
    "target_max_bond": "bond",
    "iterations": "iterations",
    "fidelity": "F (double)",
    "infidelity": "1 - F",
    "seconds": "total s",
    "jit_seconds": "of which JIT",
    "evaluation_seconds": "s per evaluation",
    "target_seconds": "target s (apart)",
    "peak_mib": "peak MiB",
    "load_before": "load before",
    "load_after": "load after",
}


@dataclass(frozen=True, kw_only=True)
class PeerRun:
    """One run of the peer.

    Attributes:
        arguments: what `benchmarks.peer.aqc_tensor_run` is given, ``--out`` excepted.
        x64: whether JAX works in double precision; single is its default.
        xla_flags: passed on in ``XLA_FLAGS``.
    """

    arguments: tuple[str, ...]
    x64: bool = False
    xla_flags: str = ""

    def label(self) -> str:
        """Name of the setting in tables."""
        precision = "float64" if self.x64 else "float32 (default)"
        return f"{precision}, {self.xla_flags}" if self.xla_flags else precision


def measure_peer(peer_run: PeerRun) -> dict[str, Any]:
    """Run the peer once; the keys of its JSON file with those of `CommandCost` and a label."""
    python = peer_python()
    environment = {"JAX_ENABLE_X64": str(int(peer_run.x64)), "XLA_FLAGS": peer_run.xla_flags}
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "peer.json"
        command: list[str | Path] = [
            python,
            "-m",
            "benchmarks.peer.aqc_tensor_run",
            *peer_run.arguments,
        ]
        cost = run([*command, "--out", out], environment=environment)
        result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    cost_row = asdict(cost)
    cost_row["process_seconds"] = cost_row.pop("seconds")
    return result | cost_row | {"label": peer_run.label()}


def seconds_to(history: Sequence[Mapping[str, float]], fidelity: float) -> float | None:
    """When the peer's own figure first reached ``fidelity``, if it did."""
    return next((row["seconds"] for row in history if row["fidelity"] >= fidelity), None)


def table_row(result: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of `COLUMNS` beside everything that the run recorded."""
    target = result["target"]
    return dict(result) | {
        "infidelity": 1 - result["fidelity"],
        "target_source": target["source"],
        "target_max_bond": target["max_bond"],
        "target_seconds": target["seconds"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: one row per precision asked for; the other options go to the peer."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--precision", nargs="+", choices=("32", "64"), default=["32", "64"])
    parser.add_argument("--xla-flags", default="")
    parser.add_argument("--name", default="peer_aqc_tensor", help="of the results file")
    options, passed_on = parser.parse_known_args(arguments)
    measured_on = machine()
    rows = []
    for precision in options.precision:
        peer_run = PeerRun(
            arguments=tuple(passed_on), x64=precision == "64", xla_flags=options.xla_flags
        )
        rows.append(table_row(measure_peer(peer_run)))
        print({key: rows[-1][key] for key in COLUMNS}, flush=True)
    write_results(
        options.name,
        rows,
        measured_on=measured_on,
        columns=COLUMNS,
        notes="qiskit-addon-aqc-tensor with quimb and JAX. Total: problem in memory to circuit in "
        "memory, JIT included, imports and target excluded. F: of the final circuit, simulated "
        "by quimb in double precision.",
    )


if __name__ == "__main__":
    main()
