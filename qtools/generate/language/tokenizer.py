"""Circuits to flat tokens: the Hugging Face tokenizer of the row format.

A document reads ``<bos> family:qaoa set:ibm_heron level:alg n:12 gates:9 depth:7 qreg #11 h q0
cx q0 q1 rz q2 ~17 .203 eos``: conditions, then the cells of the rows. Every word is one token.
The file ``tokenizer.json`` is an ordinary word-level tokenizer and loads with
``transformers.AutoTokenizer``.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qtools.errors import BadInputError
from qtools.generate.language import angles
from qtools.generate.language.conditions import FIELDS, NUM_BINS, ConditionNames, Conditions
from qtools.generate.language.rows import Rows
from qtools.generate.language.vocabulary import (
    EMPTY,
    HAS_ANGLE,
    MAX_INDEX,
    NUM_COLUMNS,
    OP_IDS,
    OP_NAMES,
    OPERAND_KINDS,
    Column,
    Kind,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_PREFIX = {Kind.QUBIT: "q", Kind.CLBIT: "c", Kind.NUMBER: "#"}
_FIELD_WORDS = dict(zip(FIELDS, ("family", "set", "level", "n", "gates", "depth"), strict=True))
_BOS = "<bos>"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One circuit as the model reads it.

    Attributes:
        conditions: what is known about it.
        rows: (T, NUM_COLUMNS), from ``qreg`` to ``eos``.
    """

    conditions: Conditions
    rows: Rows


def _angle_words() -> tuple[str, ...]:
    def word(fraction: Fraction) -> str:
        return f"pi*{fraction.numerator}/{fraction.denominator}"

    grid = [word(fraction) for fraction in angles.GRID]
    recent = [f"=+{place}" for place in range(angles.RECENT)]
    negated = [f"=-{place}" for place in range(angles.RECENT_NEGATED)]
    bins = [f"~{index}" for index in range(angles.NUM_BINS)]
    return (*grid, *recent, *negated, *bins)


ANGLE_WORDS = _angle_words()
_ANGLE_IDS = {word: index for index, word in enumerate(ANGLE_WORDS)}


def words(document: Document) -> list[str]:
    """The document, one word per token."""
    found = [_BOS]
    for field in FIELDS:
        value = getattr(document.conditions, field)
        if value is not None:
            found.append(f"{_FIELD_WORDS[field]}:{value}")
    for row in document.rows.tolist():
        found.extend(row_words(row))
    return found


def row_words(row: list[int]) -> list[str]:
    """The words of one row."""
    op = row[Column.OP]
    found = [OP_NAMES[op]]
    for kind, value in zip(OPERAND_KINDS[op], row[1:4], strict=True):
        if kind != Kind.NONE:
            found.append(f"{_PREFIX[Kind(kind)]}{value}")
    if HAS_ANGLE[op]:
        found.append(ANGLE_WORDS[row[Column.ANGLE]])
        if row[Column.FINE] != EMPTY:
            found.append(f".{row[Column.FINE]}")
    return found


def parse_words(found: list[str]) -> Document:
    """The document of words made by :func:`words`.

    Raises:
        BadInputError: a word out of place.
    """
    if not found or found[0] != _BOS:
        raise BadInputError(f"expected a document that starts with {_BOS}")
    place = 1
    fields: dict[str, str] = {}
    by_word = {word: field for field, word in _FIELD_WORDS.items()}
    while place < len(found) and ":" in found[place]:
        word, _, value = found[place].partition(":")
        fields[by_word[word]] = value
        place += 1
    rows = []
    while place < len(found):
        row, place = _parse_row(found, place)
        rows.append(row)
    return Document(
        conditions=_parse_conditions(fields),
        rows=np.array(rows, dtype=np.int16).reshape(-1, NUM_COLUMNS),
    )


def _parse_conditions(fields: dict[str, str]) -> Conditions:
    names = {field: fields.get(field) for field in FIELDS[:3]}
    numbers = {field: int(fields[field]) if field in fields else None for field in FIELDS[3:]}
    return Conditions(**names, **numbers)  # type: ignore[arg-type] # strings, then integers


def _parse_row(found: list[str], place: int) -> tuple[list[int], int]:
    row = [EMPTY] * NUM_COLUMNS
    if found[place] not in OP_IDS:
        raise BadInputError(f"expected the name of an op, got {found[place]!r}")
    op = row[Column.OP] = OP_IDS[found[place]]
    kinds = [Kind(kind) for kind in OPERAND_KINDS[op] if kind != Kind.NONE]
    needed = len(kinds) + int(HAS_ANGLE[op])
    if place + needed >= len(found) + (op == OP_IDS["eos"]):
        raise BadInputError(f"expected {needed} operands after {found[place]!r}")
    place += 1
    for column, kind in enumerate(kinds, start=1):
        if not found[place].startswith(_PREFIX[kind]):
            raise BadInputError(f"expected an operand {_PREFIX[kind]}..., got {found[place]!r}")
        row[column] = int(found[place][1:])
        place += 1
    if HAS_ANGLE[op]:
        if found[place] not in _ANGLE_IDS:
            raise BadInputError(f"expected an angle, got {found[place]!r}")
        row[Column.ANGLE] = _ANGLE_IDS[found[place]]
        place += 1
        if row[Column.ANGLE] >= angles.FIRST_BIN:
            row[Column.FINE] = int(found[place][1:])
            place += 1
    return row, place


def vocabulary_words(names: ConditionNames) -> list[str]:
    """All words, in the order of their ids."""
    found = ["<pad>", _BOS, "<unk>"]
    found += [f"family:{name}" for name in names.families]
    found += [f"set:{name}" for name in names.gate_sets]
    found += [f"level:{name}" for name in names.levels]
    found += [f"n:{n}" for n in range(1, MAX_INDEX + 1)]
    found += [f"{field}:{index}" for field in ("gates", "depth") for index in range(NUM_BINS)]
    found += [name for name in OP_NAMES if name not in ("pad", "bos")]
    found += [f"{prefix}{index}" for prefix in _PREFIX.values() for index in range(MAX_INDEX)]
    found += list(ANGLE_WORDS)
    found += [f".{index}" for index in range(angles.NUM_FINE)]
    return found


def huggingface_tokenizer(names: ConditionNames) -> "PreTrainedTokenizerFast":
    """The tokenizer as transformers knows it; write it with ``save_pretrained``."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: index for index, word in enumerate(vocabulary_words(names))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        bos_token=_BOS,
        eos_token="eos",
        pad_token="<pad>",
        unk_token="<unk>",
    )
    return made


def save_tokenizer(names: ConditionNames, directory: Path) -> None:
    """Write ``tokenizer.json`` and ``tokenizer_config.json``."""
    huggingface_tokenizer(names).save_pretrained(str(directory))
