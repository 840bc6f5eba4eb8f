"""How to compile: depth, when to stop, how exact a target, which gates."""

import math
from dataclasses import dataclass

from qtools.compile.synthesis.native_basis import DEFAULT_BASIS, NativeBasis
from qtools.errors import BadInputError, nearest

MAX_LAYERS = 10_000

OBJECTIVES = ("auto", "global", "local", "surrogate")
DEVICES = ("cpu", "cuda")
PRECISIONS = ("double", "single")
OPTIMIZERS = ("lbfgs", "sweeps", "adam", "basin-hopping")
BLOCKS = {"auto": 15, "general": 15, "two-cx": 14, "matchgate": 6, "u1": 5}
"""Families of blocks, with the real parameters of each block, its global phase aside."""


STARTS = ("auto", "trotter", "time", "depth", "short-chain", "staircase", "disentangle")

DEEPEST = 60
"""Brick layers at which a search for the depth ends."""


@dataclass(frozen=True, kw_only=True)
class CompileSettings:
    """Everything about a compilation that is not the problem itself.

    Attributes:
        layers: brick layers of the ansatz; the most of them when the depth is searched for.
        fidelity: stop as soon as this fidelity to the target is reached; None optimises until it
            converges.
        max_iterations: iterations of the optimiser.
        max_seconds: seconds from problem to circuit; None for no limit.
        tolerance: infidelity that the target may have to the true state (Trotter and truncation).
        max_bond: largest bond dimension of the target; None lets ``tolerance`` decide.
        max_memory: bytes that the contraction may take.
        device: where the contractions run, ``cpu`` or ``cuda``.
        precision: of the contractions, ``double``, or ``single`` as long as that is enough.
        basis: native gates of the circuit.
        seed: of everything random.
        objective: what is minimised, one of ``OBJECTIVES``; ``auto`` takes the surrogate far from
            the target and the fidelity near it.
        optimizer: one of ``OPTIMIZERS``.
        blocks: family of the two-qubit blocks, one of ``BLOCKS``; ``auto`` takes general ones.
        start: what the fit starts from, one of ``STARTS``; ``auto`` takes Trotter for an evolution,
            its own gates for a circuit, and disentangling layers for a state. A staircase counts
            as a layer.
    """

    layers: int
    fidelity: float | None = None
    max_iterations: int = 1000
    max_seconds: float | None = None
    tolerance: float = 1e-6
    max_bond: int | None = None
    max_memory: int = 4 * 2**30
    device: str = "cpu"
    precision: str = "double"
    basis: tuple[str, ...] = DEFAULT_BASIS
    seed: int = 0
    objective: str = "auto"
    optimizer: str = "lbfgs"
    blocks: str = "auto"
    start: str = "auto"

    def __post_init__(self) -> None:
        _check_whole("layers", self.layers, least=1)
        if self.layers > MAX_LAYERS:
            raise BadInputError(f"expected at most {MAX_LAYERS} layers, got {self.layers}")
        _check_whole("max_iterations", self.max_iterations, least=1)
        _check_whole("max_memory", self.max_memory, least=1)
        _check_whole("seed", self.seed, least=0)
        if self.max_bond is not None:
            _check_whole("max_bond", self.max_bond, least=1)
        if self.max_seconds is not None:
            _check_number("max_seconds", self.max_seconds)
        _check_number("tolerance", self.tolerance, below=1.0)
        if self.fidelity is not None:
            _check_number("fidelity", self.fidelity, below=1.0)
        NativeBasis.of(self.basis)
        _check_choice("device", self.device, DEVICES)
        _check_choice("precision", self.precision, PRECISIONS)
        _check_choice("objective", self.objective, OBJECTIVES)
        _check_choice("optimizer", self.optimizer, OPTIMIZERS)
        _check_choice("blocks", self.blocks, tuple(BLOCKS))
        _check_choice("start", self.start, STARTS)
        if self.optimizer == "sweeps" and self.blocks not in ("auto", "general"):
            raise BadInputError(
                f"polar sweeps replace whole blocks and cannot keep them {self.blocks}; use "
                "another optimizer, or general blocks"
            )


def layers_of_steps(steps: int, colours: int = 2) -> int:
    """Brick layers of ``steps`` second-order Trotter steps: ``2 (colours - 1) steps + 1``.

    Args:
        steps: at least 1.
        colours: layers of disjoint pairs into which all coupled pairs fall, 2 on an open chain.
    """
    _check_whole("steps", steps, least=1)
    return 2 * (colours - 1) * steps + 1


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        near = nearest(value, choices) if isinstance(value, str) else ""
        raise BadInputError(
            f"expected {name} to be one of {', '.join(choices)}, got {value!r}{near}"
        )


def _check_whole(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInputError(f"expected a whole number for {name}, got {value!r}")
    if value < least:
        raise BadInputError(f"expected {name} of at least {least}, got {value}")


def _check_number(name: str, value: object, *, below: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError(f"expected a number for {name}, got {value!r}")
    if not 0 < value < below:
        limit = "a positive finite number" if below == math.inf else f"between 0 and {below:g}"
        raise BadInputError(f"expected {name} to be {limit}, got {value}")
