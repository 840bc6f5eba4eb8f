"""How a fit goes about it: which cost, which optimiser, which family of blocks."""

from dataclasses import dataclass, field

from qtools.compile.ansatz import Ansatz
from qtools.compile.fitting.blocks.families import BlocksName, structured
from qtools.compile.fitting.objectives.choice import ObjectiveName, objective_at
from qtools.compile.fitting.optimizers.choice import OptimizerName, optimizer_called
from qtools.compile.fitting.optimizers.lbfgs import LBFGS
from qtools.compile.fitting.optimizers.optimizer import Optimizer
from qtools.compile.settings import CompileSettings


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """The choices of a fit.

    Attributes:
        objective: the cost, or ``auto``.
        optimizer: what minimises it.
        blocks: the family that the blocks are in.
        third: share of their smallest coordinate that two-CX blocks begin with and keep.
    """

    objective: ObjectiveName = ObjectiveName.AUTO
    optimizer: Optimizer = field(default_factory=LBFGS)
    blocks: BlocksName = BlocksName.AUTO
    third: float = 0.0

    @classmethod
    def of(cls, settings: CompileSettings) -> "Strategy":
        """The choices named by the settings of a compilation."""
        return cls(
            objective=ObjectiveName(settings.objective),
            optimizer=optimizer_called(OptimizerName(settings.optimizer), seed=settings.seed),
            blocks=BlocksName(settings.blocks),
        )


def refuse_unfit(settings: CompileSettings, ansatz: Ansatz) -> None:
    """Raise :class:`BadInputError` when cost or family do not fit the circuit."""
    strategy = Strategy.of(settings)
    objective_at(strategy.objective, ansatz, 1.0)
    structured(strategy.blocks, ansatz)
