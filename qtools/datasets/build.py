"""Build a corpus from a recipe: run its tasks, then publish what they made.

Finished tasks are kept in ``.build/`` inside the corpus until it is complete, so a killed build
goes on where it stopped. Tasks run in any order and on any number of workers; what is published
depends on the recipe alone.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qtools.console import Ticker, counting
from qtools.datasets.generate import make_rows
from qtools.datasets.manifest import FILE_NAME, Manifest, read_manifest
from qtools.datasets.notices import copy_package_notices
from qtools.datasets.plan import generator_version, plan_tasks
from qtools.datasets.publish import Batch, Rejection, RowKey, publish, split_rules_json
from qtools.datasets.recipe import Recipe
from qtools.datasets.rows import Row
from qtools.datasets.sources import source
from qtools.errors import OutputExistsError
from qtools.runs.executors import Ending, Executor, Limits, Outcome, run_all
from qtools.runs.files import write_text
from qtools.runs.provenance import versions
from qtools.runs.store import Store
from qtools.runs.tasks import Task

WORK = ".build"
_MEMORY_BYTES = 6 << 30


def build(recipe: Recipe, out: Path, *, executor: Executor, tick: Ticker) -> Manifest:
    """Build the corpus of ``recipe`` in ``out``, or finish building it, or find it done.

    Args:
        recipe: what to build.
        out: an empty or new directory, or one where this recipe was begun or finished.
        executor: where the tasks run.
        tick: told about progress.

    Raises:
        OutputExistsError: ``out`` holds something else.
        BadInputError: an unknown source or family, or the disk refuses.
        MissingDependencyError: the package of a source is not installed.
    """
    finished = _check_output(recipe, out)
    if finished is not None:
        return finished
    tasks = plan_tasks(recipe)
    write_text(out / WORK / "recipe.json", json.dumps(recipe.as_json()))
    with Store(out / WORK / "results.jsonl") as store:
        _run(recipe, tasks, store, executor, tick)
        tick("writing the corpus", 1.0)
        manifest = _publish(recipe, tasks, store, out)
    shutil.rmtree(out / WORK)
    return manifest


def _check_output(recipe: Recipe, out: Path) -> Manifest | None:
    """The manifest of a finished build of this recipe; None if it is to be built."""
    begun = out / WORK / "recipe.json"
    if (out / FILE_NAME).exists():
        manifest = read_manifest(out)
        if manifest.recipe_id == recipe.id:
            shutil.rmtree(out / WORK, ignore_errors=True)
            return manifest
        raise OutputExistsError(
            f"expected {out} to be empty or to hold the recipe {recipe.name!r}, and it holds the "
            f"corpus {manifest.name!r} of another recipe; choose another --out"
        )
    if begun.exists():
        if json.loads(begun.read_text(encoding="utf-8")) != _plain(recipe):
            raise OutputExistsError(
                f"expected {out} to hold a build of the recipe {recipe.name!r}, and another recipe "
                "was begun there; choose another --out or delete it"
            )
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputExistsError(
            f"expected {out} to be an empty or new directory, and it holds other files; "
            "choose another --out"
        )
    return None


def _plain(recipe: Recipe) -> Any:
    return json.loads(json.dumps(recipe.as_json()))


def _run(
    recipe: Recipe, tasks: Sequence[Task], store: Store, executor: Executor, tick: Ticker
) -> None:
    todo = [task for task in tasks if task.id not in store]
    limits = Limits(seconds=recipe.seconds_per_instance, memory_bytes=_MEMORY_BYTES)
    show = counting(tick, len(tasks), "tasks", already=len(store))
    for task, outcome in _outcomes(todo, executor, limits):
        result = outcome.value
        if outcome.ending is not Ending.DONE or result is None:
            rejected = {"reason": outcome.reason, "message": outcome.message, "variant": None}
            result = {"rows": [], "rejected": [rejected]}
        store.append(task.id, result)
        show(len(store))


def _outcomes(
    tasks: Sequence[Task], executor: Executor, limits: Limits
) -> Iterator[tuple[Task, Outcome[dict[str, Any]]]]:
    """Outcomes with their tasks; a task whose worker died is tried a second time.

    A worker may be killed from outside, and that must not become part of the corpus.
    """
    died: list[Task] = []
    arguments = (task.arguments for task in tasks)
    for outcome in run_all(make_rows, arguments, executor=executor, limits=limits):
        if outcome.ending is Ending.DIED:
            died.append(tasks[outcome.index])
        else:
            yield tasks[outcome.index], outcome
    arguments = (task.arguments for task in died)
    for outcome in run_all(make_rows, arguments, executor=executor, limits=limits):
        yield died[outcome.index], outcome


def _publish(recipe: Recipe, tasks: Sequence[Task], store: Store, out: Path) -> Manifest:
    empty = Manifest(
        name=recipe.name,
        seed=recipe.seed,
        recipe=_plain(recipe),
        recipe_id=recipe.id,
        versions=versions("qiskit", "mqt.bench", "pyarrow", "numpy", "networkx", "rustworkx"),
        splits=split_rules_json(recipe.splits),
    )
    batches = []
    for entry in recipe.sources:
        mine = [task for task in tasks if task.arguments["source"] == entry.name]
        batches.append(_batch(entry.name, mine, store, out))
    return publish(out, empty, batches)


def _batch(name: str, tasks: Sequence[Task], store: Store, out: Path) -> Batch:
    keys: list[RowKey] = []
    rejected: list[Rejection] = []
    for number, task in enumerate(tasks):
        result = store.read(task.id)
        keys += [RowKey.of(row, (number, i)) for i, row in enumerate(result["rows"])]
        label = f"{task.arguments['family']} {task.arguments['arguments']}"
        rejected += [{**entry, "candidate": label} for entry in result["rejected"]]

    def read(place: tuple[int, int]) -> Row:
        row: Row = store.read(tasks[place[0]].id)["rows"][place[1]]
        return row

    made = source(name)
    return Batch(
        keys=keys,
        read=read,
        rejected=rejected,
        name=name,
        license=made.license,
        origin=made.origin,
        copyright=made.copyright,
        generator=generator_version(made),
        notices=copy_package_notices(out, name, made.distribution),
    )
