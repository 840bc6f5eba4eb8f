"""From the tasks of a campaign to the files in its directory: run, publish, tidy up.

What says that the campaign was begun goes last. So a run that is killed at any moment leaves either
a campaign to go on with or a finished result.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from qtools.console import Ticker
from qtools.runs.campaign import FOLDER, Campaign, Results, forget, results, resumed, run_campaign
from qtools.runs.executors import Executor
from qtools.runs.lock import locked
from qtools.runs.sharding import WHOLE, Shard

T = TypeVar("T")


def run_and_publish(
    campaign: Campaign,
    out: Path,
    publish: Callable[[Results], T],
    *,
    executor: Executor,
    tick: Ticker,
    shard: Shard = WHOLE,
) -> T | None:
    """Run a campaign and publish what it gave, or run a shard of it.

    Args:
        campaign: what to run.
        out: the directory that it works for.
        publish: writes the files there, the one that says that all is done last.
        executor: where the tasks run.
        tick: told about progress.
        shard: which of the tasks.

    Returns:
        What ``publish`` returns; None for a shard, after which :func:`merge_and_publish` makes one
        result of all.

    Raises:
        OutputExistsError: another campaign was begun there.
        BadInputError: another run works there, or the disk refuses.
        StoppedEarlyError: the executor is gone; run again to go on.
    """
    if shard.count > 1:
        run_campaign(campaign, out / FOLDER, executor=executor, tick=tick, shard=shard)
        return None
    with locked(out):
        run_campaign(campaign, out / FOLDER, executor=executor, tick=tick)
        tick("writing the results", 1.0)
        return _published(campaign, out, publish)


def merge_and_publish(campaign: Campaign, out: Path, publish: Callable[[Results], T]) -> T:
    """Publish a campaign whose shards have all run; arguments as of :func:`run_and_publish`.

    Raises:
        StoppedEarlyError: some tasks have not run.
        BadInputError: it is not the campaign begun there, or records disagree or are damaged.
    """
    resumed(out / FOLDER, campaign)
    with locked(out):
        return _published(campaign, out, publish)


def _published(campaign: Campaign, out: Path, publish: Callable[[Results], T]) -> T:
    made = publish(results(campaign, out / FOLDER))
    forget(out / FOLDER)
    return made
