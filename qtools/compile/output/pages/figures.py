"""The figures of a compilation: how it converged, against what depth, and what state came out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qtools.compile.ansatz import Ansatz
from qtools.compile.output.pages.words import angle_of
from qtools.compile.settings import layers_of_steps
from qtools.report.figures.axes import Axis
from qtools.report.figures.bars import Bars, Part, bars, stacked
from qtools.report.figures.brickwork import brickwork
from qtools.report.figures.curves import Curve, curves
from qtools.report.page import Figure

Record = Mapping[str, Any]
_SMALLEST = 1e-15  # infidelities are drawn down to here
_MOST_SHOWN_SCHMIDT = 1e-8


def convergence(history: Sequence[Record], *, against: str) -> list[Figure]:
    """Infidelity against iteration or ``seconds``; nothing without two iterations."""
    if len(history) < 2:
        return []
    infidelity = [max(_SMALLEST, entry["infidelity"]) for entry in history]
    by_time = against == "seconds"
    along = [float(entry[against]) for entry in history]
    return [
        curves(
            [Curve(name="", x=along, y=infidelity)],
            x=Axis(label="seconds since the problem was given" if by_time else "iteration"),
            y=Axis(label="infidelity 1 − F", log=True),
            title=f"Infidelity against {'time' if by_time else 'iteration'}",
            caption="To the target as sharply as it was resolved at that moment; a step up is the "
            "moment at which the target was taken sharper.",
            alternative=f"Falls from {infidelity[0]:.2e} to {infidelity[-1]:.2e} in "
            f"{len(history)} iterations and {history[-1]['seconds']:.2f} seconds",
        )
    ]


def fidelity_against_depth(record: Record) -> list[Figure]:
    """The compiled circuit (and the depths tried) beside plain Trotter circuits."""
    baseline = record.get("baseline")
    if not baseline:
        return []
    edge_layers = record["edge_layers"]
    points = baseline["trotter_points"]
    layers = [layers_of_steps(point["steps"], edge_layers) for point in points]
    trotter = [max(_SMALLEST, 1 - point["fidelity"]) for point in points]
    tried = sorted((t["layers"], max(_SMALLEST, 1 - t["fidelity"])) for t in record["trials"])
    compiled = tried or [(record["layers"], max(_SMALLEST, 1 - record["fidelity"]))]
    found = baseline["trotter_same_fidelity_steps"]
    known = f"{layers_of_steps(found or 1, edge_layers)} layers"
    needs = known if found else "more layers than were looked at"
    return [
        curves(
            [
                Curve(
                    name="compiled",
                    x=[float(depth) for depth, _ in compiled],
                    y=[value for _, value in compiled],
                    joined=len(compiled) > 1,
                    marked=True,
                ),
                Curve(
                    name="plain second-order Trotter",
                    x=[float(depth) for depth in layers],
                    y=trotter,
                    tone=1,
                    dashed=True,
                    marked=True,
                ),
            ],
            x=Axis(label="brick layers", low=0),
            y=Axis(label="infidelity 1 − F", log=True),
            title="Fidelity against depth",
            caption=f"Lower is better. Trotter needs {needs} for the fidelity that the compiled "
            f"circuit has with {record['layers']}.",
            alternative=f"The compiled circuit has infidelity {1 - record['fidelity']:.2e} at "
            f"{record['layers']} layers; Trotter needs {needs} for that",
        )
    ]


def error_budget(record: Record) -> list[Figure]:
    """The angles that add up to the bound of the certificate."""
    certificate = record.get("certificate")
    if not certificate:
        return []
    trotter = angle_of(1 - record["target"]["trotter_error"])
    target = certificate["target_angle"]
    parts = [
        Part(name="compilation: circuit to target", value=_compiled_angle(certificate), tone=0),
        Part(name="target: step of its evolution", value=min(trotter, target), tone=1),
        Part(name="target: truncation, bounded", value=max(0.0, target - trotter), tone=4),
        Part(
            name="certificate: truncation, bounded", value=certificate["truncation_angle"], tone=2
        ),
    ]
    return [
        stacked(
            parts,
            title="Error budget of the certificate",
            unit="angle, radians",
            caption="Angles arccos √F between states add up where fidelities do not; cos² of "
            "their sum is the lower bound of the fidelity to the true state.",
        )
    ]


def _compiled_angle(certificate: Record) -> float:
    found = [certificate["fidelity"], certificate["aer_fidelity"]]
    return angle_of(min(value for value in found if value is not None))


def entanglement(record: Record) -> list[Figure]:
    """Entropy of every cut of the chain."""
    physics = record["physics"]
    if not physics["target"] or not physics["target"]["entanglement_entropy"]:
        return []
    target = physics["target"]["entanglement_entropy"]
    cuts = [float(cut) for cut in range(1, len(target) + 1)]
    return [
        curves(
            [
                Curve(name="compiled", x=cuts, y=physics["compiled"]["entanglement_entropy"]),
                Curve(name="target", x=cuts, y=target, tone=1, dashed=True),
            ],
            x=Axis(label="sites left of the cut"),
            y=Axis(label="entanglement entropy, bits", low=0.0),
            title="Entanglement along the chain",
            caption="Where the two curves lie on each other, the circuit carries the entanglement "
            "of the evolved state.",
            alternative=f"Largest entropy of the target {max(target):.3f} bits, of the circuit "
            f"{max(physics['compiled']['entanglement_entropy']):.3f} bits",
        )
    ]


def bond_spectrum(record: Record) -> list[Figure]:
    """Schmidt values of the cut in the middle."""
    physics = record["physics"]
    if not physics["target"] or len(physics["target"]["middle_schmidt"]) < 2:
        return []
    drawn = []
    for name, tone in (("compiled", 0), ("target", 1)):
        values = [v for v in physics[name]["middle_schmidt"] if v > _MOST_SHOWN_SCHMIDT]
        places = [float(index) for index in range(1, len(values) + 1)]
        drawn.append(
            Curve(name=name, x=places, y=values, tone=tone, dashed=bool(tone), marked=True)
        )
    return [
        curves(
            drawn,
            x=Axis(label="number of the Schmidt value", low=0.0),
            y=Axis(label="Schmidt value", log=True),
            title="Bond spectrum in the middle",
            caption="How fast they fall is what makes the state fit into a small bond.",
            alternative=f"The target's {len(drawn[1].y)} Schmidt values fall from "
            f"{drawn[1].y[0]:.3f} to {drawn[1].y[-1]:.1e}",
        )
    ]


def circuit_blocks(ansatz: Ansatz) -> list[Figure]:
    """The two-qubit blocks, shaded by their operator entanglement."""
    if not ansatz.num_blocks:
        return []
    strengths = operator_entanglement(ansatz.gates)
    return [
        brickwork(
            ansatz.pairs,
            strengths,
            num_qubits=ansatz.num_qubits,
            title="The circuit, block by block",
            caption="Sites from left to right, time upwards. The shade is the operator "
            "entanglement of each two-qubit block: from 0 bits (two separate gates) to 2 (a swap).",
            unit="bits",
            most=2.0,
        )
    ]


def operator_entanglement(gates: np.ndarray) -> list[float]:
    """Entropy, in bits, of each block's operator Schmidt values; ``gates`` is (blocks, 4, 4)."""
    found = []
    for gate in np.asarray(gates):
        split = gate.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
        weights = np.linalg.svd(split, compute_uv=False) ** 2
        weights = weights[weights > 1e-16] / weights.sum()
        found.append(float(max(0.0, -(weights * np.log2(weights)).sum())))
    return found


