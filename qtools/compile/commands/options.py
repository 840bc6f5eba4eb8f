"""Options that several ``qtools compile`` commands share, and how their text is read."""

from pathlib import Path
from typing import Annotated, Any

import typer

from qtools.compile.output.circuit_format import CircuitFormat
from qtools.errors import UsageError

PROBLEM = "Problem"
CIRCUIT = "Circuit"
TARGET = "Target"
FIT = "Fit"
STOP = "When to stop"
OUTPUT = "Output"
RUNNING = "Where to run"

_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def option(name: str, text: str, panel: str, **more: Any) -> Any:
    """A documented option."""
    return typer.Option(name, help=text, rich_help_panel=panel, **more)


Model = Annotated[str | None, option("--model", "heisenberg, xxz, xyz or tfim.", PROBLEM)]
Sites = Annotated[int | None, option("--sites", "Of a chain, ring or ladder.", PROBLEM)]
Lattice = Annotated[
    str | None,
    option("--lattice", "chain, ring, ladder, square or heavy-hex. (default: chain)", PROBLEM),
]
Size = Annotated[
    str | None, option("--size", "Rows x columns, such as 4x4; hexagons for heavy-hex.", PROBLEM)
]
Time = Annotated[float | None, option("--time", "Evolution time.", PROBLEM)]
CouplingMap = Annotated[
    Path | None,
    option("--coupling-map", "Edges of the device: JSON, or one i j per line.", CIRCUIT),
]
Layers = Annotated[int | None, option("--layers", "Brick layers of two-qubit blocks.", CIRCUIT)]
Steps = Annotated[
    int | None, option("--steps", "As many layers as K Trotter steps: 2K+1.", CIRCUIT)
]
Basis = Annotated[str | None, option("--basis", "Native gates. (default: cx,rz,sx,x)", CIRCUIT)]
Tolerance = Annotated[
    float | None, option("--tolerance", "Infidelity of the target. (default: 1e-6)", TARGET)
]
MaxBond = Annotated[int | None, option("--max-bond", "Largest bond of the target.", TARGET)]
MaxMemory = Annotated[str | None, option("--max-memory", "Such as 500MiB. (default: 4GiB)", TARGET)]
Device = Annotated[
    str | None, option("--device", "Of the contractions: cpu or cuda. (default: cpu)", RUNNING)
]
Precision = Annotated[
    str | None,
    option("--precision", "double, or single where that is enough. (default: double)", RUNNING),
]
Fidelity = Annotated[float | None, option("--fidelity", "Stop as soon as it is reached.", STOP)]
MaxIterations = Annotated[int | None, option("--max-iterations", "Of the optimiser.", STOP)]
MaxSeconds = Annotated[float | None, option("--max-seconds", "From problem to circuit.", STOP)]
Budget = Annotated[
    float | None, option("--budget", "Seconds for the best depth and fidelity.", STOP)
]
Objective = Annotated[
    str | None, option("--objective", "auto, global, local or surrogate. (default: auto)", FIT)
]
Optimizer = Annotated[
    str | None, option("--optimizer", "lbfgs, sweeps, adam or basin-hopping. (default: lbfgs)", FIT)
]
Blocks = Annotated[
    str | None,
    option("--blocks", "general, two-cx, matchgate or u1. (default: general)", CIRCUIT),
]
Start = Annotated[
    str | None,
    option(
        "--start",
        "auto, trotter, time, depth, short-chain, staircase or disentangle. (default: auto)",
        FIT,
    ),
]
Seed = Annotated[int | None, option("--seed", "Of everything random.", STOP)]
Observables = Annotated[
    list[str] | None, option("--observable", "Such as Z:24 or XX:0,1, or a file.", OUTPUT)
]
Out = Annotated[Path, option("--out", "Directory to write to.", OUTPUT)]
Format = Annotated[CircuitFormat, option("--format", "Of the circuit file.", OUTPUT)]
Force = Annotated[bool, option("--force", "Start anew, and overwrite whatever lies there.", OUTPUT)]
CheckpointSeconds = Annotated[
    float, option("--checkpoint-seconds", "Between two checkpoints, at least.", OUTPUT)
]
AsJson = Annotated[bool, option("--json", "Print result.json on stdout.", OUTPUT)]
Where = Annotated[
    str, option("--executor", "serial, processes:N, dask:ADDRESS or dask:FILE.toml.", RUNNING)
]
ShardOption = Annotated[
    str | None, option("--shard", "Only part I/N, for job arrays; then: qtools merge.", RUNNING)
]
Quiet = Annotated[bool, option("--quiet", "No progress and no table on stderr.", OUTPUT)]


def numbers(option: str, text: str | None) -> Any:
    """One number, or a tuple of the comma-separated numbers; None when not given."""
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"expected a number or numbers separated by commas for {option}, got {text!r}"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def rows_and_columns(text: str | None) -> tuple[int, int] | None:
    """The two numbers of a size such as ``4x4``."""
    if text is None:
        return None
    rows, _, columns = text.partition("x")
    if not (rows.isdecimal() and columns.isdecimal() and len(text) < 20):
        raise UsageError(f"expected rows x columns such as 4x4 for --size, got {text!r}")
    return int(rows), int(columns)


def size(text: str | None) -> int | None:
    """A number of bytes such as ``4096``, ``500MiB`` or ``4GiB``."""
    if text is None:
        return None
    digits = text.rstrip("BGKMbgikm")
    unit = text[len(digits) :].lower()
    try:
        return int(float(digits) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        raise UsageError(
            f"expected a size such as 500MiB or 4GiB for --max-memory, got {text!r}"
        ) from None


def native_gates(text: str | None) -> tuple[str, ...] | None:
    """The names of a basis such as ``cx,rz,sx,x``."""
    return None if text is None else tuple(text.split(","))


def given(**settings: Any) -> dict[str, Any]:
    """Those settings that are not None; the others are left to their defaults."""
    return {name: value for name, value in settings.items() if value is not None}


def shown(fidelity: float) -> str:
    """Six digits, or the infidelity where they would round to one."""
    return f"{fidelity:.6f}" if fidelity < 1 - 1e-5 else f"1 - {max(0.0, 1 - fidelity):.1e}"
