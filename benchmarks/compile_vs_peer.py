"""qtools against qiskit-addon-aqc-tensor: seconds to equal fidelities, and what each converges to.

All fidelities are to the same target state (qtools' own, tolerance 1e-6, handed over as an npz
file) and those of the final circuits are found by quimb in double precision. Every figure is the
first call of a fresh process, imports excluded on both sides, just-in-time compilation included.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.compile_run import measure_compilation
from benchmarks.measure import Machine, machine, write_results
from benchmarks.peer.aqc_tensor import PeerRun, measure_peer, seconds_to
from benchmarks.peer.problems import ChainProblem, suite, tutorial
from benchmarks.problems import evolution_problem
from qtools.compile.output.mps_formats import save_mps
from qtools.compile.target.evolve import evolve
from qtools.compile.threads import single_threaded_blas

# More than either precision of the peer takes until SciPy's L-BFGS-B says that it converged.
PEER_ITERATIONS = 2000
FIDELITIES = (0.999, 0.9995)

RACE_COLUMNS = {
    "problem": "problem",
    "peer": "peer",
    "goal": "goal",
    "fidelity": "F",
    "peer_seconds": "peer s",
    "seconds": "qtools s, same target",
    "ratio": "ratio",
    "whole_seconds": "qtools s, evolution included",
    "whole_ratio": "ratio",
    "load": "load",
}
CONVERGED_COLUMNS = {
    "problem": "problem",
    "peer": "peer",
    "peer_infidelity": "peer 1 - F",
    "peer_iterations": "iterations",
    "peer_seconds": "s",
    "peer_jit_seconds": "of which JIT",
    "infidelity": "qtools 1 - F",
    "iterations": "iterations",
    "seconds": "s, same target",
    "whole_seconds": "s, evolution included",
    "infidelity_ratio": "infidelity ratio",
    "load": "load",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A problem, and how both programs' command lines name it."""

    chain: ChainProblem
    arguments: tuple[str, ...]


def suite_case(sites: int) -> Case:
    """The suite at t = 1.2 with 5 brick layers."""
    return Case(
        chain=suite(sites=sites, time=1.2, steps=2),
        arguments=("suite", "--sites", str(sites), "--time", "1.2", "--steps", "2"),
    )


CASES = {
    "50": suite_case(50),
    "100": suite_case(100),
    "tutorial": Case(chain=tutorial(), arguments=("tutorial",)),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: measure the cases named and write both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=(*CASES, []), help="all by default")
    names = parser.parse_args(arguments).cases or list(CASES)
    measured_on = machine()
    race: list[dict[str, Any]] = []
    converged: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory:
        for name in names:
            _measure(CASES[name], Path(directory) / f"{name}.npz", race, converged)
            _write(race, converged, measured_on)


def _measure(
    case: Case, target: Path, race: list[dict[str, Any]], converged: list[dict[str, Any]]
) -> None:
    """Append the rows of one case: both precisions of the peer, each goal of qtools."""
    with single_threaded_blas():
        save_mps(target, evolve(evolution_problem(case.chain)).mps)
    ours = _both(case, target, None)
    for x64 in (False, True):
        peer = measure_peer(
            PeerRun(
                arguments=(
                    *case.arguments,
                    *("--target", str(target)),
                    *("--iterations", str(PEER_ITERATIONS)),
                ),
                x64=x64,
            )
        )
        converged.append(_converged_row(peer, ours))
        print(converged[-1], flush=True)
        race.append(_race_row(case, target, peer, "its best", peer["fidelity"]))
        print(race[-1], flush=True)
        for fidelity in FIDELITIES:
            if fidelity < peer["fidelity"]:
                race.append(_race_row(case, target, peer, f"{fidelity:g}", fidelity))
                print(race[-1], flush=True)


def _both(case: Case, target: Path, fidelity: float | None) -> dict[str, Any]:
    """qtools against the target in the file, and its whole job, each in a fresh process."""
    goal = () if fidelity is None else ("--fidelity", repr(fidelity))
    found = measure_compilation(*case.arguments, *goal, "--target", target)
    whole = measure_compilation(*case.arguments, *goal)
    return {
        **found["runs"][0],
        "whole_seconds": whole["runs"][0]["seconds"],
        "whole_fidelity": whole["runs"][0]["fidelity"],
        "import_seconds": found["import_seconds"],
        "qtools_load": found["load_before"],
        "whole_load": whole["load_before"],
    }


def _race_row(
    case: Case, target: Path, peer: dict[str, Any], goal: str, fidelity: float
) -> dict[str, Any]:
    ours = _both(case, target, fidelity)
    peer_seconds = _seconds_of_peer(peer, fidelity)
    return {
        **ours,
        "problem": case.chain.name,
        "peer": peer["label"],
        "goal": goal,
        "goal_fidelity": fidelity,
        "peer_seconds": peer_seconds,
        "ratio": peer_seconds / ours["seconds"],
        "whole_ratio": peer_seconds / ours["whole_seconds"],
        "load": f"{peer['load_before']:.1f} / {ours['qtools_load']:.1f}",
    }


def _seconds_of_peer(peer: dict[str, Any], fidelity: float) -> float:
    """When the peer's own figure first reached ``fidelity``, at the latest at its end."""
    first = seconds_to(peer["history"], fidelity)
    end: float = peer["seconds"]
    return end if first is None else min(first, end)


def _converged_row(peer: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    peer_infidelity, infidelity = 1.0 - peer["fidelity"], 1.0 - ours["fidelity"]
    return {
        **ours,
        "problem": peer["problem"],
        "peer": peer["label"],
        "peer_infidelity": peer_infidelity,
        "peer_iterations": peer["iterations"],
        "peer_seconds": peer["seconds"],
        "peer_jit_seconds": peer["jit_seconds"],
        "peer_message": peer["message"],
        "peer_history": peer["history"],
        "peer_versions": peer["versions"],
        "infidelity": infidelity,
        "infidelity_ratio": peer_infidelity / infidelity,
        "load": f"{peer['load_before']:.1f} / {ours['qtools_load']:.1f}",
    }


def _write(
    race: list[dict[str, Any]], converged: list[dict[str, Any]], measured_on: Machine
) -> None:
    common = (
        "Peer: qiskit-addon-aqc-tensor with quimb and JAX, SciPy's L-BFGS-B. First call of a "
        "fresh process, imports excluded, JIT included. Load: before the peer / before qtools. "
    )
    write_results(
        "compile_vs_peer",
        race,
        measured_on=measured_on,
        columns=RACE_COLUMNS,
        notes=common + "F: what qtools reached, circuit simulated by quimb. Its best: the final "
        "circuit of the peer, simulated by quimb in double precision; the peer's seconds are "
        "those at which its own figure first reached it.",
    )
    write_results(
        "compile_vs_peer_converged",
        converged,
        measured_on=measured_on,
        columns=CONVERGED_COLUMNS,
        notes=common + "Both until their optimisers say that they converged.",
    )


if __name__ == "__main__":
    main()
