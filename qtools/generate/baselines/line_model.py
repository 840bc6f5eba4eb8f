"""GPT-2 over source lines, after the KetGPT paper (arXiv:2402.13352).

The paper's model has 3 layers, 4 heads and width 768 and reads files of up to 1024 lines; this one
has its shape at a width that trains on one core. Unlike the paper's it has tokens for begin and
end, without which it gives no probability to a circuit. Sampling is the paper's: the 5 likeliest
lines, without those that name an integer of at least the number of qubits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qtools.console import Ticker
from qtools.errors import BadInputError
from qtools.generate.baselines.line_tokens import BEGIN, END, LineVocabulary, program
from qtools.generate.training.losses import BitsPerGate

_CONTEXT = 1024
_NOTHING = -100
_TOP_K = 5
_GROUP = 32
Ids = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class LineRecipe:
    """How the model is trained.

    Attributes:
        width, layers, heads: of GPT-2; the paper has 768, 3 and 4.
        lines: training ends after so many lines, counted with repetition.
        lines_per_batch: in one optimiser step, padding included.
        learning_rate: of AdamW; falls to zero as a cosine.
        vocabulary: most lines with a token of their own.
        seed: of weights and order.
    """

    width: int = 128
    layers: int = 3
    heads: int = 4
    lines: int = 3_000_000
    lines_per_batch: int = 1024
    learning_rate: float = 1e-3
    vocabulary: int = 8192
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class LineModel:
    """A trained line-token model; make it with :meth:`trained`.

    Attributes:
        vocabulary: its lines.
        network: GPT-2 of transformers.
        parameters: how many it has.
        lines_seen: in training, with repetition.
    """

    vocabulary: LineVocabulary
    network: Any
    parameters: int
    lines_seen: int

    @classmethod
    def trained(
        cls, documents: Sequence[Sequence[str]], recipe: LineRecipe, *, tick: Ticker | None = None
    ) -> "LineModel":
        """Train on the lines of circuits.

        Raises:
            BadInputError: no circuits.
        """
        if not documents:
            raise BadInputError("expected training circuits for the line-token model, got none")
        vocabulary = LineVocabulary.of(documents, most=recipe.vocabulary)
        ids = [vocabulary.encode(lines)[:_CONTEXT] for lines in documents]
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            network = _network(len(vocabulary), recipe)
            seen = _train(network, ids, recipe, tick)
        return cls(
            vocabulary=vocabulary,
            network=network.eval(),
            parameters=sum(p.numel() for p in network.parameters()),
            lines_seen=seen,
        )

    def bits_per_gate(self, documents: Sequence[Sequence[str]], gates: int) -> BitsPerGate:
        """Code length of documents with so many gates in all.

        Angles include what the other models' tables show as residuals.
        """
        structure = angles = 0.0
        for lines in documents:
            for start in range(0, max(1, len(lines)), _CONTEXT - 2):
                part = lines[start : start + _CONTEXT - 2]
                last = start + len(part) == len(lines)
                of_structure, of_angles = self._bits(part, last=last)
                structure, angles = structure + of_structure, angles + of_angles
        return BitsPerGate(
            structure=structure / gates, angles=angles / gates, residuals=0.0, gates=gates
        )

    @torch.inference_mode()
    def _bits(self, lines: Sequence[str], *, last: bool) -> tuple[float, float]:
        """Bits of structure and angles of up to 1022 lines, and of their end."""
        ids = self.vocabulary.encode(lines)
        logits = self.network(torch.from_numpy(ids[None, :-1])).logits[0]
        chances = torch.softmax(logits.double(), dim=1).numpy()
        pairs = [
            self.vocabulary.line_bits(line, row)
            for line, row in zip(lines, chances[:-1], strict=True)
        ]
        end = -float(np.log2(chances[-1, END])) if last else 0.0
        return sum(pair[0] for pair in pairs) + end, sum(pair[1] for pair in pairs)

    def sample(self, heads: Sequence[Sequence[str]], *, most: int, seed: int = 0) -> list[str]:
        """One OpenQASM 2 text per head; nothing makes sure that they are valid.

        Args:
            heads: the declarations that each text starts from, ``qreg`` first.
            most: lines after which a text that has not ended is cut.
            seed: of the draws.
        """
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            made: dict[int, str] = {}
            by_length: dict[int, list[int]] = {}
            for place, head in enumerate(heads):
                by_length.setdefault(len(head), []).append(place)
            for places in by_length.values():
                for start in range(0, len(places), _GROUP):
                    group = places[start : start + _GROUP]
                    texts = self._sample_group([heads[i] for i in group], most)
                    made.update(zip(group, texts, strict=True))
        return [made[place] for place in range(len(heads))]

    def _sample_group(self, heads: Sequence[Sequence[str]], most: int) -> list[str]:
        from transformers import LogitsProcessorList

        prompt = torch.from_numpy(np.stack([self.vocabulary.encode(head)[:-1] for head in heads]))
        banned = np.stack([self.vocabulary.banned(_qubits(head)) for head in heads])
        mask = torch.from_numpy(banned)
        drawn = self.network.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=True,
            top_k=_TOP_K,
            max_new_tokens=min(most, _CONTEXT - prompt.shape[1]),
            eos_token_id=END,
            pad_token_id=END,
            logits_processor=LogitsProcessorList(
                [lambda ids, scores: scores.masked_fill(mask, float("-inf"))]
            ),
        )
        names = ("", "", "", *self.vocabulary.lines)
        texts = []
        for row in drawn[:, 1:].tolist():
            stop = row.index(END) if END in row else len(row)
            texts.append(program([names[i] for i in row[:stop]]))
        return texts


def _qubits(head: Sequence[str]) -> int:
    return int(head[0].partition("[")[2].partition("]")[0])


def _network(size: int, recipe: LineRecipe) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=size,
        n_positions=_CONTEXT,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=BEGIN,
        eos_token_id=END,
    )
    return GPT2LMHeadModel(config)


def _train(network: Any, ids: Sequence[Ids], recipe: LineRecipe, tick: Ticker | None) -> int:
    """Train until enough lines were seen; returns how many."""
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    rng = np.random.default_rng(recipe.seed)
    seen = 0
    while seen < recipe.lines:
        for batch in _epoch(ids, recipe.lines_per_batch, rng):
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * 0.5 * (1 + np.cos(np.pi * seen / recipe.lines))
            loss, lines = _loss(network, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            seen += lines
            if tick:
                tick(f"line-token model: {loss.item():.2f} nats per line", seen / recipe.lines)
            if seen >= recipe.lines:
                break
    return seen


def _epoch(ids: Sequence[Ids], lines: int, rng: np.random.Generator) -> list[list[Ids]]:
    """Batches of documents of like length, in random order."""
    order = rng.permutation(len(ids))
    order = order[np.argsort([len(ids[i]) for i in order], kind="stable")]
    batches: list[list[Ids]] = [[]]
    for place in order.tolist():
        if batches[-1] and (len(batches[-1]) + 1) * len(ids[place]) > lines:
            batches.append([])
        batches[-1].append(ids[place])
    return [batches[i] for i in rng.permutation(len(batches))]


def _loss(network: Any, batch: Sequence[Ids]) -> tuple[Tensor, int]:
    """Mean loss per line, and the number of lines; the output layer sees no padding."""
    longest = max(len(ids) for ids in batch)
    padded = np.full((len(batch), longest), _NOTHING, dtype=np.int64)
    for line, ids in enumerate(batch):
        padded[line, : len(ids)] = ids
    x = torch.from_numpy(padded)
    states = network.transformer(x[:, :-1].clamp(min=0)).last_hidden_state
    kept = x[:, 1:] != _NOTHING
    logits = network.lm_head(states[kept])
    return nn.functional.cross_entropy(logits, x[:, 1:][kept]), int(kept.sum())
