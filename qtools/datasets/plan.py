"""From a recipe to its tasks: which instances are made and how each is lowered."""

from importlib import metadata

import numpy as np

from qtools import __version__
from qtools.datasets.levels import DEVICES, GATE_SETS, Variant
from qtools.datasets.recipe import Recipe, SourcePlan
from qtools.datasets.schema import FORMAT
from qtools.datasets.sources import Instance, Source, source
from qtools.runs.tasks import Task, canonical_json

TASK_KIND = "circuits"

# Level -> (targets, optimisation levels). Level 3 is left out where it does not work (native gates
# without a layout) or may search for a minute (mapped; so may level 2); level 2 where it leaves
# gates that the target lacks (clifford+t).
_LOWERINGS = {
    "indep": (("",), (0, 1, 2, 3)),
    "nativegates": (GATE_SETS, (0, 1, 2)),
    "mapped": (tuple(DEVICES), (0, 1)),
}
# Gate sets in which wider circuits nearly always exceed a thousand gates, or take seconds.
_WIDEST = {"rigetti": 10, "ionq": 40, "clifford": 40, "ibm_eagle": 70}


def plan_tasks(recipe: Recipe) -> list[Task]:
    """All tasks of a recipe, always in the same order.

    Raises:
        BadInputError: an unknown source or family.
        MissingDependencyError: the package of a source is not installed.
    """
    tasks = []
    for entry in recipe.sources:
        made = source(entry.name)
        for family in entry.families:
            made.check_family(family)
        for family in entry.families or made.families():
            tasks.extend(_family_tasks(recipe, entry, made, family))
    return tasks


def generator_version(made: Source) -> str:
    """Package and version that make a source's circuits, with Qiskit's."""
    version = __version__
    if made.distribution != "qtools-quantum":
        version = metadata.version(made.distribution)
    return f"{made.distribution} {version}, qiskit {metadata.version('qiskit')}"


def _family_tasks(recipe: Recipe, entry: SourcePlan, made: Source, family: str) -> list[Task]:
    rng = np.random.default_rng([recipe.seed, *f"{entry.name}/{family}".encode()])
    sizes = [n for n in made.sizes(family) if n <= recipe.max_qubits]
    if not sizes:
        return []
    varied = made.variety(family)
    drawn = _varied_sizes(sizes, entry.instances, rng) if varied else _spread(sizes, entry)
    variants = entry.variants if varied else entry.fixed_variants
    tasks: dict[str, Task] = {}
    for num_qubits in drawn:
        instance = Instance(
            family=family,
            arguments=made.draw(family, num_qubits, rng),
            seed=int(rng.integers(1 << 62)),
        )
        task = _task(recipe, entry, made, instance, _draw_variants(variants, num_qubits, rng))
        key = canonical_json(instance.arguments)
        tasks.setdefault(key if not varied else task.id, task)
    return list(tasks.values())


def _varied_sizes(sizes: list[int], count: int, rng: np.random.Generator) -> list[int]:
    """Small sizes more often, because there circuits differ more for the same cost."""
    weights = 1.0 / (np.array(sizes) + 8.0)
    return [int(n) for n in rng.choice(sizes, size=count, p=weights / weights.sum())]


def _spread(sizes: list[int], entry: SourcePlan) -> list[int]:
    if len(sizes) <= entry.instances:
        return sizes
    places = np.linspace(0, len(sizes) - 1, entry.instances).round().astype(int)
    return [sizes[place] for place in places]


def _draw_variants(count: int, num_qubits: int, rng: np.random.Generator) -> list[Variant]:
    found = {Variant(level="alg"): None}
    pools = {level: _fitting(level, num_qubits) for level in _LOWERINGS}
    while len(found) < count + 1:
        level = str(rng.choice(["indep", "nativegates", "mapped"], p=[0.35, 0.4, 0.25]))
        target, opt_levels = pools[level][int(rng.integers(len(pools[level])))]
        opt_level = int(rng.choice(opt_levels))
        found[Variant(level=level, target=target, opt_level=opt_level)] = None
    return list(found)


def _fitting(level: str, num_qubits: int) -> list[tuple[str, tuple[int, ...]]]:
    """Targets of a level with their optimisation levels, for a circuit of that width."""
    names, opt_levels = _LOWERINGS[level]
    return [
        (name, (0, 1) if name.startswith("clifford") else opt_levels)
        for name in names
        if num_qubits <= _widest(name)
    ]


def _widest(target: str) -> int:
    cheap = next((most for head, most in _WIDEST.items() if target.startswith(head)), 1 << 30)
    return min(cheap, DEVICES.get(target, 1 << 30))


def _task(
    recipe: Recipe, entry: SourcePlan, made: Source, instance: Instance, variants: list[Variant]
) -> Task:
    return Task(
        kind=TASK_KIND,
        arguments={
            "source": entry.name,
            "generator": generator_version(made),
            "family": instance.family,
            "arguments": instance.arguments,
            "seed": instance.seed,
            "variants": [[v.level, v.target, v.opt_level] for v in variants],
            "min_qubits": recipe.min_qubits,
            "max_qubits": recipe.max_qubits,
            "max_gates": recipe.max_gates,
            "format": FORMAT,
        },
    )
