"""Training in several processes (ranks) at once, as ``torchrun`` starts them.

Every rank makes the same global batches, takes every so many-th sequence of each, and divides its
loss by the gates of the whole batch; DDP averages the gradients, so that the sum over the ranks is
the gradient of one process at the same global batch. One process does none of this: its results
stay the same bit by bit.
"""

import os
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from qtools.generate.model.network import CircuitModel, PackedBatch

if TYPE_CHECKING:
    from accelerate import Accelerator

T = TypeVar("T")


def is_first() -> bool:
    """Whether this process is rank 0, which alone writes and speaks; true without ``torchrun``."""
    return os.environ.get("RANK", "0") == "0"


def _num_ranks() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def make_accelerator(precision: str) -> "Accelerator":
    """The accelerator of this rank.

    Not every batch has gates with angles, conditions or a third operand, so that some parameters
    get no gradient: DDP is told to look for them.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs

    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    # Unless told to use processors, accelerate leaves the ranks of a machine without GPUs alone.
    processors = _num_ranks() > 1 and not torch.cuda.is_available()
    return Accelerator(mixed_precision=precision, cpu=processors, kwargs_handlers=[unused])


def parallel(model: CircuitModel, accelerator: "Accelerator") -> Any:
    """What calls the model: the model itself in one process, DDP around it in several."""
    return model if accelerator.num_processes == 1 else accelerator.prepare_model(model)


def part_of(batch: PackedBatch, rank: int, ranks: int) -> tuple[PackedBatch, float]:
    """The sequences of a rank, and the weight of their loss.

    DDP divides by the number of ranks, which the weight undoes. A rank without a sequence computes
    one with weight 0, because all ranks must take part in every step.
    """
    if ranks == 1:
        return batch, 1.0
    count = len(batch.rows_BTC)
    mine = torch.arange(min(rank, count), count, ranks)
    weight = float(ranks) if len(mine) else 0.0
    if not len(mine):
        mine = torch.zeros(1, dtype=torch.long)
    part = PackedBatch(
        rows_BTC=batch.rows_BTC[mine],
        start_BT=batch.start_BT[mine],
        conditions_BTF=batch.conditions_BTF[mine],
    )
    return part, weight


def agreed(value: T, accelerator: "Accelerator") -> T:
    """The value of rank 0, on every rank: decisions on clocks and rounding must not differ."""
    if accelerator.num_processes == 1:
        return value
    from accelerate.utils import broadcast_object_list

    held: list[T] = [value]
    broadcast_object_list(held)
    return held[0]
