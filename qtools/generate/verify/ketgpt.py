"""The classifier of the KetGPT paper (arXiv:2402.13352), rebuilt from its description.

A transformer learns to tell real circuits from lines drawn uniformly from all lines that occur,
and judges a circuit by its first 46 lines (what the paper's input of 512 word pieces holds). The
paper starts from DistilBERT, a language model; here the same question is put to the small
transformer of :mod:`qtools.generate.verify.statements`. It is easy to please and no two-sample
test; it is here for comparison with the paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtools.circuits.normal import NormalCircuit
from qtools.errors import BadInputError
from qtools.generate.language.vocabulary import EOS, FIRST_GATE, PAD
from qtools.generate.verify.statements import (
    SIZES,
    Inputs,
    StatementClassifier,
    fit,
    predict,
    statement_inputs,
)
from qtools.generate.verify.statistics import Rate

_LINES = 46
#: Rows of the input: declarations come before the first gate.
_LENGTH = _LINES + 4


@dataclass(frozen=True, kw_only=True)
class KetgptClassifier:
    """A trained classifier; make it with :meth:`trained`.

    Attributes:
        model: gives logits of being random.
        accuracy: on held-out real circuits and fresh random lines.
    """

    model: StatementClassifier
    accuracy: Rate

    @classmethod
    def trained(
        cls,
        train: Sequence[NormalCircuit],
        held_out: Sequence[NormalCircuit],
        *,
        epochs: int = 6,
        seed: int = 0,
    ) -> "KetgptClassifier":
        """Train on real circuits against random lines.

        Raises:
            BadInputError: no training circuits.
        """
        if not train:
            raise BadInputError("expected training circuits for the classifier, got none")
        rng = np.random.default_rng(seed)
        lines = _vocabulary_of_lines(train)
        real = statement_inputs(train, length=_LENGTH)
        fake = np.stack([_random_lines(lines, row, rng) for row in real])
        labels = np.repeat([0, 1], len(real))
        model = fit(np.concatenate([real, fake]), labels, epochs=epochs, seed=seed)
        held = statement_inputs(held_out, length=_LENGTH)
        fresh = np.stack([_random_lines(lines, row, rng) for row in held])
        right = (predict(model, held) < 0).sum() + (predict(model, fresh) > 0).sum()
        return cls(model=model, accuracy=Rate(count=int(right), total=2 * len(held)))

    def called_real(self, circuits: Sequence[NormalCircuit]) -> Rate:
        """How many circuits of a set are called real."""
        verdicts = predict(self.model, statement_inputs(circuits, length=_LENGTH)) < 0
        return Rate(count=int(verdicts.sum()), total=len(verdicts))


def _vocabulary_of_lines(circuits: Sequence[NormalCircuit]) -> Inputs:
    """(V, 4) distinct gate statements as inputs."""
    inputs = statement_inputs(circuits).reshape(-1, len(SIZES))
    return np.unique(inputs[inputs[:, 0] >= FIRST_GATE], axis=0)


def _random_lines(lines: Inputs, like: Inputs, rng: np.random.Generator) -> Inputs:
    """Inputs of the same length whose gates are drawn uniformly from all lines."""
    made = like.copy()
    places = np.flatnonzero((like[:, 0] != PAD) & (like[:, 0] != EOS) & (like[:, 0] >= FIRST_GATE))
    made[places] = lines[rng.integers(0, len(lines), len(places))]
    return made
