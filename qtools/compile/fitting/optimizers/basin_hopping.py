"""Basin hopping: descend, jump away from the best minimum found, and descend again.

Wales and Doye, J. Phys. Chem. A 101, 5111 (1997), without their thermal acceptance: every jump
starts from the best minimum so far. Jumps are random directions of the blocks, drawn from a seed
and the number of the jump, so that the same seed hops the same way wherever it was interrupted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtools.compile.fitting.evaluation import Arrays, Cost, Evaluation
from qtools.compile.fitting.optimizers.lbfgs import LBFGS, Pairs
from qtools.compile.fitting.optimizers.optimizer import Optimization, moved
from qtools.compile.mps import ComplexArray

_WALKER = "walker_"


@dataclass(frozen=True, kw_only=True, eq=False)
class Hop:
    """The memory of basin hopping.

    Attributes:
        walker: the descent that is under way.
        hops: jumps so far.
        costs: of the walker after each step of the present descent, the last few.
    """

    kind: ClassVar[str] = "basin-hopping"
    walker: Optimization[Pairs]
    hops: int = 0
    costs: tuple[float, ...] = ()

    def arrays(self) -> Arrays:
        """The walker's arrays under names of their own."""
        walker = self.walker
        inner: Arrays = {
            "gates": walker.gates,
            "counts": np.array([walker.evaluations, walker.iteration, int(walker.stalled)]),
            **walker.evaluation.arrays(),
            **walker.memory.arrays(),
        }
        return {
            "hops": np.array(self.hops),
            "costs": np.array(self.costs, dtype=float),
            **{_WALKER + name: array for name, array in inner.items()},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Hop":
        """Out of :meth:`arrays`."""
        inner = {
            name.removeprefix(_WALKER): array
            for name, array in arrays.items()
            if name.startswith(_WALKER)
        }
        evaluations, iteration, stalled = inner["counts"].tolist()
        walker = Optimization(
            gates=inner["gates"],
            evaluation=Evaluation.from_arrays(inner),
            evaluations=evaluations,
            iteration=iteration,
            memory=Pairs.from_arrays(inner),
            stalled=bool(stalled),
        )
        return cls(walker=walker, hops=int(arrays["hops"]), costs=tuple(arrays["costs"].tolist()))


@dataclass(frozen=True, kw_only=True)
class BasinHopping:
    """L-BFGS from several starting points around the best minimum found.

    Attributes:
        seed: of the jumps.
        hops: jumps, after which the optimiser has stalled.
        size: root mean square angle of a jump per direction of a block, in radians.
        patience: steps after which a descent ends that gained less than ``least_gain`` in them.
        least_gain: fraction of the cost.
        descent: how to descend.
    """

    seed: int = 0
    hops: int = 5
    size: float = 0.1
    patience: int = 15
    least_gain: float = 0.01
    descent: LBFGS = field(default_factory=LBFGS)

    @property
    def knows_its_end(self) -> bool:
        """After a jump it may take long to be better than before."""
        return True

    def start(self, cost: Cost, gates: ComplexArray) -> Optimization[Hop]:
        """The state before the first step."""
        return self._from(self.descent.start(cost, gates))

    def carried(self, cost: Cost, state: Optimization[Hop]) -> Optimization[Hop]:
        """A new descent from the best gates; its jumps are counted anew."""
        walker = self.descent.carried(cost, replace(state.memory.walker, gates=state.gates))
        spent = walker.evaluations - state.memory.walker.evaluations
        anew = self._from(walker)
        return replace(anew, evaluations=state.evaluations + spent, iteration=state.iteration)

    def advance(self, cost: Cost, state: Optimization[Hop]) -> Optimization[Hop]:
        """The state after one more step of the descent, or a jump and the first step after it."""
        hop = state.memory
        if self._has_landed(hop):
            if hop.hops >= self.hops:
                return replace(state, stalled=True)
            jumped = self._jumped(cost, state, hop)
        else:
            jumped = hop
        walker = self.descent.advance(cost, jumped.walker)
        costs = (*jumped.costs, walker.evaluation.cost)[-self.patience - 1 :]
        better = walker.evaluation.cost < state.evaluation.cost
        return Optimization(
            gates=walker.gates if better else state.gates,
            evaluation=walker.evaluation if better else state.evaluation,
            evaluations=state.evaluations + walker.evaluations - hop.walker.evaluations,
            iteration=state.iteration + 1,
            memory=replace(jumped, walker=walker, costs=costs),
        )

    def _from(self, walker: Optimization[Pairs]) -> Optimization[Hop]:
        return Optimization(
            gates=walker.gates,
            evaluation=walker.evaluation,
            evaluations=walker.evaluations,
            memory=Hop(walker=walker, costs=(walker.evaluation.cost,)),
        )

    def _has_landed(self, hop: Hop) -> bool:
        if hop.walker.stalled:
            return True
        if len(hop.costs) <= self.patience:
            return False
        return hop.costs[-1] > (1.0 - self.least_gain) * hop.costs[0]

    def _jumped(self, cost: Cost, state: Optimization[Hop], hop: Hop) -> Hop:
        rng = np.random.default_rng([self.seed, hop.hops])
        raw: ComplexArray = rng.normal(size=(*state.gates.shape, 2)) @ np.array([1.0, 1.0j])
        directions = cost.tangent(0.5 * (raw - raw.conj().swapaxes(1, 2)))
        walker = self.descent.start(cost, moved(state.gates, self.size * directions))
        walker = replace(walker, evaluations=walker.evaluations + hop.walker.evaluations)
        return Hop(walker=walker, hops=hop.hops + 1, costs=(walker.evaluation.cost,))
