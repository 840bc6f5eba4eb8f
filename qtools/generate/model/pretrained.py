"""Model directories: safetensors and JSON, checked before anything is believed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from qtools.errors import BadInputError, nearest
from qtools.generate.grammar.condition_table import ConditionTable
from qtools.generate.language.tokenizer import save_tokenizer
from qtools.generate.model.network import EVERY_SIZE, CircuitConfig, CircuitModel
from qtools.runs.files import write_bytes, write_text
from qtools.runs.tasks import content_id
from qtools.runs.untrusted import read_bytes, read_json, read_text

BUNDLED = Path(__file__).parents[1] / "models"
CONFIG, WEIGHTS, CONDITIONS, CARD = (
    "config.json",
    "model.safetensors",
    "conditions.json",
    "README.md",
)
#: Folder of the excerpt of the corpus that comes with a bundled model.
REFERENCE = "reference"
_SIZES = ("width", "layers", "heads", "inner", "pointer")
_LARGEST = 8192
_MAX_BYTES = 2 << 30
# What JSON, NumPy, torch and safetensors raise on what is no model.
_ERRORS = (
    BadInputError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    RuntimeError,
    SafetensorError,
)


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A model with what it needs to be used.

    Attributes:
        model: float32, in evaluation mode.
        table: conditions of its training circuits.
        id: content id of its weights.
        card: its model card, Markdown.
    """

    model: CircuitModel
    table: ConditionTable
    id: str
    card: str


def model_directory(name_or_path: str | Path) -> Path:
    """The directory of a bundled model, or the path itself."""
    bundled = BUNDLED / str(name_or_path)
    if str(name_or_path) in bundled_names():
        return bundled
    if not Path(name_or_path).is_dir():
        known = bundled_names()
        raise BadInputError(
            f"expected the directory of a model or one of the bundled models "
            f"({', '.join(known) or 'none'}), got {str(name_or_path)!r}"
            f"{nearest(str(name_or_path), known)}"
        )
    return Path(name_or_path)


def bundled_names() -> tuple[str, ...]:
    """Names of the models that come with qtools."""
    return tuple(sorted(path.parent.name for path in BUNDLED.glob(f"*/{CONFIG}")))


def bundled_reference(name: str = "default") -> Path:
    """The excerpt of its corpus that comes with a bundled model.

    Raises:
        BadInputError: there is none.
    """
    path = BUNDLED / name / REFERENCE
    if not path.is_dir():
        raise BadInputError(
            f"expected real circuits to compare with: none come with a model {name!r} here; "
            "name a corpus with --against"
        )
    return path


def save_pretrained(directory: Path, model: CircuitModel, table: ConditionTable, card: str) -> None:
    """Write a model: float16 weights, configuration, tokenizer, conditions and card."""
    directory.mkdir(parents=True, exist_ok=True)
    state = {
        name: value.detach().to(torch.float16).contiguous()
        for name, value in model.state_dict().items()
    }
    write_bytes(directory / WEIGHTS, save(state, metadata={"format": "pt"}))
    record = model.config.to_dict() | {"architectures": ["CircuitModel"], "dtype": "float16"}
    write_text(directory / CONFIG, json.dumps(record, indent=1, sort_keys=True) + "\n")
    write_text(directory / CONDITIONS, table.to_json())
    write_text(directory / CARD, card)
    save_tokenizer(table.names, directory)


def load_pretrained(name_or_path: str | Path) -> Pretrained:
    """Read a model from a directory or from those that come with qtools.

    Raises:
        BadInputError: files are missing, truncated, or of something else.
    """
    directory = model_directory(name_or_path)
    try:
        for name in (WEIGHTS, CONFIG, CONDITIONS):
            if not (directory / name).exists():
                raise FileNotFoundError(name)
        weights = read_bytes(directory / WEIGHTS, what="weights", max_bytes=_MAX_BYTES)
        config = _config(read_json(directory / CONFIG, what="configuration"))
        _check_size(config, len(weights))
        table = ConditionTable.from_json(read_text(directory / CONDITIONS, what="conditions"))
        card = directory / CARD
        text = read_text(card, what="card") if card.exists() else ""
        if tuple(config.condition_sizes) != table.names.sizes():
            raise ValueError(f"{CONDITIONS} and {CONFIG} disagree about the conditions")
        model = CircuitModel(config)
        state = load(weights)
        _check_state(model, state)
        model.load_state_dict({name: value.float() for name, value in state.items()})
    except FileNotFoundError as error:
        raise BadInputError(
            f"expected a model in {directory}, but {error} is missing; "
            "write one with `qtools generate train`"
        ) from error
    except _ERRORS as error:
        raise BadInputError(
            f"expected a model of qtools in {directory}, which is damaged or something else "
            f"({' '.join(str(error).split())})"
        ) from error
    return Pretrained(model=model.train(False), table=table, id=_identity(weights), card=text)


def _identity(weights: bytes) -> str:
    import hashlib

    return content_id(hashlib.sha256(weights).hexdigest())


def _config(record: Any) -> CircuitConfig:
    if not isinstance(record, dict) or record.get("model_type") != CircuitConfig.model_type:
        raise ValueError(f"{CONFIG} is not that of a {CircuitConfig.model_type} model")
    sizes = {name: record[name] for name in _SIZES}
    conditions = record["condition_sizes"]
    if not isinstance(conditions, list):
        raise ValueError(f"{CONFIG} lacks the sizes of the conditions")
    if not all(type(v) is int and 0 < v <= _LARGEST for v in (*sizes.values(), *conditions)):
        raise ValueError(f"{CONFIG} has sizes that are no numbers from 1 to {_LARGEST}")
    if sizes["width"] % (2 * sizes["heads"]):
        raise ValueError(f"{CONFIG} has a width that is no multiple of twice its heads")
    known = record.get("register_sizes", list(EVERY_SIZE))
    if not (isinstance(known, list) and all(type(v) is int and v in EVERY_SIZE for v in known)):
        raise ValueError(f"{CONFIG} has sizes of registers that are no numbers in {EVERY_SIZE}")
    return CircuitConfig(condition_sizes=tuple(conditions), register_sizes=known, **sizes)


def _check_size(config: CircuitConfig, weights: int) -> None:
    """Refuse sizes that the weights cannot have, before anything of that size is made."""
    matrices = config.layers * config.width * (4 * config.width + 3 * config.inner)
    embedded = sum(config.condition_sizes) * config.width
    if 2 * (matrices + embedded) > weights:
        raise ValueError(f"{CONFIG} has more parameters than {WEIGHTS} has bytes for")


def _check_state(model: CircuitModel, state: dict[str, Tensor]) -> None:
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in state.items()}
    if expected != found:
        wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
        raise ValueError(f"{WEIGHTS} does not fit {CONFIG}, first at {wrong[0]}")
    if not all(torch.isfinite(value).all() for value in state.values()):
        raise ValueError(f"{WEIGHTS} holds numbers that are not finite")
