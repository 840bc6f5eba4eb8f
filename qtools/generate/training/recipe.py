"""Training recipes: everything that decides what a run computes, as a TOML file."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from qtools.errors import BadInputError
from qtools.runs.recipe_files import names_in, read_recipe
from qtools.runs.tasks import content_id
from qtools.runs.typed import typed

_HERE = Path(__file__).parents[1] / "recipes"
_PRECISIONS = ("no", "bf16", "fp16")


@dataclass(frozen=True, kw_only=True)
class ModelSize:
    """Sizes of the decoder; see :class:`qtools.generate.model.network.CircuitConfig`."""

    width: int = 192
    layers: int = 4
    heads: int = 3
    inner: int = 512
    pointer: int = 96

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 1 or self.width % (2 * self.heads):
            raise BadInputError(
                "expected positive sizes and a width that is a multiple of twice the heads, got "
                f"width {self.width} and {self.heads} heads"
            )


@dataclass(frozen=True, kw_only=True)
class TrainRecipe:
    """One training run.

    Attributes:
        name: of the recipe.
        seed: of the initial weights, the order of batches and the dropped conditions.
        max_rows: longer documents are left out of training.
        rows_per_batch: positions per optimiser step, padding included.
        steps: optimiser steps in all.
        warmup: steps over which the learning rate rises.
        decay: fraction of the steps, at the end, over which it falls to zero.
        learning_rate: in between, of embeddings, heads and vectors (AdamW).
        hidden_rate: the same for the matrices between hidden states (Muon).
        weight_decay: on matrices.
        drop: probability that a condition field is left open.
        fine_weight: weight of the residuals of free angles in the loss; they are mostly noise.
        precision: of accelerate: no, bf16 or fp16.
        evaluate_every, checkpoint_every: in steps.
        patience: evaluations without improvement after which training stops.
        validation_documents: how many validation circuits to evaluate on.
        model: sizes.
    """

    name: str
    seed: int = 0
    max_rows: int = 1280
    rows_per_batch: int = 4096
    steps: int = 6000
    warmup: int = 100
    decay: float = 0.3
    learning_rate: float = 3e-3
    hidden_rate: float = 0.02
    weight_decay: float = 0.01
    drop: float = 0.15
    fine_weight: float = 0.25
    precision: str = "no"
    evaluate_every: int = 200
    checkpoint_every: int = 100
    patience: int = 10
    validation_documents: int = 400
    model: ModelSize = field(default_factory=ModelSize)

    def __post_init__(self) -> None:
        if self.precision not in _PRECISIONS:
            raise BadInputError(
                f"expected a precision among {', '.join(_PRECISIONS)}, got {self.precision!r}"
            )
        if self.steps < 1 or not 0 < self.decay <= 1 or not 0 <= self.drop <= 1:
            raise BadInputError(
                "expected at least one step, a decay in (0, 1] and a drop in [0, 1], got "
                f"{self.steps}, {self.decay} and {self.drop}"
            )

    @property
    def id(self) -> str:
        """Content id of the recipe."""
        return content_id(asdict(self))

    def schedule(self, step: int) -> float:
        """Fraction of the full rates at a step: linear warm-up, a plateau, linear decay to zero."""
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        fall = min(1.0, (self.steps - step) / (self.decay * self.steps))
        return rise * fall


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that come with qtools."""
    return names_in(_HERE)


def load_recipe(name_or_path: str) -> TrainRecipe:
    """A recipe that comes with qtools, or a TOML file in the same form.

    Raises:
        BadInputError: no such recipe, or a file that is not one.
    """
    path, table = read_recipe(_HERE, name_or_path)
    try:
        return typed(TrainRecipe, table, source=str(path))
    except BadInputError as error:
        raise BadInputError(f"expected a training recipe in {path}: {error}") from error
