"""Recipes: what a corpus is made of, as a TOML file."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qtools.errors import BadInputError
from qtools.runs.recipe_files import names_in, read_recipe
from qtools.runs.tasks import content_id
from qtools.runs.typed import typed

_HERE = Path(__file__).parent / "recipes"


@dataclass(frozen=True, kw_only=True)
class SplitRules:
    """How circuits are split; fractions are of the groups that are not held out.

    Attributes:
        validation, test: fractions.
        held_out_sizes: numbers of qubits that go to the split ``held_out_sizes``.
        held_out_families: families that go to the split ``held_out_families``.
    """

    validation: float = 0.05
    test: float = 0.1
    held_out_sizes: tuple[int, ...] = ()
    held_out_families: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.validation >= 0 and self.test >= 0 and self.validation + self.test < 1):
            raise BadInputError(
                "expected split fractions that are not negative and sum to less than 1, got "
                f"validation {self.validation} and test {self.test}"
            )


@dataclass(frozen=True, kw_only=True)
class SourcePlan:
    """How much to take from one source.

    Attributes:
        name: of the source.
        instances: per family with variety, how many instances to draw.
        variants: lowerings of each instance besides the algorithm level.
        fixed_variants: the same for families with one circuit per size.
        families: which; all when empty.
    """

    name: str
    instances: int
    variants: int = 3
    fixed_variants: int = 8
    families: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the content of a generated corpus.

    Attributes:
        name: shown in the card.
        seed: of all draws and of the split.
        min_qubits, max_qubits, max_gates: bounds on circuits in the corpus.
        seconds_per_instance: time limit of one instance with its variants.
        sources: what to take.
        splits: how to split.
    """

    name: str
    seed: int
    min_qubits: int = 2
    max_qubits: int = 100
    max_gates: int = 1024
    seconds_per_instance: float = 60.0
    sources: tuple[SourcePlan, ...]
    splits: SplitRules = field(default_factory=SplitRules)

    @property
    def id(self) -> str:
        """Content id of the recipe."""
        return content_id(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return asdict(self)


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that come with qtools."""
    return names_in(_HERE)


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe that comes with qtools, or a TOML file in the same form.

    Raises:
        BadInputError: no such recipe, or a file that is not one.
    """
    path, table = read_recipe(_HERE, name_or_path)
    try:
        recipe = typed(Recipe, table, source=str(path))
    except BadInputError as error:
        raise BadInputError(f"expected a recipe in {path}: {error}") from error
    if not recipe.sources:
        raise BadInputError("expected at least one [[sources]] table in the recipe, got none")
    return recipe
