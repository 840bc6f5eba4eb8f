"""Sampling as a campaign: one task per group of circuits, on one machine or many.

Which circuits form a group depends on the request alone, and every circuit has a random stream of
its own, so that the circuits are the same wherever the groups are sampled. Records lie in
``.tasks/`` until the circuits are written.
"""

import base64
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from qtools import __version__
from qtools.console import Ticker
from qtools.errors import BadInputError
from qtools.generate.grammar.condition_table import Order
from qtools.generate.grammar.options import make_request
from qtools.generate.grammar.request import Request
from qtools.generate.language.vocabulary import NUM_COLUMNS
from qtools.generate.pages.samples_page import write_samples_page
from qtools.generate.sampling.devices import CPU, kind_of, parse_devices
from qtools.generate.sampling.draw import USUAL, Temper
from qtools.generate.sampling.generator import CircuitGenerator, Sample, sample_in_worker
from qtools.generate.sampling.group import Drawn
from qtools.generate.sampling.write import Origin, Summary, Write, require_empty, writer, written
from qtools.runs.calls import Limits
from qtools.runs.campaign import FOLDER, Campaign, Failure, Results, forget, resumed
from qtools.runs.executors import Executor
from qtools.runs.publishing import merge_and_publish, run_and_publish
from qtools.runs.sharding import WHOLE, Shard
from qtools.runs.tasks import Task, content_id
from qtools.runs.typed import typed

KIND = "sample"
LIMITS = Limits(seconds=4 * 3600.0, memory_bytes=64 << 30)
# CUDA maps far more addresses than it takes memory.
LIMITS_ON_GPU = Limits(seconds=4 * 3600.0, memory_bytes=1 << 46)


