"""Optimisers by name, and their memories by kind."""

from enum import StrEnum

from qtools.compile.fitting.optimizers.adam import Moments, RiemannianAdam
from qtools.compile.fitting.optimizers.basin_hopping import BasinHopping, Hop
from qtools.compile.fitting.optimizers.lbfgs import LBFGS, Pairs
from qtools.compile.fitting.optimizers.optimizer import Memory, Optimizer
from qtools.compile.fitting.optimizers.polar_sweeps import NoMemory, PolarSweeps

MEMORIES: dict[str, type[Memory]] = {kind.kind: kind for kind in (Pairs, Moments, Hop, NoMemory)}


class OptimizerName(StrEnum):
    """The optimisers."""

    LBFGS = "lbfgs"
    SWEEPS = "sweeps"
    ADAM = "adam"
    BASIN_HOPPING = "basin-hopping"


def optimizer_called(name: OptimizerName, *, seed: int = 0) -> Optimizer:
    """The optimiser of a name; ``seed`` is that of everything random."""
    match name:
        case OptimizerName.LBFGS:
            return LBFGS()
        case OptimizerName.SWEEPS:
            return PolarSweeps()
        case OptimizerName.ADAM:
            return RiemannianAdam()
        case OptimizerName.BASIN_HOPPING:
            return BasinHopping(seed=seed)
