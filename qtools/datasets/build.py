"""Build a corpus from a recipe: run its tasks, then publish what they made.

Records of finished tasks are kept in ``.tasks/`` inside the corpus until it is complete, so a
killed build goes on where it stopped. Tasks run in any order and on any number of workers and
machines; what is published depends on the recipe alone.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from qtools.console import Ticker
from qtools.datasets.generate import make_rows
from qtools.datasets.manifest import FILE_NAME, Manifest, read_manifest
from qtools.datasets.notices import copy_package_notices
from qtools.datasets.plan import generator_version, plan_tasks
from qtools.datasets.publish import Batch, Rejection, RowKey, publish, split_rules_json
from qtools.datasets.recipe import Recipe
from qtools.datasets.rows import Row
from qtools.datasets.sources import source
from qtools.errors import OutputExistsError
from qtools.runs.calls import Limits
from qtools.runs.campaign import (
    FOLDER,
    Campaign,
    Failure,
    Results,
    begun,
    forget,
    resumed,
)
from qtools.runs.executors import Executor
from qtools.runs.lock import holds_anything
from qtools.runs.provenance import versions
from qtools.runs.publishing import merge_and_publish, run_and_publish
from qtools.runs.sharding import WHOLE, Shard
from qtools.runs.tasks import Task
from qtools.runs.typed import typed

KIND = "build"
_MEMORY_BYTES = 6 << 30


def build(
    recipe: Recipe, out: Path, *, executor: Executor, tick: Ticker, shard: Shard = WHOLE
) -> Manifest | None:
    """Build the corpus of ``recipe`` in ``out``, or finish building it, or find it done.

    Args:
        recipe: what to build.
        out: an empty or new directory, or one where this recipe was begun or finished.
        executor: where the tasks run.
        tick: told about progress.
        shard: which of the tasks.

    Returns:
        The record of the corpus; None for a shard, after which :func:`merge_build` makes one
        of all.

    Raises:
        OutputExistsError: ``out`` holds something else.
        BadInputError: an unknown source or family, another run works in ``out``, or the disk
            refuses.
        MissingDependencyError: the package of a source is not installed.
        StoppedEarlyError: the executor is gone; run again to go on.
    """
    finished = _check_output(recipe, out)
    if finished is not None:
        return finished
    campaign = campaign_of(recipe)
    making = partial(_publish, recipe, out)
    return run_and_publish(campaign, out, making, executor=executor, tick=tick, shard=shard)


def merge_build(out: Path) -> Manifest:
    """Make the corpus of a build whose shards have all run.

    Raises:
        StoppedEarlyError: some tasks have not.
        BadInputError: records disagree or are damaged.
    """
    request, _ = resumed(out / FOLDER)
    recipe = typed(Recipe, request, source="the recipe of the build")
    return merge_and_publish(campaign_of(recipe), out, partial(_publish, recipe, out))


def campaign_of(recipe: Recipe) -> Campaign:
    """The tasks of a recipe."""
    return Campaign(
        kind=KIND,
        request=_plain(recipe),
        tasks=plan_tasks(recipe),
        function=make_rows,
        limits=Limits(seconds=recipe.seconds_per_instance, memory_bytes=_MEMORY_BYTES),
    )


def _check_output(recipe: Recipe, out: Path) -> Manifest | None:
    """The manifest of a finished build of this recipe; None if it is to be built."""
    if (out / FILE_NAME).exists():
        manifest = read_manifest(out)
        if manifest.recipe_id == recipe.id:
            forget(out / FOLDER)
            return manifest
        raise OutputExistsError(
            f"expected {out} to be empty or to hold the recipe {recipe.name!r}, and it holds the "
            f"corpus {manifest.name!r} of another recipe; choose another --out"
        )
    if begun(out / FOLDER) is None and holds_anything(out):
        raise OutputExistsError(
            f"expected {out} to be an empty or new directory, and it holds other files; "
            "choose another --out"
        )
    return None


def _plain(recipe: Recipe) -> Any:
    return json.loads(json.dumps(recipe.as_json()))


def _publish(recipe: Recipe, out: Path, found: Results) -> Manifest:
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
        mine = [task for task in found.campaign.tasks if task.arguments["source"] == entry.name]
        batches.append(_batch(entry.name, mine, found, out))
    return publish(out, empty, batches)


def _batch(name: str, tasks: Sequence[Task], found: Results, out: Path) -> Batch:
    keys: list[RowKey] = []
    rejected: list[Rejection] = []
    for number, task in enumerate(tasks):
        result = _made(found, task)
        keys += [RowKey.of(row, (number, i)) for i, row in enumerate(result["rows"])]
        label = f"{task.arguments['family']} {task.arguments['arguments']}"
        rejected += [{**entry, "candidate": label} for entry in result["rejected"]]

    def read(place: tuple[int, int]) -> Row:
        row: Row = _made(found, tasks[place[0]])["rows"][place[1]]
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


def _made(found: Results, task: Task) -> dict[str, Any]:
    """Rows and rejections of a task; one that ended without a result is a rejection."""
    value = found.of(task)
    if isinstance(value, Failure):
        rejected = {"reason": value.reason, "message": value.message, "variant": None}
        return {"rows": [], "rejected": [rejected]}
    made: dict[str, Any] = value
    return made