@dataclass(frozen=True, kw_only=True)
class SampleJob:
    """What to sample, in the words of the command line.

    Attributes:
        model: a bundled model's name, or a model directory.
        n: how many circuits.
        seed, temperature, top_p, cutoff, min_p, guidance: of the sampler.
        format: qasm2, qasm3 or parquet.
        qubits, gates, depth, family, gate_set, level, only_gates, measure: see
            :func:`qtools.generate.grammar.options.make_request`.
        devices: see :func:`qtools.generate.sampling.devices.parse_devices`.
    """

    model: str
    n: int
    seed: int = 0
    temperature: float = USUAL.temperature
    top_p: float = USUAL.top_p
    cutoff: float = USUAL.cutoff
    min_p: float = USUAL.min_p
    guidance: float = USUAL.guidance
    format: str = "qasm2"
    qubits: str = ""
    gates: str = ""
    depth: int | None = None
    family: str = ""
    gate_set: str = ""
    level: str = ""
    only_gates: str = ""
    measure: str = "any"
    devices: str = CPU

    def request(self) -> Request:
        """The conditions on all circuits."""
        return make_request(
            qubits=self.qubits,
            gates=self.gates,
            depth=self.depth,
            family=self.family,
            gate_set=self.gate_set,
            level=self.level,
            only_gates=self.only_gates,
            measure=self.measure,
        )

    def temper(self) -> Temper:
        """How the model's distribution is sharpened."""
        return Temper(
            temperature=self.temperature,
            top_p=self.top_p,
            cutoff=self.cutoff,
            min_p=self.min_p,
            guidance=self.guidance,
        )


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Circuits that were sampled and written.

    Attributes:
        summary: of them.
        seconds: of this sitting; None where an earlier one had written them already.
    """

    summary: Summary
    seconds: float | None


def run_sample(
    job: SampleJob, out: Path, *, executor: Executor, tick: Ticker, shard: Shard = WHOLE
) -> Sampled | None:
    """Sample and write the circuits of a job, or finish that, or find it done.

    Args:
        job: what to sample.
        out: a new directory, or one where this job was begun.
        executor: where.
        tick: told about progress.
        shard: which groups.

    Returns:
        The circuits; None for a shard, after which :func:`merge_samples` makes them of all.

    Raises:
        OutputExistsError: ``out`` holds something else.
        BadInputError: no such model, conditions that cannot be met, or another run works there.
        StoppedEarlyError: the executor is gone; run again to go on.
    """
    began = time.perf_counter()
    write = writer(job.format, out)
    drawing = _Drawing.of(job, parse_devices(job.devices))
    held = written(out, drawing.origin.id)
    if held is not None:
        forget(out / FOLDER)
        return Sampled(summary=held, seconds=None)
    require_empty(out)
    publish = partial(drawing.publish, out, write)
    summary = run_and_publish(
        drawing.campaign, out, publish, executor=executor, tick=tick, shard=shard
    )
    if summary is None:
        return None
    return Sampled(summary=summary, seconds=time.perf_counter() - began)


def merge_samples(out: Path) -> Sampled:
    """Write the circuits of a job whose shards have all run.

    Raises:
        StoppedEarlyError: some groups have not.
        BadInputError: records disagree or are damaged, or the model has changed.
    """
    began = time.perf_counter()
    request, _ = resumed(out / FOLDER)
    job = typed(SampleJob, request, source="the request of the sampling")
    drawing = _Drawing.of(job)
    publish = partial(drawing.publish, out, writer(job.format, out))
    summary = merge_and_publish(drawing.campaign, out, publish)
    return Sampled(summary=summary, seconds=time.perf_counter() - began)


@dataclass(frozen=True, kw_only=True)
class _Drawing:
    """A job with its model and its groups."""

    generator: CircuitGenerator
    orders: dict[int, Order]
    campaign: Campaign
    origin: Origin

    @classmethod
    def of(cls, job: SampleJob, devices: tuple[str, ...] = ()) -> "_Drawing":
        generator = CircuitGenerator.from_pretrained(job.model)
        request = job.request()
        orders = generator.pretrained.table.orders(request, range(job.n), seed=job.seed)
        groups = generator.groups(orders)
        asked = {"request": request.as_json(), "n": job.n, "seed": job.seed}
        asked |= {**asdict(job.temper()), "model": generator.model_id}
        asked |= {"device": kind_of(job.devices)}
        tasks = [Task(kind="group", arguments={**asked, "group": i}) for i in range(len(groups))]
        payloads = {
            task.id: GroupPayload(
                model=job.model,
                orders=tuple(group),
                seed=job.seed,
                temper=job.temper(),
                devices=devices,
            )
            for task, group in zip(tasks, groups, strict=True)
        }
        campaign = Campaign(
            kind=KIND,
            request=asdict(job) | {"model": _absolute(job.model)},
            tasks=tasks,
            function=sample_task,
            payload=lambda task: payloads[task.id],
            limits=LIMITS if kind_of(job.devices) == CPU else LIMITS_ON_GPU,
        )
        origin = Origin(
            id=content_id([campaign.id, job.format, __version__]),
            model=generator.model_id,
            request=request,
            seed=job.seed,
            temper=job.temper(),
        )
        by_index = {order.index: order for order in orders}
        return cls(generator=generator, orders=by_index, campaign=campaign, origin=origin)

    def publish(self, out: Path, write: Write, results: Results) -> Summary:
        """Write what the groups gave, the index last."""
        found = self.samples(results)
        write_samples_page(out, found, self.origin)
        write(found, self.origin)
        return Summary.of(found)

    def samples(self, results: Results) -> list[Sample]:
        """All circuits, in the order of their numbers."""
        found: list[Sample] = []
        for _, value in results:
            if isinstance(value, Failure):
                raise BadInputError(
                    f"expected every group of circuits to be sampled, and one was not "
                    f"({value.message}); delete {FOLDER} in the output directory and run again"
                )
            found += [
                self.generator.sample_of(drawn, self.orders[drawn.index])
                for drawn in map(_drawn, value)
            ]
        return sorted(found, key=lambda made: made.index)


@dataclass(frozen=True, kw_only=True)
class GroupPayload:
    """What a worker is given: a model by name, the circuits of one group, and all devices."""

    model: str
    orders: tuple[Order, ...]
    seed: int
    temper: Temper
    devices: tuple[str, ...]


def sample_task(payload: GroupPayload) -> list[dict[str, Any]]:
    """Sample one group; its rows as JSON values."""
    drawn = sample_in_worker(
        payload.model, payload.orders, payload.seed, payload.temper, payload.devices
    )
    return [
        {
            "index": one.index,
            "rows": base64.b64encode(one.rows.astype("<i2").tobytes()).decode("ascii"),
            "removed": one.removed,
        }
        for one in drawn
    ]


def _drawn(record: dict[str, Any]) -> Drawn:
    rows = np.frombuffer(base64.b64decode(record["rows"]), dtype="<i2")
    return Drawn(
        index=record["index"],
        rows=rows.reshape(-1, NUM_COLUMNS).astype(np.int16),
        removed=record["removed"],
    )


def _absolute(model: str) -> str:
    """A model's name, or its directory wherever it is looked for from."""
    return str(Path(model).absolute()) if Path(model).is_dir() else model
