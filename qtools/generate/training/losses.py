"""Bits per gate of documents under a model, angles apart."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from qtools.generate.language.conditions import NUM_FIELDS
from qtools.generate.language.documents import EncodedDocuments
from qtools.generate.language.vocabulary import Column
from qtools.generate.model.network import CircuitModel
from qtools.generate.training.packing import epoch_batches, make_batch


@dataclass(frozen=True, kw_only=True)
class BitsPerGate:
    """Code length of circuits, divided by their number of gates.

    Attributes:
        structure: ops, operands and ends; registers, measurements and barriers included.
        angles: angle tokens.
        residuals: the low bytes of free angles, mostly noise that cannot be learnt.
        gates: number of gates measured.
    """

    structure: float
    angles: float
    residuals: float
    gates: int


def bits_per_gate(
    model: CircuitModel,
    documents: EncodedDocuments,
    *,
    conditioned: bool = True,
    rows_per_batch: int = 8192,
) -> BitsPerGate:
    """Measure a model on documents.

    Args:
        model: in the precision it is to be measured in.
        documents: held out.
        conditioned: tell the model all conditions, or leave all open.
        rows_per_batch: memory only.
    """
    totals = torch.zeros(len(Column), dtype=torch.float64)
    device = next(model.parameters()).device
    count = len(documents) if not conditioned else 0
    drop: NDArray[np.bool_] | None = np.ones((count, NUM_FIELDS), dtype=bool) if count else None
    batches = epoch_batches(documents.lengths(), rows_per_batch=rows_per_batch, seed=0, epoch=0)
    with torch.inference_mode():
        for length, sequences in batches:
            batch = make_batch(documents, length, sequences, drop=drop).to(device)
            totals += model(batch).double().sum((0, 1)).cpu()
    bits = (totals / np.log(2) / documents.gates.sum()).tolist()
    return BitsPerGate(
        structure=sum(bits[: Column.ANGLE]),
        angles=bits[Column.ANGLE],
        residuals=bits[Column.FINE],
        gates=int(documents.gates.sum()),
    )
