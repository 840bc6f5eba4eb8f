"""A series of evolution times: one circuit each, every one started from the one before.

The directory holds one run directory per time, ``series.json`` with one row per time, and
``series.svg`` that draws fidelity and two-qubit depth against time.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from qtools.compile.output.circuit_format import CircuitFormat
from qtools.compile.output.pages.series_page import write_series_page
from qtools.compile.output.run_directory import RunDirectory
from qtools.compile.output.series_plot import series_plot
from qtools.compile.problem.evolution_problem import EvolutionProblem
from qtools.compile.run import RunOptions, WarmStart, run
from qtools.compile.settings import CompileSettings
from qtools.console import Ticker
from qtools.errors import BadInputError
from qtools.runs.files import write_text

TABLE = "series.json"
PLOT = "series.svg"

_MOST_TIMES = 10_000
_STEP_ATOL = 1e-9  # of a step, by which the last time may miss the end of its range


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """One time of a series.

    Attributes:
        time: evolution time.
        fidelity: to the target.
        fidelity_lower_bound: to the true state.
        layers: brick layers.
        two_qubit_depth: of the circuit.
        two_qubit_gates: of the circuit.
        trotter_same_depth_fidelity: of plain Trotter with as many layers.
        seconds: from problem to circuit.
        outcome: why the optimisation ended.
        directory: with the circuit.
    """

    time: float
    fidelity: float
    fidelity_lower_bound: float
    layers: int
    two_qubit_depth: int
    two_qubit_gates: int
    trotter_same_depth_fidelity: float
    seconds: float
    outcome: str
    directory: str


def parse_times(text: str) -> tuple[float, ...]:
    """The times ``first:last:step`` (last included), or times separated by commas.

    Raises:
        BadInputError: for anything else, or times that are not positive and increasing.
    """
    try:
        numbers = [float(part) for part in text.replace(",", ":").split(":")]
    except ValueError:
        numbers = []
    wrong = BadInputError(
        f"expected times such as 0.2:2.0:0.2 or 0.2,0.5,1.0, positive and increasing, got {text!r}"
    )
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise wrong
    times = numbers
    if ":" in text:
        if len(numbers) != 3 or "," in text or numbers[2] <= 0 or numbers[1] < numbers[0]:
            raise wrong
        first, last, step = numbers
        steps = (last - first) / step + _STEP_ATOL  # infinite for a tiny step
        if steps >= _MOST_TIMES:
            raise BadInputError(f"expected at most {_MOST_TIMES} times, got {steps:.6g} steps")
        count = math.floor(steps) + 1
        # Rounded, so that 0.2 + 2 * 0.2 is called 0.6.
        times = [round(first + index * step, 12) for index in range(count)]
    if times[0] <= 0 or any(b <= a for a, b in pairwise(times)):
        raise wrong
    return tuple(times)


def run_series(
    problem: EvolutionProblem,
    times: tuple[float, ...],
    settings: CompileSettings,
    path: Path,
    options: RunOptions,
    *,
    tell: Ticker,
    circuit_format: CircuitFormat = CircuitFormat.QASM2,
) -> Iterator[SeriesRow]:
    """Compile one circuit per time; :func:`write_series` writes the table of the rows.

    Args:
        problem: with any time.
        times: increasing.
        settings: of every circuit; in a search ``layers`` is the deepest to try.
        path: directory of the series.
        options: of every run; Trotter steps are appended to the last circuit only.
        tell: is told what goes on.
        circuit_format: of the circuit files.

    Yields:
        A row as soon as its circuit is written.
    """
    warm: WarmStart | None = None
    for index, time in enumerate(times):

        def tick(text: str, fraction: float | None = None, *, index: int = index) -> None:
            tell(
                f"time {times[index]:g} ({index + 1} of {len(times)}): {text}",
                (index + min(1.0, fraction or 0.0)) / len(times),
            )

        directory = RunDirectory(path=path / f"t-{time:g}", circuit_format=circuit_format)
        last = time == times[-1]
        record = run(
            replace(problem, time=time),
            settings,
            directory,
            options if last else replace(options, then=None),
            tell=tick,
            warm=warm,
        )
        yield _row(record, directory.path)
        if record["outcome"] == "interrupted":
            raise KeyboardInterrupt
        warm = WarmStart(
            ansatz=directory.read_ansatz(),
            layers=record["layers"],
            name=record["blocks_sha256"],
        )


def write_series(path: Path, rows: list[SeriesRow], *, num_qubits: int) -> None:
    """Write the table, the plot and the report, unless they are there already."""
    table = json.dumps([asdict(row) for row in rows], indent=2, allow_nan=False) + "\n"
    plot = series_plot(
        times=[row.time for row in rows],
        fidelities=[row.fidelity for row in rows],
        trotter=[row.trotter_same_depth_fidelity for row in rows],
        depths=[row.two_qubit_depth for row in rows],
    )
    for name, text in ((TABLE, table), (PLOT, plot)):
        file = path / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_text(file, text)
    write_series_page(path, [asdict(row) for row in rows], num_qubits)


def _row(record: dict[str, Any], path: Path) -> SeriesRow:
    names = ("time", "fidelity", "fidelity_lower_bound", "layers", "two_qubit_depth")
    more = ("two_qubit_gates", "seconds", "outcome")
    return SeriesRow(
        **{name: record[name] for name in (*names, *more)},
        trotter_same_depth_fidelity=record["baseline"]["trotter_same_depth_fidelity"],
        directory=path.name,
    )