def gate_counts(record: Record) -> list[Figure]:
    """Native gates of the circuit, beside those of the circuit that it replaces."""
    compiled = record["gates"]["compiled"]
    baseline = record.get("baseline") or {}
    before, name = record["gates"]["original"], "before"
    if before is None:
        before, name = baseline.get("trotter_same_fidelity_gates"), "Trotter, as good"
    names = sorted({*compiled, *(before or {})}, key=lambda g: -max(compiled.get(g, 0), 1))
    sets = [Bars(name="compiled", values=[float(compiled.get(g, 0)) for g in names])]
    if before:
        sets.append(Bars(name=name, values=[float(before.get(g, 0)) for g in names], tone=1))
    total = sum(compiled.values())
    return [
        bars(
            names,
            sets,
            title="Gate counts",
            unit="gates",
            caption="Of the circuit as it is written"
            + (", beside what it replaces." if before else "."),
            alternative=f"{total} gates in the compiled circuit"
            + (f", {sum(before.values())} in the other" if before else ""),
        )
    ]


def against_time(rows: Sequence[Record]) -> list[Figure]:
    """Fidelity and depth of a series against its times."""
    times = [row["time"] for row in rows]
    sets = (
        ("compiled", "fidelity", 0),
        ("bound to the true state", "fidelity_lower_bound", 2),
        ("Trotter, as deep", "trotter_same_depth_fidelity", 1),
    )
    quality = [
        Curve(
            name=name,
            x=times,
            y=[max(_SMALLEST, 1 - row[key]) for row in rows],
            tone=tone,
            dashed=bool(tone),
            marked=True,
        )
        for name, key, tone in sets
    ]
    depths = [float(row["two_qubit_depth"]) for row in rows]
    worst = max(1 - row["fidelity"] for row in rows)
    return [
        curves(
            quality,
            x=Axis(label="evolution time"),
            y=Axis(label="infidelity 1 − F", log=True),
            title="Infidelity against time",
            caption="Lower is better. Trotter has as many layers as the compiled circuit.",
            alternative=f"The largest infidelity of the compiled circuits is {worst:.2e}",
        ),
        curves(
            [Curve(name="", x=times, y=depths, marked=True)],
            x=Axis(label="evolution time"),
            y=Axis(label="two-qubit depth", low=0.0),
            title="Depth against time",
            caption="Longest path of each circuit, counting two-qubit gates.",
            alternative=f"From {min(depths):.0f} to {max(depths):.0f}",
        ),
    ]


def conserved(record: Record) -> list[tuple[str, ...]]:
    """Rows (quantity, target, compiled, difference) of what was measured."""
    target, compiled = record["physics"]["target"], record["physics"]["compiled"]
    if not target or not compiled:
        return []
    pairs = [
        (f"⟨{name}⟩", v, compiled["observables"][name]) for name, v in target["observables"].items()
    ]
    if target["energy"] is not None:
        pairs.append(("energy ⟨H⟩", target["energy"], compiled["energy"]))
    pairs.append(("total Sz", target["total_sz"], compiled["total_sz"]))
    return [
        (name, _six(a), _six(b), f"{abs(a - b):.1e}") for name, a, b in pairs if math.isfinite(a)
    ]


def _six(value: float) -> str:
    # Adding zero turns -0.0 into 0.0.
    return f"{round(value, 6) + 0.0:.6f}"
