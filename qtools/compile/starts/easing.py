"""General blocks eased into blocks of two CX.

Set to zero at once, the third coordinates of all blocks take a third of the interaction away, and
the fit that follows stays far from the optimum. Taken away in portions, with a short fit after
each, the other coordinates take over: three to eight times less infidelity on the benchmark chain
(``benchmarks/block_families.py``, 50 qubits, 5 to 7 layers).
"""

from dataclasses import replace

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.sitting import Sitting
from qtools.compile.fitting.strategy import Strategy
from qtools.compile.mps import MPS
from qtools.compile.starts.following import roughly_fitted

_PORTIONS = 4  # in which the third coordinate is taken away
_ITERATIONS = 25  # after each


def in_family(ansatz: Ansatz, target: MPS, sitting: Sitting) -> Ansatz:
    """``ansatz`` made ready for the family of blocks that the settings ask for."""
    if sitting.settings.blocks == "two-cx":
        return eased_to_two_cx(ansatz, target, sitting)
    return ansatz


def eased_to_two_cx(ansatz: Ansatz, target: MPS, sitting: Sitting) -> Ansatz:
    """``ansatz`` with a quarter of its blocks' third coordinates, fitted on the way there.

    The fit proper takes the last quarter away when it begins.
    """
    for left in range(_PORTIONS - 1, 0, -1):
        sitting.tell(f"easing the blocks, {left} of {_PORTIONS} portions left")
        kept = left / (left + 1)
        strategy = replace(Strategy.of(sitting.settings), third=kept)
        ansatz = roughly_fitted(ansatz, target, sitting, iterations=_ITERATIONS, strategy=strategy)
    return ansatz
